/**
 * Elementary functions of four floats at a time.
 *
 * Stated errors are the largest seen over a sweep of all exponents (test/math.test.ts), in units in the last place of
 * the correctly rounded result. All of them are the same in every build: no fused multiply-add here.
 */

// @ts-ignore: decorator
@inline
function step(x: v128, y: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(x, y), f32x4.splat(c));
}

/**
 * e^x, at most 1 ulp (subnormal results: absolute error below the smallest subnormal).
 * Source: Cephes `expf` (Moshier): x = n ln 2 + r in two parts, then a polynomial of degree 5 in r.
 */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  // pmin and pmax return x where it is NaN.
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let p = step(f32x4.splat(1.9875691500e-4), r, 1.3981999507e-3);
  p = step(p, r, 8.3334519073e-3);
  p = step(p, r, 4.1665795894e-2);
  p = step(p, r, 1.6666665459e-1);
  p = step(p, r, 5.0000001201e-1);
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  // 2^n in two factors, since n reaches from -150 to 128.
  const i = i32x4.trunc_sat_f32x4_s(n), half = i32x4.shr_s(i, 1);
  const one = i32x4.splat(127);
  p = f32x4.mul(p, i32x4.shl(i32x4.add(half, one), 23));
  return f32x4.mul(p, i32x4.shl(i32x4.add(i32x4.sub(i, half), one), 23));
}

/** The parts that log and log2 share: x = 2^e m with m in [sqrt(1/2), sqrt(2)). */
// @ts-ignore: decorator
@inline
function exponentOf(bits: v128): v128 {
  return i32x4.shr_s(i32x4.sub(bits, i32x4.splat(0x3f3504f3)), 23);
}

/** log(1 + f) - f + f^2 / 2 for f in [sqrt(1/2) - 1, sqrt(2) - 1]. Source: Cephes `logf`. */
// @ts-ignore: decorator
@inline
function logTail(f: v128, square: v128): v128 {
  let p = step(f32x4.splat(7.0376836292e-2), f, -1.1514610310e-1);
  p = step(p, f, 1.1676998740e-1);
  p = step(p, f, -1.2420140846e-1);
  p = step(p, f, 1.4249322787e-1);
  p = step(p, f, -1.6668057665e-1);
  p = step(p, f, 2.0000714765e-1);
  p = step(p, f, -2.4999993993e-1);
  p = step(p, f, 3.3333331174e-1);
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
  y = f32x4.add(y, f32x4.mul(e, f32x4.splat(-2.12194440e-4)));
  y = f32x4.sub(y, f32x4.mul(square, f32x4.splat(0.5)));
  y = f32x4.add(f32x4.add(f, y), f32x4.mul(e, f32x4.splat(0.693359375)));
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
  // log2(e) = 1 + 0.4426950408889634
  const extra = f32x4.splat(0.44269504);
  let z = f32x4.add(f32x4.mul(y, extra), f32x4.mul(f, extra));
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

/** e^x - 1, at most 3 ulp: a polynomial below 1/2, elsewhere exp(x) - 1. Source: Cephes `expf`'s polynomial, longer. */
// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  let p = step(f32x4.splat(2.4801587e-5), x, 1.9841270e-4);
  p = step(p, x, 1.3888889e-3);
  p = step(p, x, 8.3333333e-3);
  p = step(p, x, 4.1666667e-2);
  p = step(p, x, 1.6666667e-1);
  p = step(p, x, 0.5);
  p = f32x4.add(f32x4.mul(p, f32x4.mul(x, x)), x);
  const near = f32x4.lt(f32x4.abs(x), f32x4.splat(0.5));
  return v128.bitselect(p, f32x4.sub(exp(x), f32x4.splat(1)), near);
}

/** 1 / (1 + e^-x), at most 3 ulp. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/** tanh, at most 3 ulp. Source: Cephes `tanhf`: an odd polynomial below 0.625, elsewhere 1 - 2 / (e^2x + 1). */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const size = f32x4.abs(x), one = f32x4.splat(1);
  const square = f32x4.mul(x, x);
  let p = step(f32x4.splat(-5.70498872745e-3), square, 2.06390887954e-2);
  p = step(p, square, -5.37397155531e-2);
  p = step(p, square, 1.33314422036e-1);
  p = step(p, square, -3.33332819422e-1);
  p = f32x4.add(f32x4.mul(f32x4.mul(p, square), x), x);
  const e = exp(f32x4.add(size, size));
  let far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(e, one)));
  far = v128.or(far, v128.and(x, f32x4.splat(-0.0)));
  return v128.bitselect(p, far, f32x4.lt(size, f32x4.splat(0.625)));
}

/**
 * Error function, at most 3 ulp. Source: N. Juffa, "Efficient faithfully rounded implementation of error function
 * erff()", Stack Overflow 35148198 (minimax polynomials in |x| and x^2).
 */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  const t = f32x4.abs(x), s = f32x4.mul(x, x);
  let far = step(f32x4.splat(-1.72853470e-5), t, 3.83197126e-4);
  const u = step(f32x4.splat(-3.88396438e-3), t, 2.42546219e-2);
  far = f32x4.add(f32x4.mul(far, s), u);
  far = step(far, t, -1.06777877e-1);
  far = step(far, t, -6.34846687e-1);
  far = step(far, t, -1.28717512e-1);
  far = f32x4.sub(f32x4.mul(far, t), t);
  far = f32x4.sub(f32x4.splat(1), exp(far));
  far = v128.or(far, v128.and(x, f32x4.splat(-0.0)));
  let p = step(f32x4.splat(-5.96761703e-4), s, 4.99119423e-3);
  p = step(p, s, -2.67681349e-2);
  p = step(p, s, 1.12819925e-1);
  p = step(p, s, -3.76125336e-1);
  p = step(p, s, 1.28379166e-1);
  p = f32x4.add(f32x4.mul(p, x), x);
  return v128.bitselect(far, p, f32x4.gt(t, f32x4.splat(0.927734375)));
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
