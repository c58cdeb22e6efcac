import type { SoftmaxBackwardStep, SoftmaxStep } from '@inkstone/core/backend';
import type { Lowering } from '../plan/lowering.js';
import { rowLayout } from './rows.js';
import forward from './softmax.wgsl';
import backward from './softmax_backward.wgsl';

export function softmax(step: SoftmaxStep, to: Lowering): void {
  const { rows, columns, log } = step;
  if (rows * columns === 0) return;
  const kernel = to.kernel(step.label ?? 'softmax');
  kernel.input('x', step.x);
  kernel.output('y', step.y);
  kernel.sizes({ rows, columns });
  const layout = rowLayout(rows, columns, to.tuning);
  to.add(kernel.build('softmax', forward, { ...layout, LOG: log }, Math.ceil(rows / layout.ROWS)));
}

export function softmaxBackward(step: SoftmaxBackwardStep, to: Lowering): void {
  const { rows, columns, log } = step;
  if (rows * columns === 0) return;
  const kernel = to.kernel(step.label ?? 'softmax backward');
  kernel.input('y', step.y);
  kernel.input('dy', step.dy);
  kernel.output('dx', step.dx);
  kernel.sizes({ rows, columns });
  const layout = rowLayout(rows, columns, to.tuning);
  to.add(kernel.build('softmax_backward', backward, { ...layout, LOG: log }, Math.ceil(rows / layout.ROWS)));
}
