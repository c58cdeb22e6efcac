/** One vector for a text, from what BERT makes of its tokens: texts that mean the same lie close together. */
import { functional as F, fromTypedArray, noGrad, type Tensor } from '@inkstone/core';
import type { Tokenizer } from '@inkstone/tokenizer';
import type { Bert } from './bert.js';
import { nextTask } from './next-task.js';

export interface SentenceEmbeddingOptions {
  /** The mean over all tokens (default), or the first token's: whichever the model was trained for. */
  pooling?: 'mean' | 'cls';
  /** Makes vectors of length 1 (default false). */
  normalize?: boolean;
  /** Texts that are seen at once (default 32). */
  batchSize?: number;
  /** Tokens at most (default: what the model sees); longer texts are cut. */
  maxLength?: number;
}

/**
 * @returns a vector of `hiddenSize` for each text
 * @example
 * const [a, b] = await sentenceEmbeddings(model, tokenizer, ['你好', '您好'], { normalize: true });
 */
export async function sentenceEmbeddings(
  model: Bert,
  tokenizer: Tokenizer,
  texts: readonly string[],
  options: SentenceEmbeddingOptions = {},
): Promise<Float32Array[]> {
  const { hiddenSize, maxPositionEmbeddings, padTokenId } = model.config;
  const { pooling = 'mean', normalize = false, batchSize = 32, maxLength = maxPositionEmbeddings } = options;
  if (pooling !== 'mean' && pooling !== 'cls')
    throw new Error(`sentenceEmbeddings: pooling is ${JSON.stringify(pooling)}, must be "mean" or "cls"`);
  for (const [name, value, most] of [
    ['batchSize', batchSize, Number.MAX_SAFE_INTEGER],
    ['maxLength', maxLength, maxPositionEmbeddings],
  ] as const)
    if (!Number.isSafeInteger(value) || value < 1 || value > most)
      throw new Error(`sentenceEmbeddings: ${name} is ${value}, must be a whole number from 1 to ${most}`);
  const rows = texts.map((text) => truncated(tokenizer, text, maxLength));
  // Texts of like length together, so that little is padding.
  const order = rows.map((_, i) => i).sort((a, b) => rows[a].length - rows[b].length);
  const out: Float32Array[] = new Array(texts.length);
  const { training } = model;
  model.eval();
  try {
    for (let at = 0; at < order.length; at += batchSize) {
      const members = order.slice(at, at + batchSize);
      const longest = rows[members[members.length - 1]].length;
      // A few lengths, each of which is planned once.
      const length = Math.min(maxPositionEmbeddings, Math.ceil(longest / 16) * 16);
      const ids = new Int32Array(members.length * length).fill(padTokenId ?? 0);
      const mask = new Int32Array(ids.length);
      members.forEach((row, i) => {
        ids.set(rows[row], i * length);
        mask.fill(1, i * length, i * length + rows[row].length);
      });
      const { device } = model.embeddings.word_embeddings.weight;
      const laid = (values: Int32Array): Tensor =>
        fromTypedArray(values, [members.length, length], { device });
      const pooled = noGrad(() => {
        const attentionMask = laid(mask);
        const { lastHiddenState: hidden } = model.forward(laid(ids), { attentionMask });
        const vector = pooling === 'cls' ? hidden.select(1, 0) : mean(hidden, attentionMask);
        return normalize ? F.normalize(vector, { dim: -1 }) : vector;
      });
      const data = (await pooled.data()) as Float32Array;
      members.forEach((row, i) => {
        out[row] = data.slice(i * hiddenSize, (i + 1) * hiddenSize);
      });
      await nextTask();
    }
  } finally {
    model.train(training);
  }
  return out;
}

/** The mean over the positions of a mask [B, T] of [B, T, C]. */
function mean(hidden: Tensor, mask: Tensor): Tensor {
  const weights = mask.float().unsqueeze(-1);
  return hidden.mul(weights).sum(1).div(weights.sum(1));
}

/** The text's tokens, cut before its last one, which ends it, if they are too many. */
function truncated(tokenizer: Tokenizer, text: string, maxLength: number): number[] {
  const ids = tokenizer.encode(text);
  if (ids.length === 0) throw new Error(`sentenceEmbeddings: ${JSON.stringify(text)} has no tokens`);
  return ids.length <= maxLength ? ids : [...ids.slice(0, maxLength - 1), ids[ids.length - 1]];
}
