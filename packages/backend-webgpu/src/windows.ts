/**
 * Buffers that are larger than a binding may be (`maxStorageBufferBindingSize`): which parts of them a dispatch binds.
 *
 * A buffer that fits is bound as a whole. Of a larger one, each dispatch binds windows over what its operands take up
 * there: one, if that fits, else several one behind the other, between which the kernel's accessors choose (kernel.ts). Windows of a
 * buffer do not overlap, since WebGPU refuses that where they are written.
 */
import type { DType, Operand } from '@inkstone/core/backend';
import type { Limits } from './limits.js';

/** Bytes [start, end) of a buffer. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The memory that a plan's operands lie in: its own buffers and scratch buffers. */
export interface Memory {
  readonly limits: Limits;
  bytesOf(buffer: number): number;
}

/** Bytes of an element in a buffer. */
export function elementBytes(dtype: DType): number {
  return dtype === 'float16' ? 2 : 4;
}

/** The bytes from an operand's first element to its last; those of the whole buffer if it moves from run to run. */
export function rangeOf(operand: Operand, memory: Pick<Memory, 'bytesOf'>): Range {
  const { shape, strides, offset, shift, dtype, buffer } = operand;
  if (shift) return { start: 0, end: memory.bytesOf(buffer) };
  const span = shape.reduce((sum, size, axis) => sum + Math.max(0, size - 1) * (strides[axis] as number), 1);
  const bytes = elementBytes(dtype);
  return { start: offset * bytes, end: (offset + span) * bytes };
}

/** The most bytes of one binding: windows follow each other, so each but the last ends where one may start. */
export function windowBytes({
  maxStorageBufferBindingSize,
  minStorageBufferOffsetAlignment,
}: Limits): number {
  return maxStorageBufferBindingSize - (maxStorageBufferBindingSize % minStorageBufferOffsetAlignment);
}

/** Whether one binding can hold a range, which need not start where a binding may. */
export function fitsWindow({ start, end }: Range, limits: Limits): boolean {
  return end - (start - (start % limits.minStorageBufferOffsetAlignment)) <= windowBytes(limits);
}

/** Windows over some ranges of a buffer, in order and apart from each other; null: the whole buffer in one binding. */
export function windowsOver(buffer: number, ranges: readonly Range[], memory: Memory): (Range | null)[] {
  const { limits } = memory;
  if (memory.bytesOf(buffer) <= windowBytes(limits)) return [null];
  const [most, align] = [windowBytes(limits), limits.minStorageBufferOffsetAlignment];
  const windows: { start: number; end: number }[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    for (let from = range.start; from < range.end; ) {
      let last = windows.at(-1);
      if (!last || from >= last.start + most) {
        last = { start: from - (from % align), end: from };
        windows.push(last);
      }
      last.end = Math.max(last.end, Math.min(range.end, last.start + most));
      from = last.start + most;
    }
  }
  // Whole vectors of four; buffers are that long.
  return windows.map(({ start, end }) => ({ start, end: Math.ceil(end / 16) * 16 }));
}

/** Whether a window holds some of a range. */
export function overlaps(window: Range | null, range: Range): boolean {
  return window === null || (window.start < range.end && range.start < window.end);
}
