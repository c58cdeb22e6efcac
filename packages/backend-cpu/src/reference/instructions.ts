/**
 * What each instruction of a program does to a block of values: plain loops, one an instruction.
 *
 * Arithmetic is done in double; storing into the result's array (Float32Array, Float64Array, Int32Array) rounds or
 * wraps, so every instruction rounds once. For + - * / and sqrt, rounding the double result to float32 gives the
 * correctly rounded float32 result (Figueroa, "When is double rounding innocuous?", 1995).
 */
import type { BinaryOp, UnaryOp } from '@inkstone/core/backend';
import type { Values } from './buffer.js';
import {
  erf,
  floorDivFloat,
  floorDivInt,
  powFloat,
  powInt,
  remainder,
  roundHalfEven,
  truncateToInt,
} from './math.js';

export type UnaryBlock = (out: Values, a: Values, n: number) => void;
export type BinaryBlock = (out: Values, a: Values, b: Values, n: number) => void;

/** Everything but casts. On int32, storing wraps: abs and neg of -2147483648 are themselves. */
export const unaryBlocks: Record<UnaryOp, UnaryBlock> = {
  neg(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = -a[i];
  },
  abs(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.abs(a[i]);
  },
  sign(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] > 0 ? 1 : a[i] < 0 ? -1 : 0;
  },
  floor(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.floor(a[i]);
  },
  ceil(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.ceil(a[i]);
  },
  round(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = roundHalfEven(a[i]);
  },
  trunc(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.trunc(a[i]);
  },
  sqrt(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.sqrt(a[i]);
  },
  rsqrt(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = 1 / Math.sqrt(a[i]);
  },
  exp(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.exp(a[i]);
  },
  expm1(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.expm1(a[i]);
  },
  log(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.log(a[i]);
  },
  log1p(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.log1p(a[i]);
  },
  log2(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.log2(a[i]);
  },
  sin(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.sin(a[i]);
  },
  cos(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.cos(a[i]);
  },
  tan(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.tan(a[i]);
  },
  atan(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.atan(a[i]);
  },
  sinh(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.sinh(a[i]);
  },
  cosh(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.cosh(a[i]);
  },
  tanh(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.tanh(a[i]);
  },
  sigmoid(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = 1 / (1 + Math.exp(-a[i]));
  },
  erf(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = erf(a[i]);
  },
  not(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] === 0 ? 1 : 0;
  },
  isnan(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Number.isNaN(a[i]) ? 1 : 0;
  },
  isinf(out, a, n) {
    for (let i = 0; i < n; i++) out[i] = Math.abs(a[i]) === Number.POSITIVE_INFINITY ? 1 : 0;
  },
};

/** Floats; also int32 and bool where a wrapping store gives the right answer. */
export const binaryBlocks: Record<BinaryOp, BinaryBlock> = {
  add(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] + b[i];
  },
  sub(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] - b[i];
  },
  mul(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] * b[i];
  },
  div(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] / b[i];
  },
  floorDiv(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = floorDivFloat(a[i], b[i]);
  },
  remainder(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = remainder(a[i], b[i]);
  },
  fmod(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] % b[i];
  },
  pow(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = powFloat(a[i], b[i]);
  },
  max(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = Math.max(a[i], b[i]);
  },
  min(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = Math.min(a[i], b[i]);
  },
  atan2(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = Math.atan2(a[i], b[i]);
  },
  eq(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] === b[i] ? 1 : 0;
  },
  ne(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] !== b[i] ? 1 : 0;
  },
  lt(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] < b[i] ? 1 : 0;
  },
  le(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] <= b[i] ? 1 : 0;
  },
  gt(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] > b[i] ? 1 : 0;
  },
  ge(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] >= b[i] ? 1 : 0;
  },
  and(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] & b[i];
  },
  or(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] | b[i];
  },
  xor(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] ^ b[i];
  },
  shl(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] << b[i];
  },
  shr(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = a[i] >> b[i];
  },
};

/** int32 where it differs from floats: products that a double cannot hold, zero divisors. */
export const intBinaryBlocks: Partial<Record<BinaryOp, BinaryBlock>> = {
  mul(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = Math.imul(a[i], b[i]);
  },
  floorDiv(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = floorDivInt(a[i], b[i]);
  },
  remainder(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = b[i] === 0 ? 0 : remainder(a[i], b[i]);
  },
  fmod(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = b[i] === 0 ? 0 : a[i] % b[i];
  },
  pow(out, a, b, n) {
    for (let i = 0; i < n; i++) out[i] = powInt(a[i], b[i]);
  },
};

export function copyBlock(out: Values, a: Values, n: number): void {
  for (let i = 0; i < n; i++) out[i] = a[i];
}

export function toIntBlock(out: Values, a: Values, n: number): void {
  for (let i = 0; i < n; i++) out[i] = truncateToInt(a[i]);
}

export function toBoolBlock(out: Values, a: Values, n: number): void {
  for (let i = 0; i < n; i++) out[i] = a[i] !== 0 ? 1 : 0;
}

export function selectBlock(out: Values, a: Values, b: Values, c: Values, n: number): void {
  for (let i = 0; i < n; i++) out[i] = a[i] !== 0 ? b[i] : c[i];
}
