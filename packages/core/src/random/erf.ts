/**
 * The error function and its inverse, on scalars, in double and in the float32 steps of the C library.
 *
 * Only truncated-normal initialisation needs them here: PyTorch draws uniform values and inverts the distribution.
 */

type Round = (x: number) => number;

/** Coefficients of the rational approximations of Sun's fdlibm (`s_erf.c`, 1993), lowest power first. */
interface ErfTables {
  smallP: readonly number[];
  smallQ: readonly number[];
  middleP: readonly number[];
  middleQ: readonly number[];
  largeP: readonly number[];
  largeQ: readonly number[];
  tailP: readonly number[];
  tailQ: readonly number[];
}

const F64_TABLES: ErfTables = {
  smallP: [
    0.12837916709551256, -0.3250421072470015, -0.02848174957559851, -0.005770270296489442,
    -2.3763016656650163e-5,
  ],
  smallQ: [
    1, 0.39791722395915535, 0.0650222499887673, 0.005081306281875766, 0.00013249473800432164,
    -3.960228278775368e-6,
  ],
  middleP: [
    -0.0023621185607526594, 0.41485611868374833, -0.3722078760357013, 0.31834661990116175,
    -0.11089469428239668, 0.035478304325618236, -0.002166375594868791,
  ],
  middleQ: [
    1, 0.10642088040084423, 0.540397917702171, 0.07182865441419627, 0.12617121980876164, 0.01363708391202905,
    0.011984499846799107,
  ],
  largeP: [
    -0.009864944034847148, -0.6938585727071818, -10.558626225323291, -62.375332450326006, -162.39666946257347,
    -184.60509290671104, -81.2874355063066, -9.814329344169145,
  ],
  largeQ: [
    1, 19.651271667439257, 137.65775414351904, 434.56587747522923, 645.3872717332679, 429.00814002756783,
    108.63500554177944, 6.570249770319282, -0.0604244152148581,
  ],
  tailP: [
    -0.0098649429247001, -0.799283237680523, -17.757954917754752, -160.63638485582192, -637.5664433683896,
    -1025.0951316110772, -483.5191916086514,
  ],
  tailQ: [
    1, 30.33806074348246, 325.7925129965739, 1536.729586084437, 3199.8582195085955, 2553.0504064331644,
    474.52854120695537, -22.44095244658582,
  ],
};
const F32_TABLES: ErfTables = /* @__PURE__ */ roundTables(F64_TABLES);

/** `erf(1)` rounded to a short number, and `2 / sqrt(pi) - 1`. */
const ERF_1 = 0.8450629115104675;

function roundTables(tables: ErfTables): ErfTables {
  const entries = Object.entries(tables).map(([name, values]) => [name, values.map(Math.fround)]);
  return Object.fromEntries(entries) as ErfTables;
}

function horner(coefficients: readonly number[], x: number, round: Round): number {
  let sum = coefficients[coefficients.length - 1];
  for (let i = coefficients.length - 2; i >= 0; i--) sum = round(round(sum * x) + coefficients[i]);
  return sum;
}

/** The leading bits of x, so few that its square is exact. */
function shorten(x: number, round: Round): number {
  if (round !== Math.fround) return Math.fround(x);
  const unit = 2 ** (Math.floor(Math.log2(x)) - 11);
  return Math.floor(x / unit) * unit;
}

function erfBy(x: number, tables: ErfTables, round: Round): number {
  const size = Math.abs(x);
  if (size < 0.84375) {
    const z = round(x * x);
    const y = round(horner(tables.smallP, z, round) / horner(tables.smallQ, z, round));
    return round(x + round(x * y));
  }
  if (size < 1.25) {
    const s = round(size - 1);
    const y = round(horner(tables.middleP, s, round) / horner(tables.middleQ, s, round));
    return Math.sign(x) * round(ERF_1 + y);
  }
  if (size >= 6) return Math.sign(x);
  const s = round(1 / round(size * size));
  const [p, q] = size < 1 / 0.35 ? [tables.largeP, tables.largeQ] : [tables.tailP, tables.tailQ];
  const ratio = round(horner(p, s, round) / horner(q, s, round));
  const z = shorten(size, round);
  const low = round(round(round(z - size) * round(z + size)) + ratio);
  const r = round(round(Math.exp(round(round(-z * z) - 0.5625))) * round(Math.exp(low)));
  return Math.sign(x) * round(1 - round(r / size));
}

/** The error function in double precision, within 1 ulp. */
export function erfF64(x: number): number {
  return erfBy(x, F64_TABLES, (y) => y);
}

/** The error function in float32, in the steps of glibc's `erff`. */
export function erfF32(x: number): number {
  return erfBy(x, F32_TABLES, Math.fround);
}
