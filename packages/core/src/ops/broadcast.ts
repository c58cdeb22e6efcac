/**
 * Broadcasting and summing: each is the gradient of the other, so they live together.
 */

import { isFloatingPoint } from '../backend/dtype.js';
import { broadcastLayout } from '../graph/layout.js';
import type { ReduceOp, ViewOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import {
  broadcastShapes,
  normalizeDims,
  reshapeStrides,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { raised } from './autocast.js';

const reshapeOp: ViewOp = {
  kind: 'view',
  name: 'reshape',
  gradient: (node, g) => [reshape(g, node.inputs[0].shape)],
  layout: (input, node) => {
    const strides = reshapeStrides(input.shape, input.strides, node.shape);
    return strides && { ...input, shape: node.shape, strides };
  },
};

/**
 * The same elements under another shape; one dimension may be -1.
 * @throws Error if the sizes differ.
 */
export function reshape(x: Value, shape: Shape, name = 'reshape'): Value {
  const resolved = resolveShape(name, x.shape, shape);
  if (sameShape(resolved, x.shape)) return x;
  return record(reshapeOp, [x], resolved, x.dtype, { shape: resolved });
}

function resolveShape(name: string, from: Shape, to: Shape): Shape {
  const unknown = to.indexOf(-1);
  if (to.some((n, i) => !Number.isInteger(n) || n < (i === unknown ? -1 : 0))) {
    throw new Error(`${name}: ${showShape(to)} is not a shape (whole numbers from 0 on, at most one -1)`);
  }
  const size = sizeOf(from);
  if (unknown < 0) {
    if (sizeOf(to) !== size)
      throw new Error(
        `${name}: shape ${showShape(from)} has ${size} elements, ${showShape(to)} has ${sizeOf(to)}`,
      );
    return to;
  }
  const rest = to.reduce((product, n, i) => (i === unknown ? product : product * n), 1);
  if (rest === 0 || size % rest !== 0) {
    throw new Error(`${name}: ${size} elements of shape ${showShape(from)} do not fit ${showShape(to)}`);
  }
  return to.map((n, i) => (i === unknown ? size / rest : n));
}

const expandOp: ViewOp = {
  kind: 'view',
  name: 'expand',
  gradient: (node, g) => [sumTo(g, node.inputs[0].shape)],
  layout: (input, node) => broadcastLayout(input, node.shape),
};

/** Dimensions of size 1 (and new leading ones) repeated without a copy; -1 keeps a dimension. */
export function expand(x: Value, shape: Shape): Value {
  const lead = shape.length - x.shape.length;
  const target = shape.map((n, i) => (n === -1 && i >= lead ? x.shape[i - lead] : n));
  if (
    lead < 0 ||
    target.some((n) => n < 0) ||
    !sameShape(broadcastShapes('expand', x.shape, target), target)
  ) {
    throw new Error(`expand: shape ${showShape(x.shape)} does not expand to ${showShape(shape)}`);
  }
  if (sameShape(target, x.shape)) return x;
  return record(expandOp, [x], target, x.dtype, { shape: target });
}

/** Which dimensions a reduction takes: one, several, or all of them. */
export type Dims = number | readonly number[] | undefined;

const sumOp: ReduceOp = {
  kind: 'reduce',
  name: 'sum',
  gradient: (node, g) => {
    const { shape } = node.inputs[0];
    return [expand(keepDims(g, shape, node.attrs?.dims as readonly number[]), shape)];
  },
};

/** A reduced value under the shape of its source, with 1 for each reduced dimension. */
export function keepDims(x: Value, shape: Shape, dims: readonly number[]): Value {
  return reshape(
    x,
    shape.map((n, axis) => (dims.includes(axis) ? 1 : n)),
  );
}

/** The shape that is left of `shape` when `dims` are reduced. */
export function reducedShape(shape: Shape, dims: readonly number[], keepdim: boolean): Shape {
  return keepdim
    ? shape.map((n, axis) => (dims.includes(axis) ? 1 : n))
    : shape.filter((_, axis) => !dims.includes(axis));
}

/** Sum over dimensions; integers and bools sum to int32. */
export function sum(input: Value, dim?: Dims, keepdim = false): Value {
  const x = raised(input);
  const dims = normalizeDims('sum', dim, x.shape.length);
  const dtype = isFloatingPoint(x.dtype) ? x.dtype : 'int32';
  if (dims.length === 0 && dtype === x.dtype) return x;
  return record(sumOp, [x], reducedShape(x.shape, dims, keepdim), dtype, { reducer: 'sum', dims, keepdim });
}

/** Sums a gradient down to the shape that was broadcast. */
export function sumTo(g: Value, shape: Shape): Value {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.shape.length - shape.length;
  const dims = g.shape.flatMap((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : []));
  return reshape(dims.length > 0 ? sum(g, dims) : g, shape);
}
