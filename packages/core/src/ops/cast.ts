/** Conversion between dtypes, and cutting a value off from the backward pass. */
import { computeTypeOf, type DType, isFloatingPoint } from '../backend/dtype.js';
import type { ViewOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import type { Value } from '../graph/value.js';
import { define } from './define.js';

const castOp = define(
  'cast',
  (b, x, node) => b.cast(x, computeTypeOf(node.dtype)),
  (g, x) => (isFloatingPoint(x.dtype) ? cast(g, x.dtype) : null),
);

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

const cloneOp = define(
  'clone',
  (_b, x) => x,
  (g) => g,
);

/** The same elements in memory of their own. */
export function clone(x: Value): Value {
  return record(cloneOp, [x], x.shape, x.dtype);
}
