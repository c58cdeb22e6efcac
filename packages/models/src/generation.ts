/** Writing: one token after the other, each chosen by the scores that the model gives to the text so far. */
import type { Tokenizer } from '@inkstone/tokenizer';
import type { CausalLM } from './causal-lm.js';
import { beamSearch } from './generation/beam.js';
import { type GenerateOptions, type GenerationConfig, generationConfig } from './generation/options.js';
import { sampleSteps } from './generation/sample.js';
import { Texts } from './generation/texts.js';

export type { GenerateOptions } from './generation/options.js';

export interface StreamOptions extends GenerateOptions {
  /** Turns ids into text. */
  tokenizer: Tokenizer;
  /** Leave special tokens such as the end of the text out (default true). */
  skipSpecialTokens?: boolean;
}

/** What generation gives with `returnDictInGenerate`. */
export interface GenerateOutput {
  /**
   * The ids given and the new ones, for each prompt (and for each of its `numReturnSequences`, next to each other).
   * Nothing is padded: texts have their own lengths.
   */
  readonly sequences: number[][];
  /** Log-probabilities of the new tokens, in the distributions that they were chosen from. */
  readonly logProbs: number[][];
  /** With beams: the scores by which the best were found, log-probability over length ** lengthPenalty. */
  readonly sequencesScores: number[] | null;
}

export type Prompt = ArrayLike<number>;

/** The ids given and the new ones, text by text; see `CausalLM.generate`. */
export async function generate(
  model: CausalLM,
  prompts: readonly Prompt[],
  options: GenerateOptions = {},
  withLogProbs = false,
): Promise<GenerateOutput> {
  const config = generationConfig(options, model.config);
  const rows = checkedPrompts(prompts, model.config.vocabSize);
  const { numBeams, useCache, maxNewTokens: more } = config;
  if (numBeams === 1) return sampled(model, rows, config, withLogProbs);
  const beams = rows.flatMap((row) => new Array<readonly number[]>(numBeams).fill(row));
  const texts = Texts.borrow(model, beams, { more, useCache });
  const found = await beamSearch(texts, config).finally(() => texts.giveBack());
  const all = found.flat();
  return {
    sequences: all.map(({ ids }) => [...ids]),
    logProbs: all.map(({ logProbs }) => [...logProbs]),
    sequencesScores: all.map(({ score }) => score),
  };
}

async function sampled(
  model: CausalLM,
  rows: readonly (readonly number[])[],
  config: GenerationConfig,
  withLogProbs: boolean,
): Promise<GenerateOutput> {
  const sequences = rows.map((row) => [...row]);
  const logProbs = rows.map((): number[] => []);
  const { useCache, maxNewTokens: more } = config;
  const texts = Texts.borrow(model, rows, { more, useCache });
  try {
    for await (const step of sampleSteps(texts, config, withLogProbs)) {
      step.tokens.forEach((token, row) => {
        if (token < 0) return;
        sequences[row].push(token);
        if (step.logProbs) logProbs[row].push(step.logProbs[row]);
      });
    }
  } finally {
    texts.giveBack();
  }
  return { sequences, logProbs, sequencesScores: null };
}

/** The new text, piece by piece; see `CausalLM.stream`. */
export async function* stream(
  model: CausalLM,
  ids: Prompt,
  options: StreamOptions,
): AsyncGenerator<string, void, undefined> {
  const { tokenizer, skipSpecialTokens = true } = options;
  if (!tokenizer) throw new Error('stream: a tokenizer is needed; generate() gives ids without one');
  const decoder = tokenizer.decodeStream({ skipSpecialTokens });
  // The prompt goes first, unheard: whether a word begins with a space depends on what it follows.
  decoder.step(ids);
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
  ids: Prompt,
  options: GenerateOptions = {},
): AsyncGenerator<number, void, undefined> {
  const config = generationConfig(options, model.config);
  const rows = checkedPrompts([ids], model.config.vocabSize);
  if (config.numBeams > 1)
    throw new Error('generate: beams know their text only at the end, so it cannot be streamed');
  const { useCache, maxNewTokens: more } = config;
  const texts = Texts.borrow(model, rows, { more, useCache });
  try {
    for await (const { tokens } of sampleSteps(texts, config)) yield tokens[0];
  } finally {
    texts.giveBack();
  }
}

function checkedPrompts(prompts: readonly Prompt[], vocabSize: number): number[][] {
  if (prompts.length === 0) throw new Error('generate: there is no text to go on from');
  return prompts.map((ids, row) => {
    const name = prompts.length === 1 ? 'ids' : `ids[${row}]`;
    if (ids.length === 0)
      throw new Error(`generate: there are no ids to go on from in ${name}; give at least one token`);
    return Array.from(ids, (id, i) => {
      if (Number.isInteger(id) && id >= 0 && id < vocabSize) return id;
      throw new Error(`generate: ${name}[${i}] is ${id}, the model's vocabulary has 0 to ${vocabSize - 1}`);
    });
  });
}
