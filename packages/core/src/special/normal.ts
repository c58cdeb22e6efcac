/** The normal distribution: its distribution function, that function's logarithm and inverse, and what is behind them. */
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import type { Value } from '../graph/value.js';
import { floating } from '../ops/elementwise.js';
import { polynomial } from '../ops/gamma.js';
import { div, exp, log, mul, neg, square, sub } from '../ops/pointwise.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * (1 + 2 x) e^(x^2) erfc(x) for x >= 0 as a polynomial in t = (x - 3.75) / (x + 3.75): the form is that of Shepherd and
 * Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x", Mathematics of Computation 36 (1981); the numbers
 * are Chebyshev's of degree 16, computed with 40 digits. Relative error 1.2e-12.
 */
const coefficients = [
  9.400467491818e-7, -1.035155593771e-6, -1.01125916478e-5, 2.240378086339e-5, 5.039043905414e-5,
  -0.0002901358259661, 0.0002944262517685, 0.001755605563432, -0.009746819797582, 0.02836228550793,
  -0.05869335273903, 0.09230431965626, -0.1088039345463, 0.0822767386088, 0.003585415648883, -0.1402405985882,
  1.237512630837,
];

/** e^(x^2) erfc(x) for x >= 0. */
function scaledTail(b: ProgramBuilder, x: Expr): Expr {
  const number = (value: number): Expr => b.like(x, value);
  const t = b.sub(number(1), b.div(number(7.5), b.add(x, number(3.75))));
  return b.div(polynomial(b, t, coefficients), b.add(number(1), b.add(x, x)));
}

/** e^(x^2) erfc(x) for any x. */
function scaledErfc(b: ProgramBuilder, x: Expr): Expr {
  const tail = scaledTail(b, b.unary('abs', x));
  const mirrored = b.sub(b.mul(b.like(x, 2), b.unary('exp', b.mul(x, x))), tail);
  return b.select(b.binary('lt', x, b.like(x, 0)), mirrored, tail);
}

/** log of the normal distribution function. */
function logOfNormal(b: ProgramBuilder, x: Expr): Expr {
  const number = (value: number): Expr => b.like(x, value);
  const z = b.mul(x, number(Math.SQRT1_2));
  // Below -1 the tail with its exponential taken out; above, what is missing to 1.
  const tail = b.unary('log', b.mul(number(0.5), scaledTail(b, b.unary('abs', z))));
  const left = b.sub(tail, b.mul(z, z));
  const missing = b.mul(number(-0.5), b.sub(number(1), b.unary('erf', z)));
  return b.select(b.binary('lt', x, number(-1)), left, b.unary('log1p', missing));
}

/** The density over the distribution function: the slope of `logNdtr`. */
const hazard = (x: Value): Value => div(Math.sqrt(2 / Math.PI), erfcxOf(mul(x, -Math.SQRT1_2)));

const erfcxOf: (x: Value) => Value = floating('erfcx', scaledErfc, (g, x, out) =>
  mul(g, sub(mul(mul(x, out), 2), 2 / Math.sqrt(Math.PI))),
);
const logNdtrOf = floating('logNdtr', logOfNormal, (g, x) => mul(g, hazard(x)));
const ndtrOf = floating(
  'ndtr',
  (b, x) => {
    const number = (value: number): Expr => b.like(x, value);
    const z = b.mul(x, number(Math.SQRT1_2));
    const tail = b.mul(scaledTail(b, b.unary('abs', z)), b.unary('exp', b.unary('neg', b.mul(z, z))));
    const middle = b.add(number(1), b.unary('erf', z));
    return b.mul(number(0.5), b.select(b.binary('lt', x, number(-1)), tail, middle));
  },
  (g, x) => mul(g, mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI))),
);
/**
 * Abramowitz and Stegun, 26.2.23 (4.5e-4 off), and two steps of Newton's method on the logarithm, which is nearly a
 * parabola out there.
 */
const ndtriOf = floating(
  'ndtri',
  (b, p) => {
    const number = (value: number): Expr => b.like(p, value);
    const upper = b.binary('lt', number(0.5), p);
    const q = b.select(upper, b.sub(number(1), p), p);
    const log = b.unary('log', q);
    const t = b.unary('sqrt', b.mul(number(-2), log));
    const top = polynomial(b, t, [0.010328, 0.802853, 2.515517]);
    let x = b.sub(b.div(top, polynomial(b, t, [0.001308, 0.189269, 1.432788, 1])), t);
    for (let step = 0; step < 2; step++) {
      const inverseSlope = b.mul(
        scaledErfc(b, b.mul(x, number(-Math.SQRT1_2))),
        number(Math.sqrt(Math.PI / 2)),
      );
      x = b.sub(x, b.mul(b.sub(logOfNormal(b, x), log), inverseSlope));
    }
    const end = b.select(b.binary('eq', q, number(0)), number(-Infinity), x);
    return b.select(upper, b.unary('neg', end), end);
  },
  (g, _p, out) => mul(g, mul(exp(mul(square(out), 0.5)), Math.sqrt(2 * Math.PI))),
);
const entropyOf = floating(
  'entr',
  (b, x) => {
    const zero = b.like(x, 0);
    const outside = b.select(
      b.binary('lt', x, zero),
      b.like(x, -Infinity),
      b.mul(b.unary('neg', x), b.unary('log', x)),
    );
    return b.select(b.binary('eq', x, zero), zero, outside);
  },
  (g, x) => mul(g, sub(neg(log(x)), 1)),
);
/** e^(x^2) erfc(x): the tail of the error function without what makes it vanish. Of any float. */
export const erfcx = (x: Tensor): Tensor => new Tensor(erfcxOf(x.value));
/** The probability that a standard normal number is at most x; exact in the lower tail too. */
export const ndtr = (x: Tensor): Tensor => new Tensor(ndtrOf(x.value));
/** log(ndtr(x)), finite where `ndtr` is 0. */
export const logNdtr = (x: Tensor): Tensor => new Tensor(logNdtrOf(x.value));
/** The x for which ndtr(x) is given, of numbers from 0 (-inf) to 1 (inf); NaN outside. */
export const ndtri = (p: Tensor): Tensor => new Tensor(ndtriOf(p.value));
/**
 * -p log(p), element by element: 0 at 0, -inf below. Summed over a distribution it is its entropy in nats.
 * @example
 * const nats = entr(logits.softmax(-1)).sum(-1);
 */
export const entr = (p: Tensor): Tensor => new Tensor(entropyOf(p.value));
