/**
 * The kernel suite: one set of cases that every backend passes. Each case is a plan with its data; it runs on the device
 * under test and on an oracle (the reference backend), and all buffers are compared, also where nothing may change.
 *
 * @example
 * // packages/backend-cpu/test/conformance.test.ts
 * import { kernelSuite } from '@inkstone/conformance';
 * import { cpu } from '../src/index.js';
 * import { reference } from '../src/reference.js';
 *
 * kernelSuite(() => cpu({ threads: 2 }).open(), { oracle: () => reference().open() });
 */
import type { BackendDevice, DType } from '@inkstone/core/backend';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Case } from './case.js';
import { allCases } from './cases/index.js';
import { type Comparison, differences, type ToleranceTable } from './compare.js';
import { deviceTests } from './device.js';
import { chainCase, chainRecipe } from './random/chains.js';
import { programCase, programRecipe } from './random/programs.js';
import { randomShapes } from './random/shapes.js';
import { runCase } from './run.js';

export {
  broadcast,
  type Case,
  CaseBuilder,
  contiguous,
  define,
  forEachElement,
  permuted,
  transposed,
} from './case.js';
export { allCases } from './cases/index.js';
export {
  type Comparison,
  differences,
  type Tolerance,
  type ToleranceKey,
  type ToleranceTable,
} from './compare.js';
export { runCase } from './run.js';

export interface SuiteOptions {
  /** Opens the device whose results are right: `() => reference().open()`. */
  readonly oracle: () => Promise<BackendDevice>;
  /** The dtypes that the device has; the suite checks that these are they. Default float32, int32, uint8 and bool. */
  readonly dtypes?: readonly DType[];
  /** Where the device is coarser or finer than DESIGN's 1e-6 and 1e-5: by instruction, kind of step, or in general. */
  readonly tolerances?: ToleranceTable;
  /** The device may take numbers below 2^-126 for 0. Default false. */
  readonly flushesSubnormals?: boolean;
  /** NaN and infinities, as arguments and as results, follow the contract. Default true. */
  readonly nonFinite?: boolean;
  /** How many random plans of each sort. Default 60. */
  readonly randomRuns?: number;
  /** Chooses the random plans. Default 1: every run of the suite makes the same ones. */
  readonly seed?: number;
}

const defaultDTypes: readonly DType[] = ['float32', 'int32', 'uint8', 'bool'];

/** A GPU in software compiles each random plan anew. */
const randomTimeout = 300_000;

/** Defines the suite's tests (vitest) for one device. */
export function kernelSuite(openDevice: () => Promise<BackendDevice>, options: SuiteOptions): void {
  const { dtypes = defaultDTypes, nonFinite = true, randomRuns = 60, seed = 1 } = options;
  const comparison: Comparison = {
    tolerances: options.tolerances ?? {},
    flushesSubnormals: options.flushesSubnormals ?? false,
    nonFinite,
  };
  let device: BackendDevice;
  let oracle: BackendDevice;
  beforeAll(async () => {
    [device, oracle] = await Promise.all([openDevice(), options.oracle()]);
  });
  afterAll(async () => {
    await Promise.all([device?.close(), oracle?.close()]);
  });

  const check = async (testCase: Case) => {
    const want = await runCase(testCase, oracle);
    const got = await runCase(testCase, device);
    expect(differences(testCase, got, want, comparison)).toBe('');
  };

  it('has the dtypes that the suite was asked to test', () => {
    expect(Object.keys(device.bytesPerElement).sort()).toEqual([...dtypes].sort());
  });

  deviceTests(openDevice);

  for (const [family, cases] of Object.entries(allCases(dtypes))) {
    describe(family, () => {
      for (const testCase of cases) {
        if (testCase.nonFinite && !nonFinite) continue;
        it(testCase.name, () => check(testCase));
      }
    });
  }

  describe('random', () => {
    const holds = <T>(arbitrary: fc.Arbitrary<T>, casesOf: (recipe: T) => readonly Case[]) => {
      const property = fc.asyncProperty(arbitrary, async (recipe) => {
        for (const testCase of casesOf(recipe)) await check(testCase);
      });
      return fc.assert(property, { numRuns: randomRuns, seed });
    };
    it('programs', () => holds(programRecipe, (recipe) => [programCase(recipe, dtypes)]), randomTimeout);
    it('chains of steps', () => holds(chainRecipe, (recipe) => [chainCase(recipe)]), randomTimeout);
    for (const [family, cases] of Object.entries(randomShapes)) {
      it(`${family} of any shape`, () => holds(cases, (made) => made), randomTimeout);
    }
  });
}
