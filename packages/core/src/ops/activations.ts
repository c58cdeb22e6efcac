/** Activations that are made of other ops. Those in every model (relu, gelu, silu ...) are in functions.ts. */
import { record } from '../graph/record.js';
import { normalizeDim, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { reshape } from './broadcast.js';
import { define } from './define.js';
import { abs, clamp, elu, expm1, sigmoid, softplus, tanh } from './functions.js';
import { add, div, gt, logicalAnd, lt, mul, neg, sub, where } from './pointwise.js';
import { slice } from './views.js';

/** As `clamp`, but flat at the bounds themselves. */
const hardtanhOp = define(
  'hardtanh',
  (b, x, node) => {
    const { low, high } = node.attrs as Bounds;
    return b.binary('min', b.binary('max', x, b.like(x, low)), b.like(x, high));
  },
  (g, x, out) => {
    const { low, high } = out.attrs as Bounds;
    return where(logicalAnd(gt(x, low), lt(x, high)), g, 0);
  },
);

type Bounds = { readonly low: number; readonly high: number };

/** Values limited to [low, high] (-1 and 1). */
export function hardtanh(x: Value, low = -1, high = 1): Value {
  if (!(low < high)) throw new Error(`hardtanh: minVal ${low} is not below maxVal ${high}`);
  return record(hardtanhOp, [x], x.shape, x.dtype, { low, high });
}

export const relu6 = (x: Value): Value => hardtanh(x, 0, 6);
/** relu6(x + 3) / 6 */
export const hardsigmoid = (x: Value): Value => div(relu6(add(x, 3)), 6);
/** x relu6(x + 3) / 6. https://arxiv.org/abs/1905.02244 */
export const hardswish = (x: Value): Value => mul(x, hardsigmoid(x));
/** x / (1 + |x|) */
export const softsign = (x: Value): Value => div(x, add(abs(x), 1));
/** x tanh(softplus(x)). https://arxiv.org/abs/1908.08681 */
export const mish = (x: Value): Value => mul(x, tanh(softplus(x)));
/** https://arxiv.org/abs/1706.02515 */
export const selu = (x: Value): Value => mul(elu(x, 1.6732632423543772), 1.0507009873554805);
/** max(0, x) + min(0, alpha (e^(x / alpha) - 1)). https://arxiv.org/abs/1704.07483 */
export const celu = (x: Value, alpha = 1): Value =>
  where(gt(x, 0), x, mul(expm1(div(clamp(x, undefined, 0), alpha)), alpha));
/** log(sigmoid(x)) */
export const logSigmoid = (x: Value): Value => neg(softplus(neg(x)));
export const tanhshrink = (x: Value): Value => sub(x, tanh(x));

/** The first half of a dimension times the sigmoid of the second. https://arxiv.org/abs/1612.08083 */
export function glu(x: Value, dim = -1): Value {
  const axis = normalizeDim('glu', dim, x.shape.length);
  const n = x.shape[axis];
  if (x.shape.length === 0 || n % 2 !== 0)
    throw new Error(`glu: dimension ${dim} of ${showShape(x.shape)} must have an even size`);
  return mul(slice(x, axis, 0, n / 2), sigmoid(slice(x, axis, n / 2, n / 2)));
}

/** x where x > 0, else weight * x; weight has one element, or one for each entry of dimension 1. */
export function prelu(x: Value, weight: Value): Value {
  const channels = x.shape.length > 1 ? x.shape[1] : 1;
  if (weight.shape.length > 1 || (weight.size !== 1 && weight.size !== channels)) {
    throw new Error(
      `prelu: weight ${showShape(weight.shape)} must have 1 element or ${channels}, for input ${showShape(x.shape)}`,
    );
  }
  const laid = x.shape.map((_, axis) => (axis === 1 ? weight.size : 1));
  const slope = weight.size === 1 ? reshape(weight, []) : reshape(weight, laid);
  return where(gt(x, 0), x, mul(x, slope));
}
