/** From the scores of the next token to a token. */
import { type Generator, random } from '@inkstone/core';

export interface SamplingOptions {
  /** Draw from the distribution; else take the most probable token. */
  readonly doSample: boolean;
  /** Scores are divided by it: below 1 bolder, above 1 wilder. */
  readonly temperature: number;
  /** Only so many of the most probable tokens take part; 0 for all. */
  readonly topK: number;
  readonly generator: Generator;
}

/**
 * One token for the scores of all, drawn as a PyTorch program draws it: scores over temperature, all below the k-th best
 * dropped, softmax, `torch.multinomial(probs, 1)`.
 *
 * @param logits one score per token; overwritten
 */
export function pickToken(logits: Float32Array, options: SamplingOptions): number {
  const { doSample, temperature, topK, generator } = options;
  if (!doSample) return argmax(logits);
  if (temperature !== 1) for (let i = 0; i < logits.length; i++) logits[i] /= temperature;
  if (topK > 0 && topK < logits.length) {
    const least = kthLargest(logits, topK);
    for (let i = 0; i < logits.length; i++) if (logits[i] < least) logits[i] = Number.NEGATIVE_INFINITY;
  }
  softmax(logits);
  return random.multinomial(generator, logits, 1, logits.length, 1)[0];
}

function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** In place. */
function softmax(values: Float32Array): void {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > max) max = value;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i] - max);
  for (let i = 0; i < values.length; i++) values[i] /= sum;
}

/** The k-th largest value: one pass that keeps the best k in ascending order. */
function kthLargest(values: Float32Array, k: number): number {
  const best = values.slice(0, k).sort();
  for (let i = k; i < values.length; i++) {
    const value = values[i];
    if (!(value > best[0])) continue;
    let at = 0;
    for (; at + 1 < k && best[at + 1] < value; at++) best[at] = best[at + 1];
    best[at] = value;
  }
  return best[0];
}
