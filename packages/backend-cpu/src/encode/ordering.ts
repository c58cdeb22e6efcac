/** Sorting and running sums of rows. */
import { computeTypeOf, type ScanStep, type SortStep } from '@inkstone/core/backend';
import { CommandKind } from '../../assembly/opcodes.js';
import type { StepEncoder } from './step.js';

/** Up to so many are kept in a list, if a row is long enough that hardly any element gets into it. */
const longestList = 256;

/** Lines of a task: some thousand elements. */
function linesOfTask(length: number): number {
  return Math.max(1, Math.floor(4096 / Math.max(1, length)));
}

export function encodeSort(encoder: StepEncoder, step: SortStep): void {
  const { writer, scratch } = encoder;
  const { rows, columns, count } = step;
  if (rows * count === 0) return;
  const x = encoder.contiguous(step.x);
  const indices = encoder.target(step.indices);
  const few = count <= longestList && count * 8 <= columns;
  writer.begin(CommandKind.Sort, encoder.flags(rows * columns * 8));
  writer.word(rows, columns, count, step.descending ? 0xffffffff : 0);
  writer.word(computeTypeOf(step.x.dtype) === 'int32' ? 1 : 0, few ? 1 : 0, linesOfTask(columns));
  writer.address(x);
  writer.address(indices.address);
  writer.end();
  scratch.needLocal(few ? count * 8 : columns * 16 + 1024);
  indices.store();
}

export function encodeScan(encoder: StepEncoder, step: ScanStep): void {
  const { writer } = encoder;
  const { outer, size, inner, reverse } = step;
  if (outer * size * inner === 0) return;
  const x = encoder.contiguous(step.x);
  const y = encoder.target(step.y);
  writer.begin(CommandKind.Scan, encoder.flags(outer * size * inner));
  writer.word(outer, size, inner, reverse ? 1 : 0);
  writer.word(computeTypeOf(step.x.dtype) === 'int32' ? 1 : 0, linesOfTask(size));
  writer.address(x);
  writer.address(y.address);
  writer.end();
  y.store();
}
