/**
 * The logarithm of the gamma function and its derivatives, and the inverse of the error function, spelled out in the
 * kernel language. Relative errors in float32: some 1e-6, besides near the zeros of `lgamma` and `digamma`, where the
 * error is as large as that of numbers near 1.
 */
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import { floating } from './elementwise.js';
import { exp, mul, square } from './pointwise.js';

/** Horner's rule; the coefficient of the highest power comes first. */
export const polynomial = (b: ProgramBuilder, x: Expr, coefficients: readonly number[]): Expr =>
  coefficients.slice(1).reduce((sum, c) => b.add(b.mul(sum, x), b.like(x, c)), b.like(x, coefficients[0]));

/** What is needed to go from an argument below 1/2 to its mirror image 1 - x, and from there to beyond 4. */
function moved(b: ProgramBuilder, x: Expr) {
  const number = (value: number): Expr => b.like(x, value);
  const mirrored = b.binary('lt', x, number(0.5));
  const z = b.select(mirrored, b.sub(number(1), x), x);
  const near = b.binary('lt', z, number(8));
  const steps = [0, 1, 2, 3].map((i) => b.add(z, number(i)));
  /** At least 4.5, where the series of Stirling and its derivatives are as exact as float32 is. */
  const w = b.select(near, b.add(z, number(4)), z);
  const inverse = b.div(number(1), w);
  // The angle's whole turns are taken away before it is multiplied by pi: at whole numbers it is exactly 0.
  const angle = b.mul(b.sub(x, b.unary('round', x)), number(Math.PI));
  return { number, mirrored, near, steps, w, inverse, square: b.mul(inverse, inverse), angle };
}

/** Sum over the steps taken of f(z + i); 0 where none was taken. */
function over(
  b: ProgramBuilder,
  { near, steps, number }: ReturnType<typeof moved>,
  f: (z: Expr) => Expr,
): Expr {
  return b.select(
    near,
    steps.map(f).reduce((sum, term) => b.add(sum, term)),
    number(0),
  );
}

/** Abramowitz and Stegun, Handbook of Mathematical Functions, 6.4.12 and 6.4.7. */
const trigamma = floating('polygamma', (b, x) => {
  const at = moved(b, x);
  const { number, mirrored, inverse, square: s, angle } = at;
  const series = b.mul(polynomial(b, s, [-1 / 30, 1 / 42, -1 / 30, 1 / 6]), b.mul(s, inverse));
  const far = b.add(b.add(inverse, b.mul(s, number(0.5))), series);
  const sum = b.add(
    far,
    over(b, at, (z) => b.div(number(1), b.mul(z, z))),
  );
  const quotient = b.div(number(Math.PI), b.unary('sin', angle));
  return b.select(mirrored, b.sub(b.mul(quotient, quotient), sum), sum);
});

/** The derivative of `lgamma`. Abramowitz and Stegun, 6.3.18, 6.3.5 and 6.3.7; poles give NaN, 0 gives -inf. */
export const digamma = floating(
  'digamma',
  (b, x) => {
    const at = moved(b, x);
    const { number, mirrored, w, inverse, square: s, angle } = at;
    const series = b.mul(polynomial(b, s, [1 / 240, -1 / 252, 1 / 120, -1 / 12]), s);
    const far = b.add(b.sub(b.unary('log', w), b.mul(inverse, number(0.5))), series);
    const sum = b.sub(
      far,
      over(b, at, (z) => b.div(number(1), z)),
    );
    const mirror = b.sub(sum, b.div(number(Math.PI), b.unary('tan', angle)));
    const pole = b.select(b.binary('eq', x, number(0)), number(-Infinity), number(NaN));
    const left = b.select(b.binary('eq', angle, number(0)), pole, mirror);
    return b.select(mirrored, left, sum);
  },
  (g, x) => mul(g, trigamma(x)),
);

/** log |gamma(x)|. Stirling's series (Abramowitz and Stegun, 6.1.41), with 6.1.15 and 6.1.17 to where it holds. */
export const lgamma = floating(
  'lgamma',
  (b, x) => {
    const { number, mirrored, near, steps, w, inverse, square: s, angle } = moved(b, x);
    const series = b.mul(polynomial(b, s, [-1 / 1680, 1 / 1260, -1 / 360, 1 / 12]), inverse);
    const slope = b.mul(b.sub(w, number(0.5)), b.sub(b.unary('log', w), number(1)));
    const far = b.add(slope, b.add(number((Math.log(2 * Math.PI) - 1) / 2), series));
    const product = steps.reduce((a, c) => b.mul(a, c));
    const sum = b.sub(far, b.unary('log', b.select(near, product, number(1))));
    const sine = b.unary('abs', b.unary('sin', angle));
    const left = b.sub(b.sub(number(Math.log(Math.PI)), b.unary('log', sine)), sum);
    return b.select(b.unary('isinf', x), number(Infinity), b.select(mirrored, left, sum));
  },
  (g, x) => mul(g, digamma(x)),
);

/** Mike Giles, "Approximating the erfinv function", GPU Computing Gems, 2011: single precision. */
const central = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
  0.246640727, 1.50140941,
];
const tails = [
  -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3,
  1.00167406, 2.83297682,
];

/** The x for which erf(x) is given, of numbers from -1 to 1. */
export const erfinv = floating(
  'erfinv',
  (b, x) => {
    const number = (value: number): Expr => b.like(x, value);
    const w = b.unary('neg', b.unary('log', b.mul(b.sub(number(1), x), b.add(number(1), x))));
    const middle = polynomial(b, b.sub(w, number(2.5)), central);
    const outside = polynomial(b, b.sub(b.unary('sqrt', w), number(3)), tails);
    const factor = b.select(b.binary('lt', w, number(5)), middle, outside);
    const end = b.binary('eq', b.unary('abs', x), number(1));
    return b.mul(x, b.select(end, number(Infinity), factor));
  },
  (g, _x, out) => mul(mul(g, Math.sqrt(Math.PI) / 2), exp(square(out))),
);
