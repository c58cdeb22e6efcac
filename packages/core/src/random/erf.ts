/**
 * The error function on scalars, in double and in the float32 steps of the C library.
 *
 * Only truncated-normal initialisation needs them here: PyTorch draws uniform values and inverts the distribution.
 */

/**
 * The error function in double precision, within 3e-15: `2 / sqrt(pi) exp(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...)`, a
 * series whose terms all have the sign of x (Abramowitz and Stegun, 7.1.6).
 */
export function erfF64(x: number): number {
  if (!(Math.abs(x) < 6)) return Math.sign(x);
  let sum = 0;
  let term = x;
  for (let odd = 3; sum + term !== sum; odd += 2) {
    sum += term;
    term *= (2 * x * x) / odd;
  }
  // The square of z is exact, so that exp(-x^2) is not off by the rounding of x^2.
  const z = Math.fround(x);
  const scaled = Math.exp(-z * z) * Math.exp((z - x) * (z + x)) * sum;
  return Math.sign(x) * Math.min(1, Math.abs((2 / Math.sqrt(Math.PI)) * scaled));
}

const { fround } = Math;

/**
 * Rational approximations of Sun's fdlibm (`s_erff.c`, 1993) on one interval after the other: numerator and
 * denominator, lowest power first.
 */
const SMALL = [
  [0.12837917, -0.3250421, -0.02848175, -0.0057702702, -2.3763017e-5],
  [1, 0.3979172, 0.06502225, 0.005081306, 0.00013249474, -3.9602282e-6],
];
const MIDDLE = [
  [-0.0023621186, 0.4148561, -0.37220788, 0.31834662, -0.110894695, 0.035478305, -0.0021663755],
  [1, 0.10642088, 0.54039794, 0.071828656, 0.12617122, 0.013637084, 0.0119845],
];
const LARGE = [
  [-0.009864944, -0.69385856, -10.558626, -62.37533, -162.39667, -184.60509, -81.28744, -9.814329],
  [1, 19.651272, 137.65776, 434.5659, 645.38727, 429.00815, 108.635, 6.5702496, -0.060424414],
];
const TAIL = [
  [-0.009864943, -0.79928327, -17.757956, -160.63638, -637.56647, -1025.0951, -483.5192],
  [1, 30.33806, 325.7925, 1536.7296, 3199.8582, 2553.0503, 474.52853, -22.440952],
];
/** `erf(1)` rounded to a short number. */
const ERF_1 = 0.8450629;

function ratio(polynomials: readonly (readonly number[])[], x: number): number {
  const [p, q] = polynomials.map((c) => c.reduceRight((sum, a) => fround(fround(sum * x) + fround(a)), 0));
  return fround(p / q);
}

/** The error function in float32, in the steps of glibc's `erff`. */
export function erfF32(x: number): number {
  const size = Math.abs(x);
  if (size < 0.84375) return fround(x + fround(x * ratio(SMALL, fround(x * x))));
  if (size < 1.25) return Math.sign(x) * fround(fround(ERF_1) + ratio(MIDDLE, fround(size - 1)));
  if (size >= 6) return Math.sign(x);
  const y = ratio(size < 1 / 0.35 ? LARGE : TAIL, fround(1 / fround(size * size)));
  // The leading bits of x, so few that their square is exact.
  const unit = 2 ** (Math.floor(Math.log2(size)) - 11);
  const z = Math.floor(size / unit) * unit;
  const low = fround(fround(fround(z - size) * fround(z + size)) + y);
  const r = fround(fround(Math.exp(fround(fround(-z * z) - 0.5625))) * fround(Math.exp(low)));
  return Math.sign(x) * fround(1 - fround(r / size));
}
