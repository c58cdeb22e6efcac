/** Functions that are spelled out with the kernel language's own: inverse trigonometry, other logarithms, ... */
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import { record } from '../graph/record.js';
import type { Value } from '../graph/value.js';
import { define } from './define.js';
import { floating } from './elementwise.js';
import { sigmoid, trunc } from './functions.js';
import { named } from './named.js';
import {
  add,
  binary,
  binaryOp,
  div,
  exp,
  instruction,
  mul,
  neg,
  type Operand,
  sqrt,
  square,
  sub,
} from './pointwise.js';
import { toFloat } from './promotion.js';

const one = (b: ProgramBuilder, x: Expr): Expr => b.like(x, 1);
/** sqrt(1 - x^2) without cancellation near 1. */
const cathetus = (b: ProgramBuilder, x: Expr): Expr =>
  b.unary('sqrt', b.mul(b.sub(one(b, x), x), b.add(one(b, x), x)));

export const log10 = floating(
  'log10',
  (b, x) => b.mul(b.unary('log2', x), b.like(x, Math.log10(2))),
  (g, x) => div(g, mul(x, Math.LN10)),
);
export const exp2 = floating(
  'exp2',
  (b, x) => b.binary('pow', b.like(x, 2), x),
  (g, _x, out) => mul(g, mul(out, Math.LN2)),
);
export const asin = floating(
  'asin',
  (b, x) => b.binary('atan2', x, cathetus(b, x)),
  (g, x) => div(g, sqrt(sub(1, square(x)))),
);
export const acos = floating(
  'acos',
  (b, x) => b.binary('atan2', cathetus(b, x), x),
  (g, x) => neg(div(g, sqrt(sub(1, square(x))))),
);
/** sign(x) log1p(|x| + x^2 / (1 + sqrt(1 + x^2))): exact near 0. Where the square would overflow it is log(2 |x|). */
export const asinh = floating(
  'asinh',
  (b, x) => {
    const size = b.unary('abs', x);
    const squared = b.mul(x, x);
    const root = b.unary('sqrt', b.add(squared, one(b, x)));
    const inner = b.add(size, b.div(squared, b.add(one(b, x), root)));
    const far = b.add(b.unary('log', size), b.like(x, Math.LN2));
    const near = b.binary('lt', size, b.like(x, 1e9));
    return b.mul(b.unary('sign', x), b.select(near, b.unary('log1p', inner), far));
  },
  (g, x) => div(g, sqrt(add(square(x), 1))),
);
/** log1p(t + sqrt(t) sqrt(t + 2)) with t = x - 1. */
export const acosh = floating(
  'acosh',
  (b, x) => {
    const t = b.sub(x, one(b, x));
    const roots = b.mul(b.unary('sqrt', t), b.unary('sqrt', b.add(t, b.like(x, 2))));
    return b.unary('log1p', b.add(t, roots));
  },
  (g, x) => div(g, sqrt(sub(square(x), 1))),
);
export const atanh = floating(
  'atanh',
  (b, x) => b.mul(b.like(x, 0.5), b.unary('log1p', b.div(b.add(x, x), b.sub(one(b, x), x)))),
  (g, x) => div(g, sub(1, square(x))),
);
export const erfc = floating(
  'erfc',
  (b, x) => b.sub(one(b, x), b.unary('erf', x)),
  (g, x) => mul(mul(g, -2 / Math.sqrt(Math.PI)), exp(neg(square(x)))),
);
/** log(x / (1 - x)) */
export const logit = floating(
  'logit',
  (b, x) => b.unary('log', b.div(x, b.sub(one(b, x), x))),
  (g, x) => div(g, mul(x, sub(1, x))),
);

/** What is after the point, with the sign of x. */
export const frac = (x: Value): Value => named('frac', () => sub(x, trunc(x)));

const isfiniteOp = define('isfinite', (b, x) => {
  const type = b.typeOf(x);
  if (type === 'int32' || type === 'bool') return b.const(1, 'bool');
  return b.unary('not', b.binary('or', b.unary('isnan', x), b.unary('isinf', x)));
});
export const isfinite = (x: Value): Value => record(isfiniteOp, [x], x.shape, 'bool');

const atan2Op = binaryOp('atan2', instruction('atan2'), (g, y, x) => {
  const scaled = (): Value => div(g, add(mul(y, y), mul(x, x)));
  return { x: () => mul(scaled(), x), y: () => neg(mul(scaled(), y)) };
});
/** The angle of the point (x, y), in -pi ... pi: the receiver is y. */
export const atan2 = (y: Operand, x: Operand): Value => binary(atan2Op, y, x, toFloat);

const hypotOp = binaryOp(
  'hypot',
  (b, x, y) => {
    const sides = [b.unary('abs', x), b.unary('abs', y)] as const;
    const large = b.binary('max', ...sides);
    // Squares of what is at most 1 do not overflow.
    const ratio = b.div(b.binary('min', ...sides), large);
    const root = b.unary('sqrt', b.add(one(b, x), b.mul(ratio, ratio)));
    const alone = b.binary('or', b.binary('eq', large, b.like(x, 0)), b.unary('isinf', large));
    return b.select(alone, large, b.mul(large, root));
  },
  (g, x, y, out) => ({ x: () => mul(g, div(x, out)), y: () => mul(g, div(y, out)) }),
);
/** sqrt(x^2 + y^2) */
export const hypot = (x: Value, y: Value): Value => binary(hypotOp, x, y, toFloat);

const logaddexpOp = binaryOp(
  'logaddexp',
  (b, x, y) => {
    const gap = b.unary('abs', b.sub(x, y));
    const sum = b.add(b.binary('max', x, y), b.unary('log1p', b.unary('exp', b.unary('neg', gap))));
    // Equal infinities have no difference.
    return b.select(b.binary('eq', x, y), b.add(x, b.like(x, Math.LN2)), sum);
  },
  (g, x, y) => ({ x: () => mul(g, sigmoid(sub(x, y))), y: () => mul(g, sigmoid(sub(y, x))) }),
);
/** log(e^x + e^y) without overflow. */
export const logaddexp = (x: Operand, y: Operand): Value => binary(logaddexpOp, x, y, toFloat);
