/**
 * The kernel suite: one set of cases that every backend passes. Each case is a plan with its data; it runs on the device
 * under test and on an oracle (the reference backend), and all buffers are compared, also where nothing may change.
 *
 * @example
 * // packages/backend-cpu/test/conformance.test.ts
 * import { reference } from '@inkstone/backend-cpu/reference';
 * import { kernelSuite } from '@inkstone/conformance';
 * import { cpu } from '../src/index.js';
 *
 * kernelSuite(() => cpu({ threads: 2 }).open(), { oracle: () => reference().open() });
 */
import type { BackendDevice, DType } from '@inkstone/core/backend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Case } from './case.js';
import { allCases } from './cases/index.js';
import { type Comparison, compareBuffer, type ToleranceTable } from './compare.js';
import { runCase } from './run.js';

export type { Tolerance, ToleranceTable } from './compare.js';

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
}

const defaultDTypes: readonly DType[] = ['float32', 'int32', 'uint8', 'bool'];

/** Defines the suite's tests (vitest) for one device. */
export function kernelSuite(openDevice: () => Promise<BackendDevice>, options: SuiteOptions): void {
  const { dtypes = defaultDTypes, tolerances = {}, flushesSubnormals = false, nonFinite = true } = options;
  const comparison: Comparison = { tolerances, flushesSubnormals, nonFinite };
  let device: BackendDevice;
  let oracle: BackendDevice;
  beforeAll(async () => {
    [device, oracle] = await Promise.all([openDevice(), options.oracle()]);
  });
  afterAll(async () => {
    await Promise.all([device?.close(), oracle?.close()]);
  });

  it('has the dtypes that the suite was asked to test', () => {
    expect(Object.keys(device.bytesPerElement).sort()).toEqual([...dtypes].sort());
  });

  for (const [family, cases] of Object.entries(allCases(dtypes))) {
    describe(family, () => {
      for (const testCase of cases) {
        if (testCase.nonFinite && !nonFinite) continue;
        it(testCase.name, async () => {
          const want = await runCase(testCase, oracle);
          const got = await runCase(testCase, device);
          expect(differences(testCase, got, want, comparison)).toBe('');
        });
      }
    });
  }
}

function differences(
  testCase: Case,
  got: Float64Array[],
  want: Float64Array[],
  comparison: Comparison,
): string {
  return testCase.buffers
    .map((buffer, i) => {
      const difference = compareBuffer(buffer, got[i], want[i], comparison);
      return difference === undefined ? '' : `buffer ${i} (${buffer.dtype}): ${difference}`;
    })
    .filter((text) => text !== '')
    .join('\n');
}
