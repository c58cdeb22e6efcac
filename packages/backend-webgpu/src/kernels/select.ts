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
import links from './index_links.wgsl';
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

export function indexAdd(step: IndexAddStep, to: Lowering): void {
  const { outer, size, inner, count, accumulate, skip } = step;
  const label = step.label ?? 'indexAdd';
  if (!accumulate) zero(step.output, outer * size * inner, label, to);
  const items = outer * inner * count;
  if (items === 0) return;
  const chain = to.scratch('int32', [count, 2]);
  const workgroup = to.tuning.pointwiseWorkgroup;

  const first = to.kernel(`${label} (links)`);
  first.input('index', step.index);
  first.output('links', chain);
  if (step.flag) first.output('flag', step.flag);
  first.sizes({ items: count, size });
  if (skip !== null) first.param('skip', 'i32', skip);
  const values = {
    WORKGROUP: workgroup,
    FLAG: step.flag !== null,
    SKIP: skip !== null,
    NOT_SKIPPED: skip !== null ? ' && wanted != params.skip' : '',
  };
  to.add(first.build('index_links', links, values, Math.ceil(count / workgroup)));

  const second = to.kernel(label);
  second.input('index', step.index);
  second.input('links', chain);
  second.input('source', step.source);
  second.output('output', step.output);
  second.sizes({ items, inner, count, size });
  const adding = { WORKGROUP: workgroup, ACCUMULATE: accumulate };
  to.add(second.build('index_add', add, adding, Math.ceil(items / workgroup)));
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
