/**
 * Fused multiply-add, exactly: one rounding of a * b + c, where JavaScript alone would round twice.
 *
 * PyTorch's fills are compiled with fused multiply-adds, so without them half of the values differ in the last bit.
 */

import { productError, sumError } from './error-free.js';

const F32_MAX = 3.4028234663852886e38;

/**
 * The float32 fused multiply-add of three float32 values: `a * b + c` rounded once, to nearest even.
 *
 * The product of two float32 values is exact in a double. The sum rounds to double and then to float32, and the
 * second rounding goes wrong only if the double lies exactly half-way between two float32 values while the true
 * sum does not; then the error of the first rounding (Knuth's TwoSum) says to which side the true sum lies.
 *
 * @param a float32 value
 * @param b float32 value
 * @param c float32 value
 * @returns the float32 nearest to the exact `a * b + c`
 */
export function fma32(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const rounded = Math.fround(sum);
  if (sum === rounded) return rounded;
  // If `sum` is half-way, mirroring `rounded` at it gives the neighbour on the other side; else not a float32.
  const mirrored = sum + (sum - rounded);
  if (Math.fround(mirrored) !== mirrored) return rounded;
  return resolveHalfWay(product, c, sum, rounded, mirrored);
}

function resolveHalfWay(product: number, c: number, sum: number, rounded: number, mirrored: number): number {
  const error = sumError(product, c, sum);
  if (error === 0) return rounded;
  if (!Number.isFinite(mirrored)) {
    // `sum` overflows float32; just below the half-way point before infinity the largest float32 is nearer.
    const halfWayToInfinity = F32_MAX + 2 ** 103;
    const inward = Math.abs(sum) === halfWayToInfinity && error < 0 === sum > 0;
    return inward ? Math.sign(sum) * F32_MAX : rounded;
  }
  return error > 0 ? Math.max(rounded, mirrored) : Math.min(rounded, mirrored);
}

/**
 * The float64 fused multiply-add: `a * b + c` rounded once.
 *
 * Emulation by rounding to odd: S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved
 * algorithms using rounding to odd", IEEE Transactions on Computers 57(4), 2008. Meant for values of ordinary size:
 * the splitting of the factors overflows from 2^996 on, and products below 2^-969 lose their tail.
 */
export function fma64(a: number, b: number, c: number): number {
  const high = a * b;
  const low = productError(a, b, high);
  const tail = c + low;
  const tailError = sumError(c, low, tail);
  const head = high + tail;
  const headError = sumError(high, tail, head);
  return head + roundToOdd(headError, tailError);
}

const f64 = /* @__PURE__ */ new Float64Array(1);
const bits64 = /* @__PURE__ */ new BigInt64Array(/* @__PURE__ */ bufferOf(f64));

function bufferOf(view: Float64Array<ArrayBuffer>): ArrayBuffer {
  return view.buffer;
}

/** `a + b`; when it is not exact, of the two doubles around it the one whose last bit is 1. */
function roundToOdd(a: number, b: number): number {
  const sum = a + b;
  const error = sumError(a, b, sum);
  if (error === 0) return sum;
  f64[0] = sum;
  const bits = bits64[0];
  if ((bits & 1n) === 1n) return sum;
  // An even last bit: step one double towards the true value. Bit patterns grow with the magnitude.
  bits64[0] = bits + (error > 0 === sum > 0 ? 1n : -1n);
  return f64[0];
}
