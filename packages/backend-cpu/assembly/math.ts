/**
 * Elementary functions of four floats at a time.
 *
 * Stated errors are the largest seen over a sweep of all exponents (test/math.test.ts), in units in the last place of
 * the correctly rounded result, of the build without fused multiply-add. Constants lie in memory: V8 makes a constant
 * vector with five instructions each time, and loads it with one.
 */

import { multiplyAdd } from './simd';

/** Number `index` of a table, in all lanes. */
// @ts-ignore: decorator
@inline
function constant(table: usize, index: usize): v128 {
  return v128.load32_splat(table + (index << 2));
}

/** x * y + number `index` of a table. */
// @ts-ignore: decorator
@inline
function step(x: v128, y: v128, table: usize, index: usize): v128 {
  return multiplyAdd(x, y, constant(table, index));
}

/** Bounds of the argument, log2(e), ln(2) in two parts (negative), the polynomial, 1.5 * 2^23; 127 as an integer. */
const EXP: usize = memory.data<f32>([
  89, -104, 1.44269504, -0.693359375, 2.12194440e-4,
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1,
  12582912,
], 16);
const BIAS: usize = memory.data<i32>([127], 16);

/**
 * e^x, at most 1 ulp (subnormal results: absolute error below the smallest subnormal).
 * Source: Cephes `expf` (Moshier): x = n ln 2 + r in two parts, then a polynomial of degree 5 in r.
 */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  // pmin and pmax return x where it is NaN.
  x = f32x4.pmax(f32x4.pmin(x, constant(EXP, 0)), constant(EXP, 1));
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
  const shift = constant(EXP, 12), shifted = f32x4.add(f32x4.mul(x, constant(EXP, 2)), shift);
  const n = f32x4.sub(shifted, shift);
  let r = multiplyAdd(n, constant(EXP, 3), x);
  r = multiplyAdd(n, constant(EXP, 4), r);
  let p = step(constant(EXP, 5), r, EXP, 6);
  p = step(p, r, EXP, 7);
  p = step(p, r, EXP, 8);
  p = step(p, r, EXP, 9);
  p = step(p, r, EXP, 10);
  p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), constant(EXP, 11));
  // 2^n in two factors, since n reaches from -150 to 128.
  const i = i32x4.sub(shifted, shift), half = i32x4.shr_s(i, 1), bias = constant(BIAS, 0);
  p = f32x4.mul(p, i32x4.shl(i32x4.add(half, bias), 23));
  return f32x4.mul(p, i32x4.shl(i32x4.add(i32x4.sub(i, half), bias), 23));
}

/** The polynomial of log, highest power first; ln(2) in two parts; log2(e) - 1. */
const LOG: usize = memory.data<f32>([
  7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1, -2.12194440e-4, 0.693359375, 0.44269504,
], 16);

/** The exponent e of x = 2^e m with m in [sqrt(1/2), sqrt(2)). */
// @ts-ignore: decorator
@inline
function exponentOf(bits: v128): v128 {
  return i32x4.shr_s(i32x4.sub(bits, i32x4.splat(0x3f3504f3)), 23);
}

/** log(1 + f) - f + f^2 / 2 for f in [sqrt(1/2) - 1, sqrt(2) - 1]. Source: Cephes `logf`. */
// @ts-ignore: decorator
@inline
function logTail(f: v128, square: v128): v128 {
  let p = step(constant(LOG, 0), f, LOG, 1);
  p = step(p, f, LOG, 2);
  p = step(p, f, LOG, 3);
  p = step(p, f, LOG, 4);
  p = step(p, f, LOG, 5);
  p = step(p, f, LOG, 6);
  p = step(p, f, LOG, 7);
  p = step(p, f, LOG, 8);
  return f32x4.mul(f32x4.mul(p, f), square);
}

/** log's results for zero, negative numbers, infinity and NaN put over `y`. */
// @ts-ignore: decorator
@inline
function logEdges(x: v128, y: v128): v128 {
  y = v128.bitselect(y, f32x4.add(x, x), f32x4.lt(x, f32x4.splat(Infinity)));
  y = v128.bitselect(f32x4.splat(NaN), y, f32x4.lt(x, f32x4.splat(0)));
  return v128.bitselect(f32x4.splat(-Infinity), y, f32x4.eq(x, f32x4.splat(0)));
}

