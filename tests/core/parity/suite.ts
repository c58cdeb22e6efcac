/**
 * The parity suite: ops, layers, losses and optimizers against numbers that PyTorch made, on any device.
 *
 * @example
 * paritySuite('cpu', () => open(cpu({ threads: 2 })));
 */
import { type Device, setDefaultDevice } from '@inkstone/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { families, type ParityCase, readCases } from './case.js';
import { designTolerance, runCase, type Tolerance } from './run.js';
import { runOptimizer, runSchedule } from './run-optimizer.js';

export interface ParityOptions {
  /** In general; DESIGN's by default. */
  readonly tolerance?: Tolerance;
  /** For single ops, such as 't.exp', where a device is coarser. */
  readonly tolerances?: Readonly<Record<string, Tolerance>>;
  /** Whether NaN and infinities follow IEEE 754 (WGSL does not promise it). Default true. */
  readonly nonFinite?: boolean;
  /** Of each op's cases only every so many (0: none), where a device takes long to compile kernels. Default 1: all. */
  readonly every?: (family: string) => number;
  /** The cases that `every` leaves out instead. */
  readonly rest?: boolean;
  /** Which families of cases; all by default. */
  readonly families?: (name: string) => boolean;
}

/**
 * What WebGPU runs in `npm test`: of each op the first case and every 6th after it. A software adapter compiles a shader
 * in 0.1 s to 10 s, those of attention the slowest; a recurrent case has many: all of them are in the long tests. So are
 * changes in place, whose kernels are those of the ops that make the new version.
 */
export const everySoMany = (family: string): number =>
  family === 'recurrent' || family === 'in-place' ? 0 : family === 'attention' ? 8 : 6;

/** Defines the tests of one device. */
export function paritySuite(
  name: string,
  openDevice: () => Promise<Device>,
  options: ParityOptions = {},
): void {
  describe(`parity with PyTorch: ${name}`, () => {
    let device: Device;
    beforeAll(async () => {
      device = await openDevice();
      setDefaultDevice(device);
    });
    afterAll(() => device?.close());
    const runs = (family: string): boolean =>
      (options.families?.(family) ?? true) && ((options.rest ?? false) || options.every?.(family) !== 0);
    for (const family of families().filter(runs)) {
      describe(family, () => {
        const count = new Map<string, number>();
        for (const testCase of readCases(family)) {
          const number = (count.get(testCase.op) ?? 0) + 1;
          count.set(testCase.op, number);
          if (options.nonFinite === false && hasNonFinite(testCase)) continue;
          const chosen = (number - 1) % (options.every?.(family) ?? 1) === 0;
          if (chosen === (options.rest ?? false)) continue;
          const tolerance = options.tolerances?.[testCase.op] ?? options.tolerance ?? designTolerance;
          it(title(testCase, number), async () => {
            expect(await run(testCase, tolerance)).toBe('');
          });
        }
      });
    }
  });
}

function run(testCase: ParityCase, tolerance: Tolerance): string | Promise<string> {
  if (testCase.op.startsWith('optim.')) return runOptimizer(testCase, tolerance);
  return testCase.op.startsWith('lrScheduler.') ? runSchedule(testCase) : runCase(testCase, tolerance);
}

function title({ op, in: inputs, note }: ParityCase, number: number): string {
  const shapes = inputs.map(({ s }) => `[${s.join(', ')}]`).join(' ');
  return `${op} ${number}: ${shapes}${note ? ` (${note})` : ''}`;
}

const hasNonFinite = (testCase: ParityCase): boolean =>
  [...testCase.in, ...testCase.out].some(({ v }) => v.some((x) => typeof x === 'string'));
