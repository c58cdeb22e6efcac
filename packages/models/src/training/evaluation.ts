/** The loss on text that is not trained on. */
import { noGrad } from '@inkstone/core';
import type { CausalLM } from '../causal-lm.js';
import type { Batch } from '../data.js';
import { nextTask } from '../next-task.js';

/**
 * The mean loss over batches of one size, in nats per token, without dropout; the model is left in its mode.
 *
 * @returns null if there are no batches, or the signal came before the end.
 */
export async function meanLoss(
  model: CausalLM,
  batches: readonly Batch[],
  signal?: AbortSignal,
): Promise<number | null> {
  let total = 0;
  for (const { inputs, targets } of batches) {
    if (signal?.aborted) return null;
    // The mode is changed for the recording only, which is done at once: whoever else uses the model is not in it.
    const { training } = model;
    if (training) model.eval();
    const { loss } = noGrad(() => model.forward(inputs, targets));
    if (training) model.train();
    total += await loss.item();
    await nextTask();
  }
  return batches.length === 0 ? null : total / batches.length;
}
