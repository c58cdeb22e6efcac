/**
 * Strided access: moves elements between an operand (any shape, strides, dtype) and dense arrays of values.
 *
 * Points of a shape are numbered row-major; `load` and `store` handle any range of those numbers, so a kernel can go
 * through an operand block by block without knowing its layout.
 */
import type { Operand } from '@inkstone/core/backend';
import type { Run, Storage, Values } from './buffer.js';
import { decodeFloat16, encodeFloat16 } from './float16.js';

export function elementsOf(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** Where an operand starts in this run. */
export function startOf(operand: Operand, run: Run): number {
  const { offset, shift } = operand;
  return shift === undefined ? offset : offset + run.scalars[shift.scalar] * shift.stride;
}

export class Access {
  readonly count: number;
  /** Axes after dropping those of size 1 and merging those that one stride walks through; innermost last. */
  private readonly shape: number[] = [];
  private readonly strides: number[] = [];
  private readonly coordinates: number[];

  /** `order`: the operand's axes in the order in which points are to be numbered; all in place by default. */
  constructor(
    private readonly operand: Operand,
    order: readonly number[] = operand.shape.map((_, axis) => axis),
  ) {
    this.count = elementsOf(operand.shape);
    for (const axis of order) {
      const size = operand.shape[axis];
      const stride = operand.strides[axis];
      if (size === 1) continue;
      const last = this.shape.length - 1;
      if (last >= 0 && this.strides[last] === stride * size) {
        this.shape[last] *= size;
        this.strides[last] = stride;
      } else {
        this.shape.push(size);
        this.strides.push(stride);
      }
    }
    if (this.shape.length === 0) {
      this.shape.push(1);
      this.strides.push(0);
    }
    this.coordinates = this.shape.map(() => 0);
  }

  /** values[i] = element number `start + i`, widened, for i < count. */
  load(run: Run, start: number, count: number, values: Values): void {
    this.walk(run, start, count, values, loadRun);
  }

  /** Element number `start + i` = values[i], narrowed, for i < count. */
  store(run: Run, start: number, count: number, values: Values): void {
    this.walk(run, start, count, values, storeRun);
  }

  private walk(run: Run, start: number, count: number, values: Values, move: typeof loadRun): void {
    const { shape, strides, coordinates, operand } = this;
    const view = run.buffers[operand.buffer].view(operand.dtype);
    const inner = shape.length - 1;
    // Coordinates of the first point.
    let position = startOf(operand, run);
    let rest = start;
    for (let axis = inner; axis >= 0; axis--) {
      coordinates[axis] = rest % shape[axis];
      rest = (rest - coordinates[axis]) / shape[axis];
      position += coordinates[axis] * strides[axis];
    }
    for (let done = 0; done < count; ) {
      const length = Math.min(count - done, shape[inner] - coordinates[inner]);
      move(operand.dtype, view, position, strides[inner], values, done, length);
      done += length;
      // Step to the start of the next innermost row.
      position -= coordinates[inner] * strides[inner];
      coordinates[inner] = 0;
      for (let axis = inner - 1; axis >= 0; axis--) {
        position += strides[axis];
        if (++coordinates[axis] < shape[axis]) break;
        position -= shape[axis] * strides[axis];
        coordinates[axis] = 0;
      }
    }
  }
}

function loadRun(
  dtype: Operand['dtype'],
  view: Storage,
  position: number,
  stride: number,
  values: Values,
  at: number,
  length: number,
): void {
  if (dtype === 'float16') {
    for (let i = 0; i < length; i++) values[at + i] = decodeFloat16(view[position + i * stride]);
  } else if (dtype === 'bool') {
    for (let i = 0; i < length; i++) values[at + i] = view[position + i * stride] === 0 ? 0 : 1;
  } else {
    for (let i = 0; i < length; i++) values[at + i] = view[position + i * stride];
  }
}

/** Typed arrays narrow by themselves: to float32 by rounding, to int32 by wrapping, to uint8 by keeping the low 8 bits. */
function storeRun(
  dtype: Operand['dtype'],
  view: Storage,
  position: number,
  stride: number,
  values: Values,
  at: number,
  length: number,
): void {
  if (dtype === 'float16') {
    for (let i = 0; i < length; i++) view[position + i * stride] = encodeFloat16(values[at + i]);
  } else if (dtype === 'bool') {
    for (let i = 0; i < length; i++) view[position + i * stride] = values[at + i] === 0 ? 0 : 1;
  } else {
    for (let i = 0; i < length; i++) view[position + i * stride] = values[at + i];
  }
}
