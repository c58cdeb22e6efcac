/**
 * Running sums, products and extremes along a dimension. Sums have a kernel.
 *
 * The others are scans by doubling: after round r each element holds the combination of the 2^r elements that end at it,
 * so n elements take log2(n) rounds of whole-tensor work and no element waits for its neighbour (W. D. Hillis and G. L.
 * Steele, "Data parallel algorithms", 1986). The rounds are ordinary ops, so gradients come with them, zeros in a product
 * included.
 */
import { isFloatingPoint } from '../backend/dtype.js';
import { operandAs } from '../graph/layout.js';
import type { KernelOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import { normalizeDim } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { raised } from './autocast.js';
import { expand, reshape } from './broadcast.js';
import { cast, detach } from './cast.js';
import { arange } from './create.js';
import { isnan } from './functions.js';
import { gather } from './gather.js';
import { axes } from './indexing.js';
import { ge, le, logicalOr, mul, where } from './pointwise.js';
import { logaddexp } from './special.js';
import { cat, slice } from './views.js';

/** @param combine joins what ends `by` places earlier (left) with what ends here (right). */
function scan(x: Value, axis: number, combine: (left: Value, right: Value) => Value): Value {
  const n = x.shape.length === 0 ? 1 : x.shape[axis];
  let out = x;
  for (let by = 1; by < n; by *= 2) {
    const joined = combine(slice(out, axis, 0, n - by), slice(out, axis, by, n - by));
    out = cat([slice(out, axis, 0, by), joined], axis);
  }
  return out;
}

const summable = (x: Value): Value => (isFloatingPoint(x.dtype) ? raised(x) : cast(x, 'int32'));

const cumsumOp: KernelOp = {
  kind: 'kernel',
  name: 'cumsum',
  gradient: (node, g) => [runningSum(g, node.attrs?.dim as number, !node.attrs?.reverse)],
  lower: (node, io) => {
    const y = io.output();
    if (node.size === 0) return;
    const { outer, size, inner } = axes(node.shape, node.attrs?.dim as number);
    io.emit({
      kind: 'scan',
      label: 'cumsum',
      reverse: node.attrs?.reverse as boolean,
      outer,
      size,
      inner,
      x: operandAs(io.input(0, 'contiguous'), [outer, size, inner]),
      y: operandAs(y, [outer, size, inner]),
    });
  },
};

function runningSum(x: Value, dim: number, reverse: boolean): Value {
  return record(cumsumOp, [x], x.shape, x.dtype, { dim, reverse });
}

/** Running sums; integers and bools sum to int32. */
export function cumsum(x: Value, dim: number): Value {
  const axis = normalizeDim('cumsum', dim, x.shape.length);
  return x.shape.length === 0 ? summable(x) : runningSum(summable(x), axis, false);
}

/** Running products; integers and bools multiply to int32. */
export const cumprod = (x: Value, dim: number): Value =>
  scan(summable(x), normalizeDim('cumprod', dim, x.shape.length), (a, b) => mul(a, b));

/** log of the running sums of e^x. */
export const logcumsumexp = (x: Value, dim: number): Value =>
  scan(x, normalizeDim('logcumsumexp', dim, x.shape.length), (a, b) => logaddexp(a, b));

/** Running maximum (or minimum) and where it was met: of equals the last. */
export function cumulativeExtreme(
  name: 'cummax' | 'cummin',
  x: Value,
  dim: number,
): { values: Value; indices: Value } {
  const axis = normalizeDim(name, dim, x.shape.length);
  if (x.shape.length === 0) return { values: x, indices: cast(mul(detach(x), 0), 'int32') };
  const n = x.shape[axis];
  const places = arange(x.device, 0, 1, n, 'int32');
  const laid = reshape(
    places,
    x.shape.map((_, i) => (i === axis ? n : 1)),
  );
  let values = detach(x);
  let indices = expand(laid, x.shape);
  const better = name === 'cummax' ? ge : le;
  for (let by = 1; by < n; by *= 2) {
    const part = (whole: Value, start: number): Value => slice(whole, axis, start, n - by);
    // As in PyTorch, NaN is met and stays: it is neither better nor worse.
    const [before, here] = [part(values, 0), part(values, by)];
    const right = logicalOr(better(here, before), isnan(here));
    const joinedValues = where(right, here, before);
    const joinedIndices = where(right, part(indices, by), part(indices, 0));
    values = cat([slice(values, axis, 0, by), joinedValues], axis);
    indices = cat([slice(indices, axis, 0, by), joinedIndices], axis);
  }
  return { values: gather(x, axis, indices, true), indices };
}
