/** Values from nothing: constants and ranges, computed inside the kernels that use them. */
import type { DType } from '../backend/dtype.js';
import { computeTypeOf } from '../backend/dtype.js';
import type { GraphDevice } from '../graph/device.js';
import type { PointwiseOp } from '../graph/op.js';
import { recordOn } from '../graph/record.js';
import type { Shape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { expectMatrix } from './expect.js';

const fullOp: PointwiseOp = {
  kind: 'pointwise',
  name: 'full',
  emit: (b, _inputs, node) => b.const(parse(node.attrs?.value as string), computeTypeOf(node.dtype)),
};

// Attributes are part of a key and are written as JSON there, which has no infinity.
const parse = (text: string): number => Number(text);

/** A constant everywhere. */
export function full(device: GraphDevice, shape: Shape, value: number, dtype: DType): Value {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return recordOn(device, fullOp, [], shape, dtype, { shape, value: text });
}

const arangeOp: PointwiseOp = {
  kind: 'pointwise',
  name: 'arange',
  emit: (b, _inputs, node) => {
    const type = computeTypeOf(node.dtype);
    const { start, step } = node.attrs as { start: number; step: number };
    const i = b.cast(b.index(0), type);
    return b.add(b.const(start, type), b.mul(b.const(step, type), i));
  },
};

/** start, start + step, ... (`length` elements). */
export function arange(
  device: GraphDevice,
  start: number,
  step: number,
  length: number,
  dtype: DType,
): Value {
  return recordOn(device, arangeOp, [], [length], dtype, { start, step, length });
}

const triangleOp: PointwiseOp = {
  kind: 'pointwise',
  name: 'triangle',
  gradient: (node, g) => [triangle(g, node.attrs?.lower as boolean, node.attrs?.diagonal as number)],
  emit: (b, [x], node) => {
    const rank = node.shape.length;
    const column = b.index(rank - 1);
    const edge = b.add(b.index(rank - 2), b.const(node.attrs?.diagonal as number, 'int32'));
    const keep = b.binary(node.attrs?.lower ? 'le' : 'ge', column, edge);
    return b.select(keep, x, b.like(x, 0));
  },
};

/** The lower or upper triangle of matrices, zeros elsewhere. */
export function triangle(x: Value, lower: boolean, diagonal: number): Value {
  expectMatrix(lower ? 'tril' : 'triu', x.shape, Infinity);
  return recordOn(x.device, triangleOp, [x], x.shape, x.dtype, { lower, diagonal });
}

const eyeOp: PointwiseOp = {
  kind: 'pointwise',
  name: 'eye',
  emit: (b, _inputs, node) => b.cast(b.binary('eq', b.index(0), b.index(1)), computeTypeOf(node.dtype)),
};

export function eye(device: GraphDevice, rows: number, columns: number, dtype: DType): Value {
  return recordOn(device, eyeOp, [], [rows, columns], dtype, { rows, columns });
}

/** How many elements `arange(start, end, step)` has. */
export function arangeLength(start: number, end: number, step: number): number {
  if (
    !(Number.isFinite(start) && Number.isFinite(end) && Number.isFinite(step)) ||
    step === 0 ||
    (end - start) * step < 0
  ) {
    throw new Error(`arange: no range from ${start} to ${end} in steps of ${step}`);
  }
  return Math.ceil((end - start) / step);
}
