/** Functions of one tensor, element by element. */
import type { PointwiseOp } from '../graph/op.js';
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import { record } from '../graph/record.js';
import type { Value } from '../graph/value.js';
import { cast } from './cast.js';
import { zerosOf } from './create.js';
import { define, type Gradient } from './define.js';
import { floating, keeping } from './elementwise.js';
import { expectOneOf } from './expect.js';
import { div, exp, ge, gt, le, mul, neg, square, sub, where } from './pointwise.js';
import { promoteNumber } from './promotion.js';

/** Zeros, of an infinite gradient too. */
const flat: Gradient = zerosOf;

export const abs = keeping('abs', 'abs', (g, x) => mul(g, sign(x)));
export const sign: (x: Value) => Value = keeping('sign', 'sign', flat);
export const floor = keeping('floor', 'floor', flat, true);
export const ceil = keeping('ceil', 'ceil', flat, true);
export const round = keeping('round', 'round', flat, true);
export const trunc = keeping('trunc', 'trunc', flat, true);

export const rsqrt = floating('rsqrt', 'rsqrt', (g, _x, out) => mul(mul(g, -0.5), mul(out, square(out))));
export const reciprocal = floating(
  'reciprocal',
  (b, x) => b.div(b.like(x, 1), x),
  (g, _x, out) => neg(mul(g, square(out))),
);
export const expm1 = floating('expm1', 'expm1', (g, _x, out) => mul(g, sub(out, -1)));
export const log1p = floating('log1p', 'log1p', (g, x) => div(g, sub(x, -1)));
export const log2 = floating('log2', 'log2', (g, x) => div(g, mul(x, Math.LN2)));
export const sin: (x: Value) => Value = floating('sin', 'sin', (g, x) => mul(g, cos(x)));
export const cos: (x: Value) => Value = floating('cos', 'cos', (g, x) => neg(mul(g, sin(x))));
export const tan = floating('tan', 'tan', (g, _x, out) => mul(g, sub(square(out), -1)));
export const atan = floating('atan', 'atan', (g, x) => div(g, sub(square(x), -1)));
export const sinh: (x: Value) => Value = floating('sinh', 'sinh', (g, x) => mul(g, cosh(x)));
export const cosh: (x: Value) => Value = floating('cosh', 'cosh', (g, x) => mul(g, sinh(x)));
export const tanh = floating('tanh', 'tanh', (g, _x, out) => mul(g, sub(1, square(out))));
export const sigmoid = floating('sigmoid', 'sigmoid', (g, _x, out) => mul(g, mul(out, sub(1, out))));
export const erf = floating('erf', 'erf', (g, x) => mul(mul(g, 2 / Math.sqrt(Math.PI)), exp(neg(square(x)))));

/** Whether elements are of a kind that no integer is. */
function test(name: 'isnan' | 'isinf'): (x: Value) => Value {
  const op = define(name, (b, x) =>
    b.typeOf(x).startsWith('float') ? b.unary(name, x) : b.const(0, 'bool'),
  );
  return (x) => record(op, [x], x.shape, 'bool');
}
export const isnan = test('isnan');
export const isinf = test('isinf');

/** max(x, 0); NaN stays NaN. */
export const relu = keeping(
  'relu',
  (b, x) => b.binary('max', x, b.like(x, 0)),
  (g, _x, out) => where(gt(out, 0), g, 0),
);

export const silu = floating(
  'silu',
  (b, x) => b.mul(x, b.unary('sigmoid', x)),
  (g, x) => {
    const s = sigmoid(x);
    return mul(g, mul(s, sub(mul(x, sub(1, s)), -1)));
  },
);

/** x * Phi(x) with the normal distribution's Phi. https://arxiv.org/abs/1606.08415 */
const exactGelu = floating(
  'gelu',
  (b, x) => {
    const half = b.like(x, 0.5);
    const inner = b.mul(x, b.like(x, Math.SQRT1_2));
    return b.mul(b.mul(x, half), b.add(b.like(x, 1), b.unary('erf', inner)));
  },
  (g, x) => record(geluBackwardOp, [g, x], g.shape, g.dtype),
);

