/** Scalar functions that `Math` lacks or defines otherwise than PyTorch. All work on doubles. */

/** To the nearest integer, halves to even (IEEE 754 roundToIntegralTiesToEven). */
export function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (!(rest >= 0.5)) return low; // NaN and infinities (rest NaN) come back as they are
  if (rest === 0.5 && low % 2 === 0) return low;
  return low === -1 ? -0 : low + 1;
}

/** C's pow: unlike JavaScript's, 1 to any power is 1, and so is -1 to an infinite one. */
export function powFloat(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && (exponent === Number.POSITIVE_INFINITY || exponent === Number.NEGATIVE_INFINITY))
    return 1;
  return base ** exponent;
}

/** int32 power, wrapping; a negative exponent truncates the true value to an integer, and 0 to it is 0. */
export function powInt(base: number, exponent: number): number {
  if (exponent < 0) {
    if (base === 1) return 1;
    if (base === -1) return exponent % 2 === 0 ? 1 : -1;
    return 0;
  }
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest >>= 1) {
    if (rest & 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

/** Python's `//` on floats, as PyTorch's div(roundingMode: 'floor'): exact through fmod, infinite for a zero divisor. */
export function floorDivFloat(a: number, b: number): number {
  if (b === 0) return a / b;
  const rest = a % b;
  let quotient = (a - rest) / b;
  if (rest !== 0 && rest < 0 !== b < 0) quotient -= 1;
  if (quotient === 0) return a / b < 0 ? -0 : 0;
  const low = Math.floor(quotient);
  return quotient - low > 0.5 ? low + 1 : low;
}

/** Python's `//` on int32; 0 for a zero divisor. */
export function floorDivInt(a: number, b: number): number {
  return b === 0 ? 0 : Math.floor(a / b) | 0;
}

/** Python's `%`: the sign of the divisor. NaN for a zero divisor (the int32 caller tests for that first). */
export function remainder(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** Float to int32 as a cast does it: towards zero, saturating, NaN to 0. */
export function truncateToInt(x: number): number {
  if (Number.isNaN(x)) return 0;
  if (x >= 2147483647) return 2147483647;
  if (x <= -2147483648) return -2147483648;
  return Math.trunc(x);
}

/**
 * The error function, to within 1 unit in the last place of a double: the rational approximations of Sun's fdlibm
 * (s_erf.c, 1993, https://www.netlib.org/fdlibm/s_erf.c), which derive from W. J. Cody, "Rational Chebyshev
 * approximations for the error function", Math. Comp. 23 (1969). The tests compare with the power series.
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const z = Math.abs(x);
  if (z < 0.84375) {
    if (z < 2 ** -28) return x + (2 / Math.sqrt(Math.PI) - 1) * x;
    const t = x * x;
    return x + x * (polynomial(smallP, t) / polynomial(smallQ, t));
  }
  const sign = x < 0 ? -1 : 1;
  if (z < 1.25) {
    const t = z - 1;
    return sign * (erfAtOne + polynomial(middleP, t) / polynomial(middleQ, t));
  }
  if (z >= 6) return sign;
  const t = 1 / (z * z);
  const ratio =
    z < 1 / 0.35
      ? polynomial(largeR, t) / polynomial(largeS, t)
      : polynomial(tailR, t) / polynomial(tailS, t);
  // exp(-z * z) loses digits for large z: split z * z into an exact part and a small rest.
  const head = Math.fround(z);
  const tail = Math.exp(-head * head - 0.5625) * Math.exp((head - z) * (head + z) + ratio);
  return sign * (1 - tail / z);
}

function polynomial(coefficients: Float64Array, t: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * t + coefficients[i];
  return sum;
}

const erfAtOne = 0.8450629115104675;
// biome-ignore format: a table, in the order of the source
const [smallP, smallQ, middleP, middleQ, largeR, largeS, tailR, tailS] = [
  [0.12837916709551256, -0.3250421072470015, -0.02848174957559851, -0.005770270296489442,
    -2.3763016656650163e-05],
  [1, 0.39791722395915535, 0.0650222499887673, 0.005081306281875766, 0.00013249473800432164,
    -3.960228278775368e-06],
  [-0.0023621185607526594, 0.41485611868374833, -0.3722078760357013, 0.31834661990116175,
    -0.11089469428239668, 0.035478304325618236, -0.002166375594868791],
  [1, 0.10642088040084423, 0.540397917702171, 0.07182865441419627, 0.12617121980876164,
    0.01363708391202905, 0.011984499846799107],
  [-0.009864944034847148, -0.6938585727071818, -10.558626225323291, -62.375332450326006,
    -162.39666946257347, -184.60509290671104, -81.2874355063066, -9.814329344169145],
  [1, 19.651271667439257, 137.65775414351904, 434.56587747522923, 645.3872717332679,
    429.00814002756783, 108.63500554177944, 6.570249770319282, -0.0604244152148581],
  [-0.0098649429247001, -0.799283237680523, -17.757954917754752, -160.63638485582192,
    -637.5664433683896, -1025.0951316110772, -483.5191916086514],
  [1, 30.33806074348246, 325.7925129965739, 1536.729586084437, 3199.8582195085955,
    2553.0504064331644, 474.52854120695537, -22.44095244658582],
].map((row) => Float64Array.from(row)) as [
  Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array,
];
