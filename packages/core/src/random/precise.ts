/**
 * Logarithm, sine and cosine in double precision, within 0.52 ulp.
 *
 * `Math.log` and its kin are a unit in the last place off in up to a tenth of all calls, and differ between engines.
 * PyTorch, NumPy and Python take their double-precision normals through a C library that hardly ever is; these
 * functions follow it, so that the streams agree to the last bit in almost every value, in every engine. The leading
 * terms are kept as unevaluated sums of two doubles (T. J. Dekker, "A floating-point technique for extending the
 * available precision", 1971), the small rest is summed in plain double precision.
 */

import { productError, sumError } from './error-free.js';

const LN2_HIGH = 0.6931471803691238; // 33 bits: its product with an exponent is exact
const LN2_LOW = 1.9082149292705877e-10;
/** pi / 2 in three parts, the first two of 33 bits. */
const HALF_PI_0 = 1.5707963267341256;
const HALF_PI_1 = 6.077100506303966e-11;
const HALF_PI_2 = 2.0222662487959506e-21;
/** What the double 1/6 lacks. */
const SIXTH_LOW = 9.25185853854297e-18;

const f64 = /* @__PURE__ */ new Float64Array(1);
const words = /* @__PURE__ */ new Uint32Array(/* @__PURE__ */ bufferOf(f64));

function bufferOf(view: Float64Array<ArrayBuffer>): ArrayBuffer {
  return view.buffer;
}

/**
 * The natural logarithm.
 *
 * @param x in [2^-1022, infinity)
 */
export function log(x: number): number {
  // x = m * 2^exponent with m in about [sqrt(1/2), sqrt(2)), so that x close to 1 keeps the exponent 0.
  f64[0] = x;
  const high = words[1];
  const shift = ((high & 0xfffff) + 0x95f64) & 0x100000;
  words[1] = (high & 0xfffff) | (shift ^ 0x3ff00000);
  const m = f64[0];
  const exponent = (high >>> 20) - 1023 + (shift >>> 20);

  // ln m = 2 (f + f^3/3 + f^5/5 + ...), f = (m - 1) / (m + 1) as a sum of two doubles.
  const top = m - 1;
  const bottom = m + 1;
  const f = top / bottom;
  const product = f * bottom;
  const rest = top - product - productError(f, bottom, product) - f * sumError(m, 1, bottom);
  const fLow = rest / bottom;
  const z = f * f;
  let tail = 0;
  for (let power = 25; power >= 3; power -= 2) tail = tail * z + 1 / power;
  const low = 2 * (fLow + f * z * tail);
  if (exponent === 0) return 2 * f + low;
  const big = exponent * LN2_HIGH;
  const sum = big + 2 * f;
  return sum + (sumError(big, 2 * f, sum) + (low + exponent * LN2_LOW));
}

/**
 * Sine and cosine, written to `out[0]` and `out[1]`.
 *
 * @param x radians, in [-2^19, 2^19]
 */
export function sinCos(x: number, out: Float64Array): void {
  // x = quadrant * pi/2 + r, r as a sum of two doubles.
  const quadrant = Math.round(x * (2 / Math.PI));
  const reduced = x - quadrant * HALF_PI_0;
  const second = quadrant * HALF_PI_1;
  const r1 = reduced - second;
  const third = quadrant * HALF_PI_2;
  const r = r1 - third;
  const rLow = sumError(reduced, -second, r1) + sumError(r1, -third, r);

  const z = r * r;
  const zLow = productError(r, r, z) + 2 * r * rLow;
  const sin = sinOf(r, rLow, z, zLow);
  const cos = cosOf(z, zLow);
  const swapped = (quadrant & 1) !== 0;
  const s = swapped ? cos : sin;
  const c = swapped ? sin : cos;
  out[0] = (quadrant & 2) !== 0 ? -s : s;
  out[1] = ((quadrant + 1) & 2) !== 0 ? -c : c;
}

/** r - r z / 6 + r z^2 / 120 - ..., the second term as a sum of two doubles too. */
function sinOf(r: number, rLow: number, z: number, zLow: number): number {
  let tail = 0;
  for (let power = 19; power >= 5; power -= 2) tail = (1 - z * tail) / (power * (power - 1));
  const sixth = z * (1 / 6);
  const sixthLow = productError(z, 1 / 6, sixth) + z * SIXTH_LOW + zLow / 6;
  const second = r * sixth;
  const secondLow = productError(r, sixth, second) + r * sixthLow + rLow * sixth;
  const sum = r - second;
  return sum + (sumError(r, -second, sum) + (rLow - secondLow + sixth * r * z * tail));
}

/** 1 - z / 2 + z^2 / 24 - ..., the first two terms as a sum of two doubles. */
function cosOf(z: number, zLow: number): number {
  let tail = 0;
  for (let power = 18; power >= 4; power -= 2) tail = (1 - z * tail) / (power * (power - 1));
  const half = z / 2;
  const sum = 1 - half;
  return sum + (1 - sum - half - zLow / 2 + half * z * tail);
}
