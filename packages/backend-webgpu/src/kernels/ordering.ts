import { computeTypeOf, type Operand, type ScanStep, type SortStep } from '@inkstone/core/backend';
import type { Lowering } from '../plan/lowering.js';
import { rowLayout } from './rows.js';
import scanSource from './scan.wgsl';
import blockSource from './sort.wgsl';
import keySource from './sort_key.wgsl';
import mergeSource from './sort_merge.wgsl';

/** Up to here, comparing all elements of a row with each other in one dispatch is faster than merging. */
const longestBlock = 1024;

/** The blocks of longer rows. */
const usualBlock = 256;

/** Blocks in order, then runs merged in pairs until one is left; of each only the first `count`, which may be the end. */
export function sort(step: SortStep, to: Lowering): void {
  const { rows, columns, count, x, indices } = step;
  if (rows * count === 0) return;
  const label = step.label ?? 'sort';
  const workgroup = to.tuning.pointwiseWorkgroup;
  const floats = computeTypeOf(x.dtype) === 'float32';
  const values = {
    WORKGROUP: workgroup,
    TYPE: floats ? 'f32' : 'i32',
    FLOATS: floats,
    DESCENDING: step.descending,
  };
  const block = columns <= longestBlock ? longestBlock : usualBlock;
  let runs = Math.ceil(columns / block);
  let run = Math.min(count, block);
  // The last run may be shorter than the others.
  let width = (runs - 1) * run + Math.min(run, columns - (runs - 1) * block);
  const place = (items: number): Operand => (runs === 1 ? indices : to.scratch('int32', [items]));
  let places = place(rows * width);
  const first = to.kernel(runs === 1 ? label : `${label} (blocks)`);
  first.input('x', x);
  first.output('places', places);
  first.sizes({ items: rows * columns, columns, block, run, width });
  to.add(
    first.build('sort', `${blockSource}\n${keySource}`, values, Math.ceil((rows * columns) / workgroup)),
  );
  while (runs > 1) {
    const toRun = Math.min(2 * run, count);
    runs = Math.ceil(runs / 2);
    const toWidth = (runs - 1) * toRun + Math.min(toRun, width - (runs - 1) * 2 * run);
    const merge = to.kernel(`${label} (merge)`);
    const merged = place(rows * toWidth);
    merge.input('x', x);
    merge.input('from', places);
    merge.output('places', merged);
    merge.sizes({ items: rows * width, columns, run, width, to_run: toRun, to_width: toWidth });
    const source = `${mergeSource}\n${keySource}`;
    to.add(merge.build('sort_merge', source, values, Math.ceil((rows * width) / workgroup)));
    [places, run, width] = [merged, toRun, toWidth];
  }
}

export function scan(step: ScanStep, to: Lowering): void {
  const { outer, size, inner, reverse } = step;
  const lines = outer * inner;
  if (lines * size === 0) return;
  const kernel = to.kernel(step.label ?? 'scan');
  kernel.input('x', step.x);
  kernel.output('y', step.y);
  kernel.sizes({ lines, size, inner });
  const layout = rowLayout(lines, size, to.tuning);
  const values = {
    ...layout,
    REVERSE: reverse,
    SHARED: layout.LANES > 1,
    TYPE: computeTypeOf(step.x.dtype) === 'int32' ? 'i32' : 'f32',
  };
  to.add(kernel.build('scan', scanSource, values, Math.ceil(lines / layout.ROWS)));
}
