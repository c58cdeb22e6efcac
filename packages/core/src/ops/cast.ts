/** Conversion between dtypes, and cutting a value off from the backward pass. */
import { computeTypeOf, type DType, isFloatingPoint } from '../backend/dtype.js';
import type { PointwiseOp, ViewOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import type { Value } from '../graph/value.js';

const castOp: PointwiseOp = {
  kind: 'pointwise',
  name: 'cast',
  gradient: (node, g) => [isFloatingPoint(node.inputs[0].dtype) ? cast(g, node.inputs[0].dtype) : null],
  emit: (b, [x], node) => b.cast(x, computeTypeOf(node.dtype)),
};

/** The elements in another dtype: floats are truncated towards zero, anything but 0 is true. */
export function cast(x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  x.device.elementBytes(dtype);
  return record(castOp, [x], x.shape, dtype);
}

const detachOp: ViewOp = { kind: 'view', name: 'detach', layout: (input) => input, gradient: () => [null] };

/** The same elements, unknown to the backward pass. */
export function detach(x: Value): Value {
  const value = record(detachOp, [x], x.shape, x.dtype);
  value.requiresGrad = false;
  return value;
}

const copyOp: PointwiseOp = {
  kind: 'pointwise',
  name: 'clone',
  gradient: (_node, g) => [g],
  emit: (_b, [x]) => x,
};

/** The same elements in memory of their own. */
export function clone(x: Value): Value {
  return record(copyOp, [x], x.shape, x.dtype);
}
