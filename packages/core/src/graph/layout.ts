/** Where a value lies during a plan: a strided view of one of the plan's buffers. */
import type { DType } from '../backend/dtype.js';
import type { Operand } from '../backend/steps.js';
import { contiguousStrides, isContiguous, type Shape } from './shape.js';

/** A buffer of a plan under construction. */
export interface PlanBuffer {
  /** Position in `Plan.buffers`; scratch buffers get theirs when lifetimes are known. */
  index: number;
  byteLength: number;
  readonly scratch: boolean;
}

export interface Layout {
  readonly buffer: PlanBuffer;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
  /** As an operand's: a position that the host gives at each run. On what is written only. */
  readonly shift?: Operand['shift'];
}

export function contiguousLayout(buffer: PlanBuffer, dtype: DType, shape: Shape, offset = 0): Layout {
  return { buffer, dtype, shape, strides: contiguousStrides(shape), offset };
}

export function layoutIsContiguous(layout: Layout): boolean {
  return isContiguous(layout.shape, layout.strides);
}

/** An operand of a step under construction: `buffer` is filled in when memory has been planned. */
export function operandOf(layout: Layout): Operand {
  const operand: Operand = {
    buffer: -1,
    dtype: layout.dtype,
    shape: layout.shape,
    strides: layout.strides,
    offset: layout.offset,
    ...(layout.shift && { shift: layout.shift }),
  };
  planBufferOf.set(operand, layout.buffer);
  return operand;
}

/** A contiguous layout as an operand of another shape of the same size: the shape that a kernel is defined for. */
export function operandAs(layout: Layout, shape: Shape): Operand {
  return operandOf(contiguousLayout(layout.buffer, layout.dtype, shape, layout.offset));
}

/** The plan buffers of operands under construction. */
export const planBufferOf = new WeakMap<Operand, PlanBuffer>();

/** Reads a layout as if it had the given shape, by repeating axes of size 1 and adding leading ones (stride 0). */
export function broadcastLayout(layout: Layout, shape: Shape): Layout {
  const lead = shape.length - layout.shape.length;
  const strides = shape.map((n, i) =>
    i < lead || (layout.shape[i - lead] === 1 && n !== 1) ? 0 : layout.strides[i - lead],
  );
  return { ...layout, shape, strides };
}
