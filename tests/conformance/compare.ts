/** Comparing what a device made with what the oracle made. */
import type { DType } from '@inkstone/core/backend';
import { type Case, type CaseBuffer, type Check, forEachElement, type ToleranceKey } from './case.js';

/** A value passes if it meets any of the bounds given; with none, only equal values pass. */
export interface Tolerance {
  /** Times max(1, |want|, scale of the check). */
  readonly scaled?: number;
  /** Times |want|. */
  readonly relative?: number;
  readonly absolute?: number;
  /** Units in the last place of a float32 of the size of `want`. */
  readonly ulps?: number;
}

export type ToleranceTable = Readonly<Partial<Record<ToleranceKey, Tolerance>>>;

/** For functions whose small results matter: expm1 and log1p exist for them, and a gradient may divide by the others. */
const relative: Tolerance = { relative: 1e-6, absolute: 2 ** -126 };

/**
 * The suite's tolerances: 1e-6 x max(1, sum of |terms|) for values and 1e-5 for gradients, which is what the project
 * promises of all backends but WebGPU; single instructions are held to a relative error, sin and cos (whose error is
 * that of their argument) and the exact ones aside.
 */
export const defaultTolerances: ToleranceTable = {
  exact: {},
  value: { scaled: 1e-6 },
  gradient: { scaled: 1e-5 },
  div: relative,
  sqrt: relative,
  rsqrt: relative,
  exp: relative,
  expm1: relative,
  log: relative,
  log1p: relative,
  log2: relative,
  pow: { relative: 2e-6, absolute: 2 ** -126 },
  tan: relative,
  atan: relative,
  atan2: relative,
  sinh: relative,
  cosh: relative,
  tanh: relative,
  sigmoid: relative,
  erf: relative,
};

export type { ToleranceKey };

export interface Comparison {
  readonly tolerances: ToleranceTable;
  /** Whether numbers below 2^-126 may count as 0. */
  readonly flushesSubnormals: boolean;
  /** Whether results that should be NaN or infinite are compared. */
  readonly nonFinite: boolean;
  /** Tell 0 from -0. Default false. */
  readonly signedZeros?: boolean;
}

/** What is wrong with a case's buffers after a run; '' if nothing is. */
export function differences(
  testCase: Case,
  got: readonly Float64Array[],
  want: readonly Float64Array[],
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

const smallestNormal = 2 ** -126;

/** What is wrong with a buffer after a run, or undefined. */
function compareBuffer(
  buffer: CaseBuffer,
  got: Float64Array,
  want: Float64Array,
  comparison: Comparison,
): string | undefined {
  const { dtype, initial, outputs } = buffer;
  const { tolerances, nonFinite } = comparison;
  const isOutput = new Uint8Array(initial.length);
  const complaints: string[] = [];
  let wrong = 0;
  const complain = (text: string) => {
    wrong++;
    if (complaints.length < 3) complaints.push(text);
  };
  for (const { operand, check } of outputs) {
    const tolerance = toleranceOf(check, tolerances);
    forEachElement(operand, (place, point) => {
      isOutput[place] = 1;
      if (!nonFinite && !Number.isFinite(want[place])) return;
      const { scale = 1 } = check;
      const ofPoint = typeof scale === 'number' ? scale : scale[point];
      if (agrees(got[place], want[place], ofPoint, tolerance, dtype, comparison)) return;
      complain(`[${coordinates(point, operand.shape)}] is ${got[place]}, should be ${want[place]}`);
    });
  }
  for (let i = 0; i < initial.length; i++) {
    if (isOutput[i] || Object.is(got[i], initial[i])) continue;
    complain(`element ${i}, which no output has, was ${initial[i]} and became ${got[i]}`);
  }
  if (wrong === 0) return undefined;
  return `${wrong} wrong elements: ${complaints.join('; ')}`;
}

/** A device's own tolerance for any of the keys counts before the suite's. */
function toleranceOf({ keys }: Check, tolerances: ToleranceTable): Tolerance {
  for (const table of [tolerances, defaultTolerances]) {
    for (const key of keys) {
      const tolerance = table[key];
      if (tolerance !== undefined) return tolerance;
    }
  }
  throw new Error(`no tolerance for ${keys.join(', ')}`);
}

function agrees(
  got: number,
  want: number,
  scale: number,
  tolerance: Tolerance,
  dtype: DType,
  { flushesSubnormals, signedZeros = false }: Comparison,
): boolean {
  if (got === want) return !signedZeros || Object.is(got, want);
  if (Number.isNaN(want)) return Number.isNaN(got);
  if (!Number.isFinite(want) || !Number.isFinite(got)) return false;
  const error = Math.abs(got - want);
  if (flushesSubnormals && Math.abs(want) <= smallestNormal && Math.abs(got) <= smallestNormal) return true;
  const { scaled = 0, relative = 0, absolute = 0, ulps = 0 } = tolerance;
  const size = Math.abs(want);
  const bound = Math.max(scaled * Math.max(1, size, scale), relative * size, absolute, ulps * ulp(size));
  if (error <= bound) return true;
  // A result that may differ a little may round to the neighbouring half.
  return dtype === 'float16' && bound > 0 && error <= Math.max(2 ** -24, size * 2 ** -10);
}

/** Spacing of float32 numbers around `size`. */
function ulp(size: number): number {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(size || smallestNormal))) - 23);
}

function coordinates(point: number, shape: readonly number[]): string {
  const result: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    result.unshift(point % shape[axis]);
    point = Math.floor(point / shape[axis]);
  }
  return result.join(', ');
}
