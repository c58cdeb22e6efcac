/** Learning rates over time. */
import type { TrainingArguments } from './arguments.js';

/**
 * The learning rate of a step: linear from near 0 to the top over the warmup, then down to the minimum at the last step, by
 * a half cosine as nanoGPT's `get_lr` (https://arxiv.org/abs/1608.03983) or straight.
 *
 * @param step counted from 0
 * @param totalSteps steps in all; null while that is not known: no descent yet
 */
export function learningRateAt(
  step: number,
  totalSteps: number | null,
  args: Pick<TrainingArguments, 'learningRate' | 'minLearningRate' | 'lrSchedulerType' | 'warmupSteps'>,
): number {
  const { learningRate, lrSchedulerType } = args;
  const warmup = Math.min(
    args.warmupSteps,
    totalSteps === null ? Number.POSITIVE_INFINITY : Math.floor(totalSteps / 10),
  );
  if (step < warmup) return (learningRate * (step + 1)) / (warmup + 1);
  if (lrSchedulerType === 'constant' || totalSteps === null) return learningRate;
  const least = Math.min(args.minLearningRate, learningRate);
  const done = Math.min(1, (step - warmup) / Math.max(1, totalSteps - 1 - warmup));
  const share = lrSchedulerType === 'linear' ? 1 - done : 0.5 * (1 + Math.cos(Math.PI * done));
  return least + share * (learningRate - least);
}
