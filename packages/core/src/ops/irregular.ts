/** Functions that treat zeros, signs, infinities or NaN in ways of their own. */
import { isFloatingPoint } from '../backend/dtype.js';
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import type { Value } from '../graph/value.js';
import { cast } from './cast.js';
import { zerosOf } from './create.js';
import { floating } from './elementwise.js';
import { abs, cos, isinf, isnan, sin } from './functions.js';
import { named } from './named.js';
import {
  add,
  binary,
  binaryOp,
  div,
  eq,
  ge,
  gt,
  le,
  log,
  logicalAnd,
  logicalOr,
  lt,
  mul,
  type Operand,
  onBools,
  sub,
  where,
} from './pointwise.js';
import { toFloat } from './promotion.js';
import { isfinite } from './special.js';

const isNaNumber = (b: ProgramBuilder, x: Expr): Expr =>
  b.typeOf(x).startsWith('float') ? b.unary('isnan', x) : b.const(0, 'bool');

/** Of two numbers the larger (smaller), and the other where one is NaN. Of equals the first gets the gradient. */
function ofNumbers(name: string, op: 'max' | 'min'): (x: Operand, y: Operand) => Value {
  const better = op === 'max' ? ge : le;
  const nan = (x: Operand): Operand | null => (typeof x === 'number' ? null : isnan(x));
  const first = (x: Operand, y: Operand): Value => {
    const other = nan(y);
    return other === null ? better(x, y) : logicalOr(better(x, y), other);
  };
  const extreme = onBools(op, op === 'max' ? 'or' : 'and');
  const pointwise = binaryOp(
    name,
    (b, x, y) => b.select(isNaNumber(b, x), y, b.select(isNaNumber(b, y), x, extreme(b, x, y))),
    (g, x, y) => ({ x: () => where(first(x, y), g, 0), y: () => where(first(x, y), 0, g) }),
  );
  return (x, y) => binary(pointwise, x, y);
}

export const fmax: (x: Operand, y: Operand) => Value = ofNumbers('fmax', 'max');
export const fmin: (x: Operand, y: Operand) => Value = ofNumbers('fmin', 'min');

const copysignOp = binaryOp(
  'copysign',
  (b, x, y) => {
    const size = b.unary('abs', x);
    // Only division tells the two zeros apart.
    const below = b.binary(
      'lt',
      b.select(b.binary('eq', y, b.like(y, 0)), b.div(b.like(y, 1), y), y),
      b.like(y, 0),
    );
    return b.select(below, b.unary('neg', size), size);
  },
  (g, x, _y, out) => ({ x: () => where(eq(x, 0), 0, mul(g, div(out, x))), y: () => zerosOf(g) }),
);
/** The size of x with the sign of y. */
export const copysign = (x: Operand, y: Operand): Value => binary(copysignOp, x, y, toFloat);

const heavisideOp = binaryOp('heaviside', (b, x, y) => {
  const zero = b.like(x, 0);
  const step = b.select(b.binary('lt', zero, x), b.like(x, 1), zero);
  return b.select(b.binary('eq', x, zero), y, step);
});
/** 0 below zero and of NaN (as in PyTorch), 1 above zero, y at zero. */
export const heaviside = (x: Operand, y: Operand): Value => binary(heavisideOp, x, y);

const xlogyOp = binaryOp(
  'xlogy',
  (b, x, y) => {
    const product = b.mul(x, b.unary('log', y));
    const zero = b.select(b.unary('isnan', y), y, b.like(x, 0));
    return b.select(b.binary('eq', x, b.like(x, 0)), zero, product);
  },
  (g, x, y) => ({
    x: () => {
      if (typeof y !== 'number') return where(logicalAnd(eq(x, 0), le(y, 0)), 0, mul(g, log(y)));
      const slope = mul(g, Math.log(y));
      return y > 0 ? slope : where(eq(x, 0), 0, slope);
    },
    y: () => mul(g, div(x, y)),
  }),
);
/** x log(y), and 0 where x is 0. */
export const xlogy = (x: Operand, y: Operand): Value => binary(xlogyOp, x, y, toFloat);

/** sin(pi x) / (pi x), and 1 at 0. The gradient near 0 loses as many digits as x has zeros. */
export const sinc = floating(
  'sinc',
  (b, x) => {
    const angle = b.mul(x, b.like(x, Math.PI));
    return b.select(b.binary('eq', x, b.like(x, 0)), b.like(x, 1), b.div(b.unary('sin', angle), angle));
  },
  (g, x) => {
    const angle = mul(x, Math.PI);
    const slope = div(sub(mul(cos(angle), angle), sin(angle)), mul(angle, x));
    // Where x squared is nothing, so is the slope.
    return where(eq(mul(angle, x), 0), 0, mul(g, slope));
  },
);

/** Each NaN and infinity as a number; the largest and smallest float32 stand for infinities where none are given. */
export function nanToNum(x: Value, nan = 0, positive = largest(x), negative = -largest(x)): Value {
  if (!isFloatingPoint(x.dtype)) return x;
  return named('nanToNum', () => {
    const below = where(isneginf(x), negative, x);
    return where(isnan(x), nan, where(isposinf(x), positive, below));
  });
}

const largest = (x: Value): number =>
  ({ float16: 65504, float64: Number.MAX_VALUE })[x.dtype as string] ?? 3.4028234663852886e38;

/** Whether |x - y| <= atol + rtol |y|, element by element; infinities are close to themselves alone. */
export function isclose(x: Value, y: Value, rtol = 1e-5, atol = 1e-8, equalNan = false): Value {
  return named('isclose', () => {
    const [a, b] = [x, y].map((side) => cast(side, toFloat(side.dtype)));
    const gap = sub(a, b);
    const near = logicalAnd(isfinite(gap), le(abs(gap), add(mul(abs(b), rtol), atol)));
    const close = logicalOr(eq(x, y), near);
    return equalNan ? logicalOr(close, logicalAnd(isnan(x), isnan(y))) : close;
  });
}

export const isposinf = (x: Value): Value => named('isposinf', () => logicalAnd(isinf(x), gt(x, 0)));
export const isneginf = (x: Value): Value => named('isneginf', () => logicalAnd(isinf(x), lt(x, 0)));
