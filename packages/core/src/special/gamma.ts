/** Derivatives of the gamma function's logarithm, and its form in several dimensions. */
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import type { Value } from '../graph/value.js';
import { floating } from '../ops/elementwise.js';
import { expectWhole } from '../ops/expect.js';
import { polynomial } from '../ops/gamma.js';
import { mul } from '../ops/pointwise.js';
import { Tensor } from '../tensor/tensor.js';

/** B(2j) / (2j)! with Bernoulli's numbers. */
const bernoulli = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160];
/** How many terms are added one by one: what is left begins where the series below is exact. */
const added = 8;

/** Sum of (q + k)^-s over k from 0 on, for whole s from 2 on and q >= 1/2: Euler and Maclaurin's formula. */
function hurwitz(b: ProgramBuilder, q: Expr, s: number): Expr {
  const number = (value: number): Expr => b.like(q, value);
  const power = (x: Expr, exponent: number): Expr => b.binary('pow', x, number(exponent));
  const w = b.add(q, number(added));
  const terms = Array.from({ length: added }, (_, k) => power(b.add(q, number(k)), -s));
  const inverse = b.div(number(1), w);
  const square = b.mul(inverse, inverse);
  let factor = s;
  const series = bernoulli.map((share, j) => {
    if (j > 0) factor *= (s + 2 * j - 1) * (s + 2 * j);
    return share * factor;
  });
  const rest = b.add(
    b.mul(w, number(1 / (s - 1))),
    b.add(number(0.5), b.mul(inverse, polynomial(b, square, series.reverse()))),
  );
  return terms.reduceRight((sum, term) => b.add(sum, term), b.mul(power(w, -s), rest));
}

/** The n-th derivative of the cotangent as a polynomial in it, the highest power first. */
function cotangent(n: number): readonly number[] {
  // Lowest power first: c' = -(1 + c^2).
  let terms = [0, 1];
  for (let i = 0; i < n; i++) {
    const next = new Array<number>(terms.length + 1).fill(0);
    for (let power = 1; power < terms.length; power++) {
      next[power - 1] -= power * terms[power];
      next[power + 1] -= power * terms[power];
    }
    terms = next;
  }
  return terms.reverse();
}

const known = new Map<number, (x: Value) => Value>();

/** The op of order n >= 1; its gradient is that of order n + 1. */
function ofOrder(n: number): (x: Value) => Value {
  const again = known.get(n);
  if (again) return again;
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  const made = floating(
    `polygamma${n}`,
    (b, x) => {
      const number = (value: number): Expr => b.like(x, value);
      // Abramowitz and Stegun, 6.4.10, and 6.4.7 for arguments below one half.
      const mirrored = b.binary('lt', x, number(0.5));
      const z = b.select(mirrored, b.sub(number(1), x), x);
      const sum = b.mul(hurwitz(b, z, n + 1), number(n % 2 === 0 ? -factorial : factorial));
      const angle = b.mul(b.sub(x, b.unary('round', x)), number(Math.PI));
      const slope = polynomial(b, b.div(number(1), b.unary('tan', angle)), cotangent(n));
      const other = b.sub(n % 2 === 0 ? sum : b.unary('neg', sum), b.mul(slope, number(Math.PI ** (n + 1))));
      return b.select(mirrored, other, sum);
    },
    (g, x) => mul(g, ofOrder(n + 1)(x)),
  );
  known.set(n, made);
  return made;
}

/**
 * The n-th derivative of `digamma`: 0 is `digamma` itself, 1 the trigamma function.
 * @param n a whole number from 0 on, at most 30 (its factorial must be a float32).
 */
export function polygamma(n: number, x: Tensor): Tensor {
  expectWhole('polygamma', 'n', n, 0, 30);
  return n === 0 ? x.digamma() : new Tensor(ofOrder(n)(x.value));
}

/**
 * The logarithm of the gamma function in p dimensions (PyTorch's `mvlgamma`): log(pi) p (p - 1) / 4 plus the sum of
 * lgamma(x - j / 2) over j from 0 to p - 1. Meant for x above (p - 1) / 2.
 */
export function multigammaln(x: Tensor, p: number): Tensor {
  expectWhole('multigammaln', 'p', p);
  let sum = x.lgamma();
  for (let j = 1; j < p; j++) sum = sum.add(x.sub(j / 2).lgamma());
  return sum.add((Math.log(Math.PI) * p * (p - 1)) / 4);
}
