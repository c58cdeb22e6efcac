/**
 * Modified Bessel functions of the first kind, of orders 0 and 1: by their power series below 12, by the asymptotic one
 * above, where its first terms are exact to 1e-9. Abramowitz and Stegun, Handbook of Mathematical Functions, 9.6.10 and
 * 9.7.1.
 */
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import type { Value } from '../graph/value.js';
import { floating } from '../ops/elementwise.js';
import { sign } from '../ops/functions.js';
import { polynomial } from '../ops/gamma.js';
import { div, eq, mul, sub, where } from '../ops/pointwise.js';
import { Tensor } from '../tensor/tensor.js';

/** Where one series takes over from the other. */
const border = 12;

/** 36^k / (k! (k + order)!), the highest k first: powers of (x / border)^2. */
function nearby(order: 0 | 1): readonly number[] {
  const terms = [1];
  for (let k = 1; k <= 24; k++) terms.push((terms[k - 1] * (border / 2) ** 2) / (k * (k + order)));
  return terms.reverse();
}

/** Powers of border / x. */
function distant(order: 0 | 1): readonly number[] {
  const terms = [1];
  for (let k = 1; k <= 14; k++)
    terms.push((terms[k - 1] * ((2 * k - 1) ** 2 - 4 * order)) / (8 * k * border));
  return terms.reverse();
}

/** e^-|x| I(x). */
function scaled(b: ProgramBuilder, x: Expr, order: 0 | 1): Expr {
  const number = (value: number): Expr => b.like(x, value);
  const size = b.unary('abs', x);
  const near = b.binary('lt', size, number(border));
  // Each series sees only what it is for: nothing overflows.
  const small = b.mul(b.select(near, size, number(0)), number(1 / border));
  const sum = b.mul(
    polynomial(b, b.mul(small, small), nearby(order)),
    b.unary('exp', b.mul(small, number(-border))),
  );
  const large = b.select(near, number(border), size);
  const far = b.mul(
    polynomial(b, b.div(number(border), large), distant(order)),
    b.unary('rsqrt', b.mul(large, number(2 * Math.PI))),
  );
  const even = b.select(near, order === 0 ? sum : b.mul(sum, b.mul(small, number(border / 2))), far);
  const known = b.select(b.unary('isnan', x), x, even);
  return order === 0 ? known : b.mul(known, b.unary('sign', x));
}

/** Without the factor e^-|x|, which is given back in two halves: the result may be finite where e^|x| is not. */
function whole(b: ProgramBuilder, x: Expr, order: 0 | 1): Expr {
  const half = b.unary('exp', b.mul(b.unary('abs', x), b.like(x, 0.5)));
  return b.mul(b.mul(scaled(b, x, order), half), half);
}

/** y / x for y = I1(x) or that times e^-|x|: one half at 0. */
const perX = (y: Value, x: Value): Value => {
  const zero = eq(x, 0);
  return where(zero, 0.5, div(y, where(zero, 1, x)));
};

const i0Of: (x: Value) => Value = floating(
  'i0',
  (b, x) => whole(b, x, 0),
  (g, x) => mul(g, i1Of(x)),
);
const i1Of: (x: Value) => Value = floating(
  'i1',
  (b, x) => whole(b, x, 1),
  (g, x, out) => mul(g, sub(i0Of(x), perX(out, x))),
);
const i0eOf: (x: Value) => Value = floating(
  'i0e',
  (b, x) => scaled(b, x, 0),
  (g, x, out) => mul(g, sub(i1eOf(x), mul(sign(x), out))),
);
const i1eOf: (x: Value) => Value = floating(
  'i1e',
  (b, x) => scaled(b, x, 1),
  (g, x, out) => mul(g, sub(sub(i0eOf(x), perX(out, x)), mul(sign(x), out))),
);

/** The modified Bessel function of the first kind of order 0 (PyTorch's `torch.i0`): of any float, integers give floats. */
export const i0 = (x: Tensor): Tensor => new Tensor(i0Of(x.value));
/** e^-|x| i0(x), which does not overflow. */
export const i0e = (x: Tensor): Tensor => new Tensor(i0eOf(x.value));
/** The modified Bessel function of the first kind of order 1, the derivative of `i0`. */
export const i1 = (x: Tensor): Tensor => new Tensor(i1Of(x.value));
/** e^-|x| i1(x), which does not overflow. */
export const i1e = (x: Tensor): Tensor => new Tensor(i1eOf(x.value));
