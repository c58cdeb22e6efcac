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
 *
 * The entries `cases`, `run` and `compare` of this package need no vitest: a page can run the same cases.
 */
import type { BackendDevice, DType } from '@inkstone/core/backend';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Case } from './case.js';
import { allCases } from './cases/index.js';
import {
  type Comparison,
  defaultTolerances,
  differences,
  type ToleranceKey,
  type ToleranceTable,
} from './compare.js';
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

/** Random plans of every sort. */
function randomPlans(dtypes: readonly DType[]): Readonly<Record<string, fc.Arbitrary<readonly Case[]>>> {
  const shapes = Object.entries(randomShapes).map(([family, cases]) => [`${family} of any shape`, cases]);
  return {
    programs: programRecipe.map((recipe) => [programCase(recipe, dtypes)]),
    'chains of steps': chainRecipe.map((recipe) => [chainCase(recipe)]),
    ...Object.fromEntries(shapes),
  };
}

/** Two devices that stay open through the tests of a suite, and the comparison of what they make of a case. */
class Pair {
  private device: BackendDevice | undefined;
  private oracle: BackendDevice | undefined;
  private readonly comparison: Comparison;

  constructor(openDevice: () => Promise<BackendDevice>, options: SuiteOptions, signedZeros = false) {
    const { tolerances = {}, flushesSubnormals = false, nonFinite = true } = options;
    this.comparison = { tolerances, flushesSubnormals, nonFinite, signedZeros };
    beforeAll(async () => {
      [this.device, this.oracle] = await Promise.all([openDevice(), options.oracle()]);
    });
    afterAll(async () => {
      await Promise.all([this.device?.close(), this.oracle?.close()]);
    });
  }

  get opened(): { device: BackendDevice; oracle: BackendDevice } {
    const { device, oracle } = this;
    if (!device || !oracle) throw new Error('the devices are open only while tests run');
    return { device, oracle };
  }

  async check(testCase: Case): Promise<void> {
    const { device, oracle } = this.opened;
    const want = await runCase(testCase, oracle);
    const got = await runCase(testCase, device);
    expect(differences(testCase, got, want, this.comparison)).toBe('');
  }

  /** Random plans, until one fails; fast-check then looks for the smallest that does. */
  async checkRandom(plans: fc.Arbitrary<readonly Case[]>, numRuns: number, seed: number): Promise<void> {
    const property = fc.asyncProperty(plans, async (cases) => {
      for (const testCase of cases) await this.check(testCase);
    });
    await fc.assert(property, { numRuns, seed });
  }
}

/** Defines the suite's tests (vitest) for one device. */
export function kernelSuite(openDevice: () => Promise<BackendDevice>, options: SuiteOptions): void {
  const { dtypes = defaultDTypes, nonFinite = true, randomRuns = 60, seed = 1 } = options;
  const pair = new Pair(openDevice, options);

  it('has the dtypes that the suite was asked to test', () => {
    expect(Object.keys(pair.opened.device.bytesPerElement).sort()).toEqual([...dtypes].sort());
  });

  deviceTests(openDevice);

  for (const [family, cases] of Object.entries(allCases(dtypes))) {
    describe(family, () => {
      for (const testCase of cases) {
        if (testCase.nonFinite && !nonFinite) continue;
        it(testCase.name, () => pair.check(testCase));
      }
    });
  }

  describe('random', () => {
    for (const [sort, plans] of Object.entries(randomPlans(dtypes))) {
      it(sort, () => pair.checkRandom(plans, randomRuns, seed), randomTimeout);
    }
  });
}

/**
 * Defines a test that runs random plans of every sort, new ones each time around, until the time is up: for the long
 * tests. A failure names the seed.
 *
 * @param options as for `kernelSuite`, with the time in milliseconds; `seed` is where the seeds start, the clock by default
 */
export function soakSuite(
  openDevice: () => Promise<BackendDevice>,
  options: SuiteOptions & { readonly milliseconds: number },
): void {
  const { dtypes = defaultDTypes, milliseconds, seed = Date.now() | 0, randomRuns = 20 } = options;
  const pair = new Pair(openDevice, options);
  it(
    `finds no mismatch in random plans for ${milliseconds / 1000} s`,
    async () => {
      const end = performance.now() + milliseconds;
      const sorts = Object.values(randomPlans(dtypes));
      let rounds = 0;
      for (; performance.now() < end; rounds++) {
        await pair.checkRandom(sorts[rounds % sorts.length], randomRuns, (seed + rounds) | 0);
      }
      expect(rounds).toBeGreaterThan(0);
    },
    milliseconds + randomTimeout,
  );
}

/**
 * Defines tests that two ways to open a device give the same bits on all cases and on random plans: one thread and
 * several, a plan run once and again.
 */
export function sameBitsSuite(
  openOne: () => Promise<BackendDevice>,
  openOther: () => Promise<BackendDevice>,
  options: Pick<SuiteOptions, 'dtypes' | 'randomRuns' | 'seed'> = {},
): void {
  const { dtypes = defaultDTypes, randomRuns = 60, seed = 1 } = options;
  // No tolerance for anything: every key that the suite knows is exact.
  const keys = Object.keys(defaultTolerances) as ToleranceKey[];
  const tolerances: ToleranceTable = Object.fromEntries(keys.map((key) => [key, {}]));
  const pair = new Pair(openOther, { oracle: openOne, tolerances }, true);
  for (const [family, cases] of Object.entries(allCases(dtypes))) {
    it(`${family}, bit for bit`, async () => {
      for (const testCase of cases) await pair.check(testCase);
    });
  }
  for (const [sort, plans] of Object.entries(randomPlans(dtypes))) {
    it(`random ${sort}, bit for bit`, () => pair.checkRandom(plans, randomRuns, seed), randomTimeout);
  }
}
