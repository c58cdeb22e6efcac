import {
  computeTypeOf,
  type GatherStep,
  type IndexAddStep,
  type IndexSelectStep,
  type Operand,
  type ScatterStep,
} from '@inkstone/core/backend';
import type { Lowering } from '../plan/lowering.js';
import fill from './fill.wgsl';
import add from './index_add.wgsl';
import mergeSource from './index_merge.wgsl';
import sortSource from './index_sort.wgsl';
import scatterSource from './scatter.wgsl';
import source from './select.wgsl';

export function select(step: IndexSelectStep | GatherStep, to: Lowering): void {
  const { outer, size, inner, count } = step;
  const items = outer * inner * count;
  if (items === 0) return;
  const kernel = to.kernel(step.label ?? step.kind);
  kernel.input('input', step.input);
  kernel.input('index', step.index);
  kernel.output('output', step.output);
  if (step.flag) kernel.output('flag', step.flag);
  kernel.sizes({ items, inner, count, size });
  const workgroup = to.tuning.pointwiseWorkgroup;
  const values = { WORKGROUP: workgroup, GATHER: step.kind === 'gather', FLAG: step.flag !== null };
  to.add(kernel.build('select', source, values, Math.ceil(items / workgroup)));
}

/** Up to here, comparing all positions with each other in one dispatch is faster than merging. */
const largestBlock = 2048;

export function indexAdd(step: IndexAddStep, to: Lowering): void {
  const { outer, size, inner, count, accumulate, skip } = step;
  const label = step.label ?? 'indexAdd';
  if (!accumulate) zero(step.output, outer * size * inner, label, to);
  const items = outer * inner * count;
  if (items === 0) return;
  const order = sortPositions(step, to);
  const kernel = to.kernel(label);
  kernel.input('index', step.index);
  kernel.input('order', order);
  kernel.input('source', step.source);
  kernel.output('output', step.output);
  kernel.sizes({ items, inner, count, size });
  if (skip !== null) kernel.param('skip', 'i32', skip);
  const workgroup = to.tuning.pointwiseWorkgroup;
  const values = {
    WORKGROUP: workgroup,
    ACCUMULATE: accumulate,
    SKIP: skip !== null,
    ZERO: zeroOf(step.output),
  };
  to.add(kernel.build('index_add', add, values, Math.ceil(items / workgroup)));
}

/** The positions of the index, sorted by what it holds there, equal ones in order: int32 [count]. */
function sortPositions({ index, size, count, flag, label }: IndexAddStep, to: Lowering): Operand {
  const workgroup = to.tuning.pointwiseWorkgroup;
  const groups = Math.ceil(count / workgroup);
  const block = count <= largestBlock ? largestBlock : 512;
  let order = to.scratch('int32', [count]);
  const sort = to.kernel(`${label ?? 'indexAdd'} (sort)`);
  sort.input('index', index);
  sort.output('order', order);
  if (flag) sort.output('flag', flag);
  sort.sizes({ items: count, size });
  const values = { WORKGROUP: workgroup, BLOCK: block, FLAG: flag !== null };
  to.add(sort.build('index_sort', sortSource, values, groups));
  if (count <= block) return order;
  let other = to.scratch('int32', [count]);
  for (let run = block; run < count; run *= 2) {
    const merge = to.kernel(`${label ?? 'indexAdd'} (merge)`);
    merge.input('index', index);
    merge.input('from', order);
    merge.output('order', other);
    merge.sizes({ items: count, size, run });
    to.add(merge.build('index_merge', mergeSource, { WORKGROUP: workgroup }, groups));
    [order, other] = [other, order];
  }
  return order;
}

export function scatter(step: ScatterStep, to: Lowering): void {
  const { outer, size, inner, count } = step;
  const items = outer * inner;
  if (items * size === 0) return;
  const kernel = to.kernel(step.label ?? 'scatter');
  kernel.input('index', step.index);
  kernel.input('source', step.source);
  kernel.output('output', step.output);
  if (step.flag) kernel.output('flag', step.flag);
  kernel.sizes({ items, inner, count, size });
  const workgroup = Math.min(64, to.tuning.pointwiseWorkgroup);
  const values = {
    WORKGROUP: workgroup,
    ACCUMULATE: step.accumulate,
    SUM: step.reduce === 'sum',
    FLAG: step.flag !== null,
    ZERO: zeroOf(step.output),
  };
  to.add(kernel.build('scatter', scatterSource, values, Math.ceil(items / workgroup)));
}

function zero(output: Operand, items: number, label: string, to: Lowering): void {
  const kernel = to.kernel(`${label} (zeros)`);
  kernel.output('output', output);
  kernel.sizes({ items });
  const workgroup = to.tuning.pointwiseWorkgroup;
  const values = { WORKGROUP: workgroup, ZERO: zeroOf(output) };
  to.add(kernel.build('fill', fill, values, Math.ceil(items / workgroup)));
}

function zeroOf({ dtype }: Operand): string {
  switch (computeTypeOf(dtype)) {
    case 'bool':
      return 'false';
    case 'int32':
      return '0';
    default:
      return '0.0';
  }
}
