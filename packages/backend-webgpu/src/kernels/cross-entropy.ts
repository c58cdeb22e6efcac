import type { CrossEntropyBackwardStep, CrossEntropyStep } from '@inkstone/core/backend';
import type { Lowering } from '../plan/lowering.js';
import forward from './cross_entropy.wgsl';
import backward from './cross_entropy_backward.wgsl';
import { rowLayout } from './rows.js';

export function crossEntropy(step: CrossEntropyStep, to: Lowering): void {
  const { rows, classes, labelSmoothing } = step;
  if (rows === 0) return;
  const kernel = to.kernel(step.label ?? 'cross-entropy');
  kernel.input('logits', step.logits);
  kernel.input('target_class', step.target);
  if (step.weight) kernel.input('weight', step.weight);
  kernel.output('loss', step.loss);
  kernel.output('log_sum', step.logSumExp);
  if (step.total) kernel.output('total', step.total);
  if (step.flag) kernel.output('flag', step.flag);
  kernel.sizes({ rows, classes });
  kernel.param('ignore_index', 'i32', step.ignoreIndex);
  if (labelSmoothing !== 0) kernel.param('smoothing', 'f32', labelSmoothing);
  const layout = rowLayout(rows, classes, to.tuning);
  to.add(
    kernel.build(
      'cross_entropy',
      forward,
      {
        ...layout,
        SMOOTHING: labelSmoothing !== 0,
        WEIGHT: step.weight !== null,
        TOTAL: step.total !== null,
        FLAG: step.flag !== null,
      },
      Math.ceil(rows / layout.ROWS),
    ),
  );
}

export function crossEntropyBackward(step: CrossEntropyBackwardStep, to: Lowering): void {
  const { rows, classes, labelSmoothing } = step;
  if (rows === 0) return;
  const kernel = to.kernel(step.label ?? 'cross-entropy backward');
  kernel.input('logits', step.logits);
  kernel.input('target_class', step.target);
  if (step.weight) kernel.input('weight', step.weight);
  kernel.input('log_sum', step.logSumExp);
  kernel.input('dloss', step.dloss);
  kernel.output('dlogits', step.dlogits);
  kernel.sizes({ rows, classes, dloss_stride: rows === 1 ? 0 : (step.dloss.strides[0] as number) });
  kernel.param('ignore_index', 'i32', step.ignoreIndex);
  kernel.param('smoothing', 'f32', labelSmoothing);
  const layout = rowLayout(rows, classes, to.tuning);
  to.add(
    kernel.build(
      'cross_entropy_backward',
      backward,
      { ...layout, SMOOTHING: labelSmoothing !== 0, WEIGHT: step.weight !== null },
      Math.ceil(rows / layout.ROWS),
    ),
  );
}