/** Natural logarithm, at most 1 ulp. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const small = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, small);
  const i = exponentOf(scaled);
  const f = f32x4.sub(i32x4.sub(scaled, i32x4.shl(i, 23)), f32x4.splat(1));
  const e = f32x4.sub(f32x4.convert_i32x4_s(i), v128.and(small, f32x4.splat(23)));
  const square = f32x4.mul(f, f);
  let y = logTail(f, square);
  y = multiplyAdd(e, constant(LOG, 9), y);
  y = f32x4.sub(y, f32x4.mul(square, f32x4.splat(0.5)));
  y = f32x4.add(f32x4.add(f, y), f32x4.mul(e, constant(LOG, 10)));
  return logEdges(x, y);
}

/** Base-2 logarithm, at most 2 ulp; exact for powers of two. Source: Cephes `log2f`. */
// @ts-ignore: decorator
@inline
export function log2(x: v128): v128 {
  const small = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, small);
  const i = exponentOf(scaled);
  const f = f32x4.sub(i32x4.sub(scaled, i32x4.shl(i, 23)), f32x4.splat(1));
  const e = f32x4.sub(f32x4.convert_i32x4_s(i), v128.and(small, f32x4.splat(23)));
  const square = f32x4.mul(f, f);
  const y = f32x4.sub(logTail(f, square), f32x4.mul(square, f32x4.splat(0.5)));
  const extra = constant(LOG, 11);
  let z = multiplyAdd(y, extra, f32x4.mul(f, extra));
  z = f32x4.add(f32x4.add(f32x4.add(z, y), f), e);
  return logEdges(x, z);
}

/** log(1 + x), at most 3 ulp: log(u) x / (u - 1) with u = 1 + x rounded. Source: Kahan, via the HP-15C manual. */
// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  const one = f32x4.splat(1);
  const u = f32x4.add(x, one);
  const y = f32x4.div(f32x4.mul(log(u), x), f32x4.sub(u, one));
  const tiny = f32x4.eq(u, one), large = f32x4.gt(x, f32x4.splat(1e18));
  return v128.bitselect(x, v128.bitselect(log(x), y, large), tiny);
}

const EXPM1: usize = memory.data<f32>([
  2.4801587e-5, 1.9841270e-4, 1.3888889e-3, 8.3333333e-3, 4.1666667e-2, 1.6666667e-1, 0.5, 1,
], 16);

/** e^x - 1, at most 3 ulp: Taylor's polynomial below 1/2, elsewhere exp(x) - 1. */
// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  let p = step(constant(EXPM1, 0), x, EXPM1, 1);
  p = step(p, x, EXPM1, 2);
  p = step(p, x, EXPM1, 3);
  p = step(p, x, EXPM1, 4);
  p = step(p, x, EXPM1, 5);
  p = step(p, x, EXPM1, 6);
  p = multiplyAdd(p, f32x4.mul(x, x), x);
  const half = constant(EXPM1, 6);
  return v128.bitselect(p, f32x4.sub(exp(x), constant(EXPM1, 7)), f32x4.lt(f32x4.abs(x), half));
}

/** 1 / (1 + e^-x), at most 3 ulp. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const one = constant(EXP, 11);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/** The polynomial of tanh; where it ends; 2. */
const TANH: usize = memory.data<f32>([
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1, 0.625, 2,
], 16);

/** tanh, at most 3 ulp. Source: Cephes `tanhf`: an odd polynomial below 0.625, elsewhere 1 - 2 / (e^2x + 1). */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const size = f32x4.abs(x), one = constant(EXP, 11);
  const square = f32x4.mul(x, x);
  let p = step(constant(TANH, 0), square, TANH, 1);
  p = step(p, square, TANH, 2);
  p = step(p, square, TANH, 3);
  p = step(p, square, TANH, 4);
  p = multiplyAdd(f32x4.mul(p, square), x, x);
  const e = exp(f32x4.add(size, size));
  let far = f32x4.sub(one, f32x4.div(constant(TANH, 6), f32x4.add(e, one)));
  far = v128.or(far, v128.andnot(x, i32x4.splat(0x7fffffff)));
  return v128.bitselect(p, far, f32x4.lt(size, constant(TANH, 5)));
}

