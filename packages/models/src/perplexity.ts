/** How well a model foretells a text. */
import { fromTypedArray, noGrad } from '@inkstone/core';
import type { CausalLM } from './causal-lm.js';
import { nextTask } from './next-task.js';

export interface PerplexityOptions {
  /** Tokens that the model sees at once (default: its block). */
  maxLength?: number;
  /**
   * How far the window moves each time (default maxLength: each token is seen with what precedes it in its window only).
   * Smaller strides give each token more to go by, and take longer.
   */
  stride?: number;
  /** Stops between two windows. */
  signal?: AbortSignal;
}

export interface Perplexity {
  /** exp(loss): as unsure as a choice among so many tokens. */
  readonly perplexity: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Tokens foretold: all but the first. */
  readonly tokens: number;
}

/**
 * The perplexity of a text, by windows that overlap; each token counts once, in the first window that foretells it, as in
 * Hugging Face's guide (https://huggingface.co/docs/transformers/perplexity), which leaves out the first of each window.
 *
 * @param ids the text, at least 2 tokens
 * @example
 * const { perplexity } = await measurePerplexity(model, tokenizer.encode(text), { stride: 512 });
 */
export async function measurePerplexity(
  model: CausalLM,
  ids: ArrayLike<number>,
  options: PerplexityOptions = {},
): Promise<Perplexity> {
  const { blockSize } = model.config;
  const { maxLength = blockSize, stride = maxLength, signal } = options;
  const whole = (name: string, value: number, most: number): void => {
    if (!Number.isSafeInteger(value) || value < 1 || value > most)
      throw new Error(`perplexity: ${name} is ${value}, must be a whole number from 1 to ${most}`);
  };
  whole('maxLength', maxLength, blockSize);
  whole('stride', stride, maxLength);
  if (ids.length < 2) throw new Error(`perplexity: ${ids.length} tokens foretell nothing; give at least 2`);
  const { device, training } = model;
  const length = Math.min(maxLength, ids.length - 1);
  let sum = 0;
  let counted = 0;
  let before = 1;
  model.eval();
  try {
    for (let begin = 0; before < ids.length && !signal?.aborted; begin += stride) {
      const end = Math.min(begin + length, ids.length);
      // One shape for all windows: the last one is filled up with what does not count and is not looked at.
      const inputs = new Int32Array(length);
      const targets = new Int32Array(length).fill(-100);
      let here = 0;
      for (let i = begin; i < end; i++) {
        inputs[i - begin] = ids[i];
        if (i + 1 < ids.length && i + 1 >= before) {
          targets[i - begin] = ids[i + 1];
          here++;
        }
      }
      if (here > 0) {
        const at = [1, length];
        const { loss } = noGrad(() =>
          model.forward(fromTypedArray(inputs, at, { device }), fromTypedArray(targets, at, { device })),
        );
        sum += (await loss.item()) * here;
        counted += here;
      }
      before = end + 1;
      await nextTask();
    }
  } finally {
    model.train(training);
  }
  const loss = sum / counted;
  return { perplexity: Math.exp(loss), loss, tokens: counted };
}
