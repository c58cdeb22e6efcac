/** Writing: one token after the other, each drawn from the scores that the model gives to the text so far. */
import { defaultGenerator, fromTypedArray, Generator, noGrad, type Tensor, tensor } from '@inkstone/core';
import type { Tokenizer } from '@inkstone/tokenizer';
import type { CausalLM } from './causal-lm.js';
import { nextTask } from './next-task.js';
import { pickToken, type SamplingOptions } from './sampling.js';

/** Names and defaults are those of Hugging Face's `generate`, but for `doSample`. */
export interface GenerateOptions {
  /** Tokens to write at most (default 20). */
  maxNewTokens?: number;
  /**
   * Draw tokens (true) or take the most probable one (false). Default: true if `temperature`, `topK`, `seed` or
   * `generator` is given, which mean nothing otherwise, else false.
   */
  doSample?: boolean;
  /** Scores are divided by it before drawing (default 1): below 1 bolder, above 1 wilder. */
  temperature?: number;
  /** Draw from so many of the most probable tokens only (default 50); 0 for all. */
  topK?: number;
  /** Draw from a stream of its own with this seed: the same seed, the same text. */
  seed?: number | bigint;
  /** The stream to draw from if there is no seed; the default generator, which `manualSeed` seeds, if absent. */
  generator?: Generator;
  /** Stop after this token, or any of these (default: the model's `eosTokenId`); null never stops. */
  eosTokenId?: number | readonly number[] | null;
  /** Stops between two tokens; what has been written so far is the result. */
  signal?: AbortSignal;
}

export interface StreamOptions extends GenerateOptions {
  /** Turns ids into text. */
  tokenizer: Tokenizer;
  /** Leave special tokens such as the end of the text out (default true). */
  skipSpecialTokens?: boolean;
}

/** The ids given and the new ones; see `CausalLM.generate`. */
export async function generate(
  model: CausalLM,
  ids: ArrayLike<number>,
  options: GenerateOptions = {},
): Promise<number[]> {
  const out = Array.from(ids);
  for await (const token of newTokens(model, ids, options)) out.push(token);
  return out;
}

/** The new text, piece by piece; see `CausalLM.stream`. */
export async function* stream(
  model: CausalLM,
  ids: ArrayLike<number>,
  options: StreamOptions,
): AsyncGenerator<string, void, undefined> {
  const { tokenizer, skipSpecialTokens = true } = options;
  if (!tokenizer) throw new Error('stream: a tokenizer is needed; generate() gives ids without one');
  const decoder = tokenizer.decodeStream({ skipSpecialTokens });
  for await (const token of newTokens(model, ids, options)) {
    const piece = decoder.step(token);
    if (piece !== '') yield piece;
  }
  const rest = decoder.flush();
  if (rest !== '') yield rest;
}

/** The new tokens, the one that ends the text included. */
export async function* newTokens(
  model: CausalLM,
  ids: ArrayLike<number>,
  options: GenerateOptions = {},
): AsyncGenerator<number, void, undefined> {
  const { maxNewTokens = 20, signal } = options;
  if (!Number.isSafeInteger(maxNewTokens) || maxNewTokens < 0) {
    throw new Error(`generate: maxNewTokens is ${maxNewTokens}, must be a whole number from 0 on`);
  }
  const text = checkedIds(ids, model.config.vocabSize);
  const sampling = samplingOptions(options);
  const end = endTokens(options.eosTokenId === undefined ? model.config.eosTokenId : options.eosTokenId);
  for (let i = 0; i < maxNewTokens && !signal?.aborted; i++) {
    const scores = await nextScores(model, text.slice(-model.config.blockSize));
    const token = pickToken(scores, sampling);
    yield token;
    if (end.includes(token)) return;
    text.push(token);
    await nextTask();
  }
}

/** Scores of what follows `ids`, which fit the model's block. */
async function nextScores(model: CausalLM, ids: readonly number[]): Promise<Float32Array> {
  // Padded to a few fixed lengths, each of which is planned once. A causal model does not see what comes after.
  const padded = new Int32Array(paddedLength(ids.length, model.config.blockSize));
  padded.set(ids);
  const { device } = model;
  const scores = inUse(model, () =>
    model.next(
      fromTypedArray(padded, [1, padded.length], { device }),
      tensor([ids.length - 1], { dtype: 'int32', device }),
    ),
  );
  return (await scores.data()) as Float32Array;
}

/** The next power of two, 16 at least, the block at most. */
function paddedLength(length: number, blockSize: number): number {
  return Math.min(blockSize, 2 ** Math.ceil(Math.log2(Math.max(length, 16))));
}

/** Runs a forward pass without gradients and dropout, and leaves the model in the mode that it was in. */
function inUse(model: CausalLM, forward: () => Tensor): Tensor {
  const { training } = model;
  if (training) model.eval();
  try {
    return noGrad(forward);
  } finally {
    if (training) model.train();
  }
}

function checkedIds(ids: ArrayLike<number>, vocabSize: number): number[] {
  if (ids.length === 0) throw new Error('generate: there are no ids to go on from; give at least one token');
  return Array.from(ids, (id, i) => {
    if (Number.isInteger(id) && id >= 0 && id < vocabSize) return id;
    throw new Error(`generate: ids[${i}] is ${id}, the model's vocabulary has 0 to ${vocabSize - 1}`);
  });
}

function samplingOptions(options: GenerateOptions): SamplingOptions {
  const { temperature, topK, seed, generator } = options;
  const asked =
    temperature !== undefined || topK !== undefined || seed !== undefined || generator !== undefined;
  if (temperature !== undefined && !(temperature > 0)) {
    throw new Error(
      `generate: temperature is ${temperature}, must be greater than 0 (doSample: false is greedy)`,
    );
  }
  if (topK !== undefined && (!Number.isSafeInteger(topK) || topK < 0)) {
    throw new Error(`generate: topK is ${topK}, must be a whole number from 0 on`);
  }
  return {
    doSample: options.doSample ?? asked,
    temperature: temperature ?? 1,
    topK: topK ?? 50,
    generator: seed === undefined ? (generator ?? defaultGenerator) : new Generator({ seed }),
  };
}

function endTokens(eos: number | readonly number[] | null): readonly number[] {
  if (eos === null) return [];
  return typeof eos === 'number' ? [eos] : eos;
}
