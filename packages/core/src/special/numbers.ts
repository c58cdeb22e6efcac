/** Whole numbers, parts of floats, and small functions that few programs call. */
import { type DType, isFloatingPoint } from '../backend/dtype.js';
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import { record } from '../graph/record.js';
import type { Value } from '../graph/value.js';
import { cast } from '../ops/cast.js';
import { define } from '../ops/define.js';
import { floating } from '../ops/elementwise.js';
import { log1p } from '../ops/functions.js';
import { named } from '../ops/named.js';
import {
  add,
  binary,
  binaryOp,
  div,
  eq,
  le,
  logicalAnd,
  mul,
  neg,
  type Operand,
  where,
} from '../ops/pointwise.js';
import { toFloat } from '../ops/promotion.js';
import { exp2, logaddexp as logaddexpOf } from '../ops/special.js';
import type { Other } from '../tensor/arithmetic.js';
import { Tensor } from '../tensor/tensor.js';

const of = (x: Other): Operand => (typeof x === 'number' ? x : x.value);

// ---- whole numbers --------------------------------------------------------------------------------------------------

/** Euclid's algorithm: two numbers of 32 bits are done after 46 divisions, the steps of neighbours of Fibonacci's. */
function divisor(b: ProgramBuilder, x: Expr, y: Expr): Expr {
  let [a, c] = [b.unary('abs', x), b.unary('abs', y)];
  for (let step = 0; step < 46; step++) {
    // A remainder of a division by 0 is 0: what has ended stays.
    [a, c] = [b.select(b.binary('eq', c, b.like(c, 0)), a, c), b.binary('fmod', a, c)];
  }
  return a;
}

const integers =
  (name: string) =>
  (dtype: DType): DType => {
    if (isFloatingPoint(dtype) || dtype === 'bool')
      throw new Error(`${name}: integers are needed, not ${dtype}`);
    return dtype;
  };
const gcdOp = binaryOp('gcd', divisor);
const lcmOp = binaryOp('lcm', (b, x, y) =>
  b.unary('abs', b.mul(b.binary('floorDiv', x, divisor(b, x, y)), y)),
);

/** The greatest common divisor of integers, at least 0; they broadcast. */
export const gcd = (x: Tensor, y: Tensor): Tensor =>
  new Tensor(binary(gcdOp, x.value, y.value, integers('gcd')));
/** The least common multiple of integers, at least 0; they broadcast. What does not fit the dtype wraps. */
export const lcm = (x: Tensor, y: Tensor): Tensor =>
  new Tensor(binary(lcmOp, x.value, y.value, integers('lcm')));

// ---- parts of floats ------------------------------------------------------------------------------------------------

/**
 * x as a fraction of size 1/2 to below 1 and a power of two. Only products with powers of two are taken, which are exact,
 * so nothing depends on how a device takes logarithms.
 */
function split(b: ProgramBuilder, x: Expr): { mantissa: Expr; exponent: Expr } {
  const wide = b.typeOf(x) === 'float64' ? [512, 256, 128] : [];
  let mantissa = x;
  let exponent = b.const(0, 'int32');
  const move = (when: Expr, by: number): void => {
    mantissa = b.select(when, b.mul(mantissa, b.like(x, 2 ** -by)), mantissa);
    exponent = b.select(when, b.add(exponent, b.const(by, 'int32')), exponent);
  };
  const size = (): Expr => b.unary('abs', mantissa);
  for (const by of [...wide, 64, 32, 16, 8, 4, 2, 1]) move(b.binary('ge', size(), b.like(x, 2 ** by)), by);
  move(b.binary('ge', size(), b.like(x, 1)), 1);
  for (const by of [...wide, 64, 32, 32, 16, 8, 4, 2, 1])
    move(b.binary('lt', size(), b.like(x, 2 ** -by)), -by);
  const plain = b.unary('not', b.binary('or', b.unary('isnan', x), b.unary('isinf', x)));
  const has = b.binary('and', plain, b.binary('ne', x, b.like(x, 0)));
  return { mantissa: b.select(has, mantissa, x), exponent: b.select(has, exponent, b.const(0, 'int32')) };
}

