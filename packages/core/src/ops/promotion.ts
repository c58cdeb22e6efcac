/** PyTorch's type promotion: by category (bool, integer, float) first, by width within one. */
import { type DType, isFloatingPoint } from '../backend/dtype.js';

const order: readonly DType[] = ['bool', 'uint8', 'int32', 'float16', 'float32', 'float64'];

/** The dtype that two tensors' elements are combined in. */
export function promoteTypes(a: DType, b: DType): DType {
  return order[Math.max(order.indexOf(a), order.indexOf(b))];
}

/** The dtype of a tensor combined with a JavaScript number: the number only lifts the category, never the width. */
export function promoteNumber(a: DType, number: number): DType {
  if (isFloatingPoint(a)) return a;
  if (!Number.isInteger(number)) return 'float32';
  return a === 'bool' ? 'int32' : a;
}

/** The dtype of functions that are only defined on floats. */
export function toFloat(a: DType): DType {
  return isFloatingPoint(a) ? a : 'float32';
}
