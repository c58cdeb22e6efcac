/** Values from nothing: constants and ranges, computed inside the kernels that use them. */
import type { DType } from '../backend/dtype.js';
import { computeTypeOf, isFloatingPoint } from '../backend/dtype.js';
import type { GraphDevice } from '../graph/device.js';
import { recordOn } from '../graph/record.js';
import type { Shape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { define } from './define.js';
import { expectMatrix } from './expect.js';

// The value is an attribute, and as such part of a key: as text, so that -0 is not 0.
const fullOp = define('full', (b, _x, node) => b.const(Number(node.attrs?.value), computeTypeOf(node.dtype)));

/** A constant everywhere: for integers without what is after its point, for bools whether it is not 0. */
export function full(device: GraphDevice, shape: Shape, value: number, dtype: DType): Value {
  const element = dtype === 'bool' ? Number(value !== 0) : isFloatingPoint(dtype) ? value : Math.trunc(value);
  const text = Object.is(element, -0) ? '-0' : String(element);
  return recordOn(device, fullOp, [], shape, dtype, { shape, value: text });
}

/** Zeros in the shape and dtype of x. */
export const zerosOf = (x: Value): Value => full(x.device, x.shape, 0, x.dtype);

const arangeOp = define('arange', (b, _x, node) => {
  const { start, step } = node.attrs as { start: number; step: number };
  const i = b.cast(b.index(0), computeTypeOf(node.dtype));
  return b.add(b.like(i, start), b.mul(b.like(i, step), i));
});

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

const triangleOp = define(
  'triangle',
  (b, x, node) => {
    const { lower, diagonal } = node.attrs as Triangle;
    const rank = node.shape.length;
    const column = b.index(rank - 1);
    const edge = b.add(b.index(rank - 2), b.const(diagonal, 'int32'));
    return b.select(b.binary(lower ? 'le' : 'ge', column, edge), x, b.like(x, 0));
  },
  (g, _x, { attrs }) => recordOn(g.device, triangleOp, [g], g.shape, g.dtype, attrs),
);

type Triangle = { readonly lower: boolean; readonly diagonal: number };

/** The lower or upper triangle of matrices, zeros elsewhere. */
export function triangle(x: Value, lower: boolean, diagonal: number): Value {
  expectMatrix(lower ? 'tril' : 'triu', x.shape, Infinity);
  return recordOn(x.device, triangleOp, [x], x.shape, x.dtype, { lower, diagonal });
}

const eyeOp = define('eye', (b, _x, node) =>
  b.cast(b.binary('eq', b.index(0), b.index(1)), computeTypeOf(node.dtype)),
);

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
