/**
 * Logarithm, sine and cosine in float32, step by step as PyTorch's vectorised normal fill computes them.
 *
 * S. L. Moshier's Cephes polynomials in J. Pommier's vector form (`avx_mathfun.h` in PyTorch's `aten/src/ATen/native/
 * cpu`), with fused multiply-adds where the compiler put them; every other operation rounds to float32. They are off
 * from the correctly rounded functions by up to 2.1e-6, which is why the C library's would not do.
 *
 * A fused `a * b + c` is written `round(a * b + c)`: the product is exact in a double, and although the sum rounds
 * twice, that never shows for the 2^24 values that a float32 uniform can have. The tests compare all of them with the
 * exact fused multiply-add of `fma.ts`, which would make these functions several times as slow.
 */

const round = Math.fround;

const LOG_0 = /* @__PURE__ */ round(0.070376836292);
const LOG_1 = /* @__PURE__ */ round(-0.1151461031);
const LOG_2 = /* @__PURE__ */ round(0.1167699874);
const LOG_3 = /* @__PURE__ */ round(-0.12420140846);
const LOG_4 = /* @__PURE__ */ round(0.14249322787);
const LOG_5 = /* @__PURE__ */ round(-0.16668057665);
const LOG_6 = /* @__PURE__ */ round(0.20000714765);
const LOG_7 = /* @__PURE__ */ round(-0.24999993993);
const LOG_8 = /* @__PURE__ */ round(0.33333331174);
/** ln 2 in two parts: the second is short, so that its product with the exponent is exact. */
const LN2_LOW = /* @__PURE__ */ round(-0.00021219444);
const LN2_HIGH = 0.693359375;
/** The bits of the float32 nearest to sqrt(1/2). */
const SQRT_HALF_BITS = 0x3f3504f3;

const FOUR_OVER_PI = /* @__PURE__ */ round(1.27323954473516);
/** -pi / 4 in three parts (Cody and Waite's argument reduction). */
const REDUCE_0 = -0.78515625;
const REDUCE_1 = /* @__PURE__ */ round(-0.00024187564849853516);
const REDUCE_2 = /* @__PURE__ */ round(-3.774894977445941e-8);
const SIN_0 = /* @__PURE__ */ round(-0.00019515295891);
const SIN_1 = /* @__PURE__ */ round(0.0083321608736);
const SIN_2 = /* @__PURE__ */ round(-0.16666654611);
const COS_0 = /* @__PURE__ */ round(2.443315711809948e-5);
const COS_1 = /* @__PURE__ */ round(-0.001388731625493765);
const COS_2 = /* @__PURE__ */ round(0.04166664568298827);

const asFloat = /* @__PURE__ */ new Float32Array(1);
const asBits = /* @__PURE__ */ new Int32Array(/* @__PURE__ */ sharedBuffer(asFloat));

function sharedBuffer(view: Float32Array<ArrayBuffer>): ArrayBuffer {
  return view.buffer;
}

/**
 * The natural logarithm of a normal, positive float32.
 *
 * @param x in [2^-126, infinity)
 */
export function logF32(x: number): number {
  asFloat[0] = x;
  const bits = asBits[0];
  const mantissaBits = (bits & 0x7fffff) | 0x3f000000;
  asBits[0] = mantissaBits;
  const mantissa = asFloat[0]; // in [0.5, 1), x = mantissa * 2^exponent
  // 1 below sqrt(1/2), where the mantissa is doubled, else 0. No branch: half of all values would mispredict it.
  const doubled = (mantissaBits - SQRT_HALF_BITS) >>> 31;
  const exponent = ((bits >>> 23) & 255) - 126 - doubled;
  const r = round(mantissa - 1 + doubled * mantissa);
  const z = round(r * r);
  let y = round(LOG_0 * r + LOG_1);
  y = round(y * r + LOG_2);
  y = round(y * r + LOG_3);
  y = round(y * r + LOG_4);
  y = round(y * r + LOG_5);
  y = round(y * r + LOG_6);
  y = round(y * r + LOG_7);
  y = round(y * r + LOG_8);
  y = round(y * r);
  y = round(y * z + round(exponent * LN2_LOW));
  y = round(y - z * 0.5);
  return round(exponent * LN2_HIGH + round(r + y));
}

/**
 * Sine and cosine of a float32 angle, written to `out[0]` and `out[1]`.
 *
 * @param x radians, in [0, 8192)
 */
export function sinCosF32(x: number, out: Float32Array): void {
  const octant = (Math.trunc(round(x * FOUR_OVER_PI)) + 1) & ~1;
  let r = round(octant * REDUCE_0 + x);
  r = round(octant * REDUCE_1 + r);
  r = round(octant * REDUCE_2 + r);
  const z = round(r * r);

  let cos = round(COS_0 * z + COS_1);
  cos = round(cos * z + COS_2);
  cos = round(cos * z);
  cos = round(round(cos * z - z * 0.5) + 1);

  let sin = round(SIN_0 * z + SIN_1);
  sin = round(sin * z + SIN_2);
  sin = round(sin * z);
  sin = round(sin * r + r);

  // Every second pair of octants swaps sine and cosine; the signs follow the quadrant. Again without branches.
  const swap = (octant >>> 1) & 1;
  out[swap] = sin;
  out[1 - swap] = cos;
  out[0] *= 1 - ((octant & 4) >>> 1);
  out[1] *= 1 - ((~(octant - 2) & 4) >>> 1);
}