/** Numerator and denominator of erf; where it is 1 to the last place. */
const ERF: usize = memory.data<f32>([
  -2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05, -7.34990630326855e-04,
  -2.95459980854025e-03, -1.60960333262415e-02,
  -1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03, -1.42647390514189e-02,
  4, -4,
], 16);

/**
 * Error function, at most 7 ulp (4e-7 of the result).
 * Source: Eigen's `generic_fast_erf_float`: an odd rational function of degrees 13 and 8 for |x| up to 4.
 */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, constant(ERF, 12)), constant(ERF, 13));
  const s = f32x4.mul(x, x);
  let p = step(constant(ERF, 0), s, ERF, 1);
  p = step(p, s, ERF, 2);
  p = step(p, s, ERF, 3);
  p = step(p, s, ERF, 4);
  p = step(p, s, ERF, 5);
  p = step(p, s, ERF, 6);
  let q = step(constant(ERF, 7), s, ERF, 8);
  q = step(q, s, ERF, 9);
  q = step(q, s, ERF, 10);
  q = step(q, s, ERF, 11);
  return f32x4.div(f32x4.mul(x, p), q);
}

/** -1, 0 or 1; 0 for NaN. */
// @ts-ignore: decorator
@inline
export function sign(x: v128): v128 {
  const signed = v128.or(f32x4.splat(1), v128.and(x, f32x4.splat(-0.0)));
  return v128.and(signed, f32x4.gt(f32x4.abs(x), f32x4.splat(0)));
}

/** C's powf, where JavaScript's differs: 1 to any power is 1, and so is -1 to an infinite one. */
export function power(x: f32, y: f32): f32 {
  if (x == 1 || (x == -1 && abs(y) == Infinity)) return 1;
  return Mathf.pow(x, y);
}

/** Python's floor division of floats: the largest integer not above a / b, as PyTorch rounds it. */
export function floorDivide(a: f32, b: f32): f32 {
  if (b == 0) return a / b;
  const mod = fmod(a, b);
  let quotient = (a - mod) / b;
  if (mod != 0 && (b < 0) != (mod < 0)) quotient -= 1;
  if (quotient == 0) return copysign<f32>(0, a / b);
  let rounded = floor(quotient);
  if (quotient - rounded > 0.5) rounded += 1;
  return rounded;
}

/** The remainder with the sign of the divisor. */
export function remainder(a: f32, b: f32): f32 {
  const mod = fmod(a, b);
  return mod != 0 && (b < 0) != (mod < 0) ? mod + b : mod;
}

/** The remainder with the sign of the dividend: exact, so f64 arithmetic would not do for large quotients. */
export function fmod(a: f32, b: f32): f32 {
  return Mathf.mod(a, b);
}

/** Integer division towards minus infinity; 0 for a zero divisor. */
export function floorDivideInt(a: i32, b: i32): i32 {
  if (b == 0) return 0;
  if (b == -1) return -a;
  const quotient = a / b;
  return a % b != 0 && (a ^ b) < 0 ? quotient - 1 : quotient;
}

export function remainderInt(a: i32, b: i32): i32 {
  if (b == 0 || b == -1) return 0;
  const mod = a % b;
  return mod != 0 && (mod ^ b) < 0 ? mod + b : mod;
}

export function fmodInt(a: i32, b: i32): i32 {
  return b == 0 || b == -1 ? 0 : a % b;
}

/** Integer power; negative exponents give 0 but for a base of 1 or -1. */
export function powInt(a: i32, b: i32): i32 {
  if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
  let result = 1;
  for (; b; b >>= 1) {
    if (b & 1) result *= a;
    a *= a;
  }
  return result;
}