const exponentOp = define('frexp', (b, x) => split(b, x).exponent);
const exponentOf = (x: Value): Value => record(exponentOp, [x], x.shape, 'int32');
const mantissaOf = floating(
  'frexp',
  (b, x) => split(b, x).mantissa,
  (g, x) => mul(g, exp2(neg(exponentOf(x)))),
);

/** x = mantissa * 2^exponent with a mantissa of size 1/2 to below 1 (0, infinities and NaN: themselves and 0). */
export function frexp(x: Tensor): { readonly mantissa: Tensor; readonly exponent: Tensor } {
  const { value } = x;
  if (!isFloatingPoint(value.dtype))
    throw new Error(`frexp: a floating point dtype is needed, not ${value.dtype}`);
  return { mantissa: new Tensor(mantissaOf(value)), exponent: new Tensor(exponentOf(value)) };
}

/** x * 2^exponent; integers give floats. */
export const ldexp = (x: Tensor, exponent: Tensor): Tensor =>
  named('ldexp', () => new Tensor(mul(x.value, exp2(exponent.value))));

const signbitOp = define('signbit', (b, x) => {
  const type = b.typeOf(x);
  if (type === 'bool') return b.const(0, 'bool');
  const zero = b.like(x, 0);
  if (type === 'int32') return b.binary('lt', x, zero);
  // Only division tells the two zeros apart.
  return b.binary('lt', b.select(b.binary('eq', x, zero), b.div(b.like(x, 1), x), x), zero);
});
/** Whether an element is below 0 or -0; the sign of a NaN does not show. */
export const signbit = (x: Tensor): Tensor => new Tensor(record(signbitOp, [x.value], x.shape, 'bool'));

// ---- small functions ------------------------------------------------------------------------------------------------

/** The power of floats, of whatever dtypes are given: PyTorch computes it in float64, we in float32. */
export function floatPower(x: Tensor, exponent: Other): Tensor {
  const float = (side: Tensor): Tensor => side.to(toFloat(side.dtype));
  return named('floatPower', () => float(x).pow(typeof exponent === 'number' ? exponent : float(exponent)));
}

/** log2(2^x + 2^y) without overflow. */
export const logaddexp2 = (x: Tensor, y: Tensor): Tensor =>
  named('logaddexp2', () => {
    const sum = logaddexpOf(mul(x.value, Math.LN2), mul(y.value, Math.LN2));
    return new Tensor(mul(sum, Math.LOG2E));
  });

const xlog1pyOp = binaryOp(
  'xlog1py',
  (b, x, y) => {
    const zero = b.select(b.unary('isnan', y), y, b.like(x, 0));
    return b.select(b.binary('eq', x, b.like(x, 0)), zero, b.mul(x, b.unary('log1p', y)));
  },
  (g, x, y) => ({
    x: () => {
      if (typeof y !== 'number') return where(logicalAnd(eq(x, 0), le(y, -1)), 0, mul(g, log1p(y)));
      const slope = mul(g, Math.log1p(y));
      return y > -1 ? slope : where(eq(x, 0), 0, slope);
    },
    y: () => mul(g, div(x, add(y, 1))),
  }),
);
/** x log(1 + y), and 0 where x is 0; they broadcast. */
export const xlog1py = (x: Other, y: Other): Tensor => new Tensor(binary(xlog1pyOp, of(x), of(y), toFloat));

/** Degrees as radians; integers give floats. */
export const deg2rad = (x: Tensor): Tensor => x.mul(Math.PI / 180);
/** Radians as degrees; integers give floats. */
export const rad2deg = (x: Tensor): Tensor => x.mul(180 / Math.PI);

/** x where it is further from 0 than `lambd` (0.5), else 0; NaN stays. */
export const hardshrink = (x: Tensor, lambd = 0.5): Tensor =>
  named('hardshrink', () => new Tensor(cast(where(x.abs().le(lambd).value, 0, x.value), x.dtype)));
/** x moved towards 0 by `lambd` (0.5), and 0 where it is closer than that. */
export function softshrink(x: Tensor, lambd = 0.5): Tensor {
  if (!(lambd >= 0)) throw new Error(`softshrink: lambd is ${lambd}, but must be a number from 0 on`);
  return named('softshrink', () => x.sub(x.clamp(-lambd, lambd)));
}