/** g * (Phi(x) + x phi(x)), in one node: this runs once for each hidden unit of each layer. */
const geluBackwardOp: PointwiseOp = {
  kind: 'pointwise',
  name: 'geluBackward',
  gradient: (node, gg) => {
    const [g, x] = node.inputs;
    // d/dx (Phi + x phi) = phi (2 - x^2)
    const phi = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return [
      record(geluBackwardOp, [gg, x], gg.shape, gg.dtype),
      mul(mul(gg, g), mul(phi, sub(2, square(x)))),
    ];
  },
  emit: (b, [g, x]) => {
    const cdf = b.mul(b.like(x, 0.5), b.add(b.like(x, 1), b.unary('erf', b.mul(x, b.like(x, Math.SQRT1_2)))));
    const pdf = b.mul(
      b.like(x, 1 / Math.sqrt(2 * Math.PI)),
      b.unary('exp', b.mul(b.like(x, -0.5), b.mul(x, x))),
    );
    return b.mul(g, b.add(cdf, b.mul(x, pdf)));
  },
};

const tanhGelu = floating(
  'geluTanh',
  (b, x) => b.mul(b.mul(b.like(x, 0.5), x), b.add(b.like(x, 1), b.unary('tanh', tanhArgument(b, x)))),
  (g, x) => {
    const k = Math.sqrt(2 / Math.PI);
    const inner = mul(mul(x, k), sub(mul(square(x), 0.044715), -1));
    const t = tanh(inner);
    const slope = mul(sub(mul(square(x), 3 * 0.044715), -1), k);
    const left = mul(sub(t, -1), 0.5);
    const right = mul(mul(mul(x, 0.5), sub(1, square(t))), slope);
    return mul(g, sub(left, neg(right)));
  },
);

function tanhArgument(b: ProgramBuilder, x: Expr): Expr {
  const cube = b.mul(b.mul(x, x), x);
  return b.mul(b.like(x, Math.sqrt(2 / Math.PI)), b.add(x, b.mul(b.like(x, 0.044715), cube)));
}

/** Gaussian error linear unit: exact, or PyTorch's `approximate='tanh'`. */
export function gelu(x: Value, approximate: 'none' | 'tanh' = 'none'): Value {
  expectOneOf('gelu', 'approximate', approximate, ['none', 'tanh']);
  return approximate === 'tanh' ? tanhGelu(x) : exactGelu(x);
}

/** Values limited to [low, high], in the dtype of all three; the gradient flows where nothing was cut. NaN stays. */
export function clamp(x: Value, low?: number, high?: number): Value {
  if (low === undefined && high === undefined) throw new Error('clamp: give min, max or both');
  const attrs = {
    low: String(low ?? Number.NEGATIVE_INFINITY),
    high: String(high ?? Number.POSITIVE_INFINITY),
  };
  const bounds = [low, high].filter((bound) => bound !== undefined);
  const dtype = bounds.reduce(promoteNumber, x.dtype);
  return record(clampOp, [cast(x, dtype)], x.shape, dtype, attrs);
}

const boundsOf = ({ attrs }: Value): [number, number] => [Number(attrs?.low), Number(attrs?.high)];

const clampOp = define(
  'clamp',
  (b, x, node) => {
    const [low, high] = boundsOf(node);
    const above = low > Number.NEGATIVE_INFINITY ? b.binary('max', x, b.like(x, low)) : x;
    return high < Number.POSITIVE_INFINITY ? b.binary('min', above, b.like(x, high)) : above;
  },
  (g, x, out) => {
    const [low, high] = boundsOf(out);
    const above = low > Number.NEGATIVE_INFINITY ? where(ge(x, low), g, 0) : g;
    return high < Number.POSITIVE_INFINITY ? where(le(x, high), above, 0) : above;
  },
);

/** x where x > 0, else slope * x. */
export function leakyRelu(x: Value, slope = 0.01): Value {
  return where(gt(x, 0), x, mul(x, slope));
}

/** x where x > 0, else alpha * (e^x - 1). */
export function elu(x: Value, alpha = 1): Value {
  return where(gt(x, 0), x, mul(expm1(clamp(x, undefined, 0)), alpha));
}

/** log(1 + e^(beta x)) / beta, the identity above `threshold`. */
export function softplus(x: Value, beta = 1, threshold = 20): Value {
  const scaled = mul(x, beta);
  return where(gt(scaled, threshold), x, div(log1p(exp(clamp(scaled, undefined, threshold))), beta));
}
