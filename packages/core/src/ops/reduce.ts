/** Reductions over any dimensions (sum is in broadcast.ts). */

import { isFloatingPoint } from '../backend/dtype.js';
import type { Reducer } from '../backend/steps.js';
import type { ReduceOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import { normalizeDim, normalizeDims, showShape, sizeOf } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { raised } from './autocast.js';
import { type Dims, expand, keepDims, reducedShape, reshape, sum } from './broadcast.js';
import { cast, detach } from './cast.js';
import { expectFloat } from './expect.js';
import { abs } from './functions.js';
import { gather } from './gather.js';
import { named } from './named.js';
import { add, div, eq, exp, log, mul, ne, pow, sqrt, square, sub, where } from './pointwise.js';

const dimsOf = (node: Value): readonly number[] => node.attrs?.dims as readonly number[];

/** The gradient (or result) of a reduction, repeated over what was reduced. */
function spread(value: Value, node: Value): Value {
  const { shape } = node.inputs[0];
  return expand(keepDims(value, shape, dimsOf(node)), shape);
}

const meanOp: ReduceOp = {
  kind: 'reduce',
  name: 'mean',
  gradient: (node, g) => [div(spread(g, node), sizeOf(dimsOf(node).map((d) => node.inputs[0].shape[d])))],
};

/** amax, amin: PyTorch shares the gradient evenly among equals. */
function extremeOp(name: 'max' | 'min'): ReduceOp {
  return {
    kind: 'reduce',
    name,
    gradient: (node, g) => {
      const [x] = node.inputs;
      const best = eq(x, spread(node, node));
      const ties = spread(sum(cast(best, x.dtype), dimsOf(node)), node);
      return [where(best, div(spread(g, node), ties), 0)];
    },
  };
}

/**
 * Each element's slope is the product of the others. Zeros cannot be divided out: with one zero only its own slope is
 * not zero, with more none is.
 */
const prodOp: ReduceOp = {
  kind: 'reduce',
  name: 'prod',
  gradient: (node, g) => {
    const [x] = node.inputs;
    const zero = eq(x, 0);
    const others = spread(prod(where(zero, 1, x), dimsOf(node)), node);
    const zeros = spread(sum(zero, dimsOf(node)), node);
    const slope = where(zero, where(eq(zeros, 1), others, 0), where(eq(zeros, 0), div(others, x), 0));
    return [mul(spread(g, node), slope)];
  },
};

const maxOp = extremeOp('max');
const minOp = extremeOp('min');
const argmaxOp: ReduceOp = { kind: 'reduce', name: 'argmax' };
const argminOp: ReduceOp = { kind: 'reduce', name: 'argmin' };
const anyOp: ReduceOp = { kind: 'reduce', name: 'any' };
const allOp: ReduceOp = { kind: 'reduce', name: 'all' };

function reduce(
  op: ReduceOp,
  reducer: Reducer,
  x: Value,
  dim: Dims,
  keepdim: boolean,
  dtype: Value['dtype'],
): Value {
  const dims = normalizeDims(reducer, dim, x.shape.length);
  const count = sizeOf(dims.map((d) => x.shape[d]));
  const needsOne = reducer === 'max' || reducer === 'min' || reducer === 'argmax' || reducer === 'argmin';
  if (count === 0 && needsOne)
    throw new Error(`${reducer}: no elements to reduce in shape ${showShape(x.shape)}`);
  return record(op, [x], reducedShape(x.shape, dims, keepdim), dtype, { reducer, dims, keepdim });
}

/** @throws Error for integers, as PyTorch's mean. */
export function mean(x: Value, dim?: Dims, keepdim = false): Value {
  expectFloat('mean', x.dtype);
  return reduce(meanOp, 'mean', x, dim, keepdim, x.dtype);
}

export const max = (x: Value, dim?: Dims, keepdim = false): Value =>
  x.dtype === 'bool' ? any(x, dim, keepdim) : reduce(maxOp, 'max', x, dim, keepdim, x.dtype);
export const min = (x: Value, dim?: Dims, keepdim = false): Value =>
  x.dtype === 'bool' ? all(x, dim, keepdim) : reduce(minOp, 'min', x, dim, keepdim, x.dtype);
export const argmax = (x: Value, dim?: Dims, keepdim = false): Value =>
  reduce(argmaxOp, 'argmax', x, dim, keepdim, 'int32');
export const argmin = (x: Value, dim?: Dims, keepdim = false): Value =>
  reduce(argminOp, 'argmin', x, dim, keepdim, 'int32');
export const any = (x: Value, dim?: Dims, keepdim = false): Value =>
  reduce(anyOp, 'any', x, dim, keepdim, 'bool');
export const all = (x: Value, dim?: Dims, keepdim = false): Value =>
  reduce(allOp, 'all', x, dim, keepdim, 'bool');

export function prod(input: Value, dim?: Dims, keepdim = false): Value {
  const x = raised(input);
  return reduce(prodOp, 'prod', x, dim, keepdim, isFloatingPoint(x.dtype) ? x.dtype : 'int32');
}

/** Variance around the mean; `correction` 1 is Bessel's, as in PyTorch. */
export function variance(x: Value, dim?: Dims, correction = 1, keepdim = false): Value {
  const dims = normalizeDims('var', dim, x.shape.length);
  const centred = named('var', () => sub(x, mean(x, dims, true)));
  const count = sizeOf(dims.map((d) => x.shape[d]));
  return div(sum(mul(centred, centred), dims, keepdim), Math.max(0, count - correction));
}

export function std(x: Value, dim?: Dims, correction = 1, keepdim = false): Value {
  return named('std', () => {
    const squared = variance(x, dim, correction, keepdim);
    const none = eq(squared, 0);
    // The root's slope at 0 is infinite; PyTorch takes 0.
    return where(none, 0, sqrt(where(none, 1, squared)));
  });
}

/** log(sum(exp(x))) without overflow; where all is -inf the result is -inf. */
export function logsumexp(x: Value, dim?: Dims, keepdim = false): Value {
  const dims = normalizeDims('logsumexp', dim, x.shape.length);
  if (!isFloatingPoint(x.dtype)) x = cast(x, 'float32');
  if (x.size === 0) return log(sum(x, dims, keepdim));
  const peak = detach(max(x, dims, true));
  const finite = where(eq(sub(peak, peak), 0), peak, 0);
  const out = add(log(sum(exp(sub(x, finite)), dims, true)), finite);
  return reshape(out, reducedShape(x.shape, dims, keepdim));
}

/** The largest (or smallest) elements of a dimension and where they are: of equals the first gets the gradient. */
export function extremeAt(
  name: 'max' | 'min',
  x: Value,
  dim: number,
  keepdim: boolean,
): { values: Value; indices: Value } {
  const axis = normalizeDim(name, dim, x.shape.length);
  const find = name === 'max' ? argmax : argmin;
  const at = find(detach(x), x.shape.length === 0 ? undefined : axis, true);
  if (x.shape.length === 0) return { values: x, indices: at };
  const shape = reducedShape(x.shape, [axis], keepdim);
  return { values: reshape(gather(x, axis, at, true), shape), indices: reshape(at, shape) };
}

/** (sum |x|^p)^(1/p); p may be 0 (how many are not 0), Infinity (the largest) and -Infinity. Flat where all are 0. */
export function norm(x: Value, p: number, dim?: Dims, keepdim = false): Value {
  expectFloat('norm', x.dtype);
  const dims = normalizeDims('norm', dim, x.shape.length);
  if (p === Number.POSITIVE_INFINITY) return max(abs(x), dims, keepdim);
  if (p === Number.NEGATIVE_INFINITY) return min(abs(x), dims, keepdim);
  if (p === 0) return cast(sum(ne(x, 0), dims, keepdim), x.dtype);
  if (p === 1) return sum(abs(x), dims, keepdim);
  const power = p === 2 ? square(x) : pow(abs(x), p);
  const total = sum(power, dims, keepdim);
  const none = eq(total, 0);
  // The root's slope at 0 is infinite; PyTorch takes 0.
  return where(none, 0, pow(where(none, 1, total), 1 / p));
}
