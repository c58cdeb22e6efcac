/** What generation may be told, with the checks. Names and defaults are those of Hugging Face's `generate`. */
import { defaultGenerator, Generator } from '@inkstone/core';
import type { Tokenizer } from '@inkstone/tokenizer';
import type { CausalLMConfig } from '../causal-lm.js';

/** Names and defaults are those of Hugging Face's `generate`, but for `doSample`. */
export interface GenerateOptions {
  /** Tokens to write at most (default 20). */
  maxNewTokens?: number;
  /** Tokens to write at least: the end has no chance before (default 0). */
  minNewTokens?: number;
  /**
   * Draw tokens (true) or take the most probable one (false). Default: true if `temperature`, `topK`, `topP`, `minP`,
   * `seed` or `generator` is given, which mean nothing otherwise, else false.
   */
  doSample?: boolean;
  /** Scores are divided by it before drawing (default 1): below 1 bolder, above 1 wilder. */
  temperature?: number;
  /** Draw from so many of the most probable tokens only (default 50); 0 for all. */
  topK?: number;
  /** Draw from the fewest tokens whose probabilities sum up to this (default 1: all). https://arxiv.org/abs/1904.09751 */
  topP?: number;
  /** Draw from tokens at least so probable, compared with the most probable one (default 0: all). */
  minP?: number;
  /** Above 1, tokens that the text has already become less probable (default 1). https://arxiv.org/abs/1909.05858 */
  repetitionPenalty?: number;
  /** No run of so many tokens occurs twice in the text (default 0: no matter). */
  noRepeatNgramSize?: number;
  /** Stop once the new text holds one of these; needs `tokenizer`. */
  stopStrings?: string | readonly string[];
  /** Texts to pursue at once, to find the most probable one (default 1: none but the one). Not together with drawing. */
  numBeams?: number;
  /** Beams: scores are divided by the number of new tokens to this power (default 1); below 0 prefers short texts. */
  lengthPenalty?: number;
  /** Beams: end as soon as there are `numBeams` whole texts (default false: when none that is open can win any more). */
  earlyStopping?: boolean;
  /** Beams: how many of the best to give for each prompt (default 1). */
  numReturnSequences?: number;
  /** Draw from a stream of its own with this seed: the same seed, the same text. */
  seed?: number | bigint;
  /** The stream to draw from if there is no seed; the default generator, which `manualSeed` seeds, if absent. */
  generator?: Generator;
  /** Stop after this token, or any of these (default: those of the model's config); null never stops. */
  eosTokenId?: number | readonly number[] | null;
  /** Keep keys and values of what has been seen (default true); false sees the whole text again for each token. */
  useCache?: boolean;
  /** For `stopStrings`. */
  tokenizer?: Tokenizer;
  /** Stops between two tokens; what has been written so far is the result. */
  signal?: AbortSignal;
}

/** Options with their defaults filled in. */
export interface GenerationConfig {
  readonly maxNewTokens: number;
  readonly minNewTokens: number;
  readonly doSample: boolean;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  readonly noRepeatNgramSize: number;
  readonly stopStrings: readonly string[];
  readonly numBeams: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean;
  readonly numReturnSequences: number;
  readonly generator: Generator;
  readonly ends: ReadonlySet<number>;
  readonly useCache: boolean;
  readonly tokenizer: Tokenizer | null;
  readonly signal: AbortSignal | null;
}

/** @throws Error that names the option, its value and what is allowed. */
export function generationConfig(options: GenerateOptions, model: CausalLMConfig): GenerationConfig {
  const { temperature, topK, topP, minP, seed, generator, tokenizer = null, signal = null } = options;
  const asked = [temperature, topK, topP, minP, seed, generator].some((option) => option !== undefined);
  const { stopStrings = [], numBeams = 1, numReturnSequences = 1 } = options;
  const doSample = options.doSample ?? (asked && numBeams === 1);
  const wrong = (name: keyof GenerateOptions, allowed: string): Error =>
    new Error(`generate: ${name} is ${String(options[name])}, must be ${allowed}`);
  const counts = {
    maxNewTokens: 0,
    minNewTokens: 0,
    topK: 0,
    noRepeatNgramSize: 0,
    numBeams: 1,
    numReturnSequences: 1,
  };
  for (const [name, least] of Object.entries(counts)) {
    const value = options[name as keyof typeof counts];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < least))
      throw wrong(name as keyof typeof counts, `a whole number from ${least} on`);
  }
  if (temperature !== undefined && !(temperature > 0))
    throw wrong('temperature', 'greater than 0 (doSample: false is greedy)');
  if (topP !== undefined && !(topP > 0 && topP <= 1)) throw wrong('topP', 'greater than 0 and at most 1');
  if (minP !== undefined && !(minP >= 0 && minP <= 1)) throw wrong('minP', 'between 0 and 1');
  const { repetitionPenalty = 1, lengthPenalty = 1 } = options;
  if (!(repetitionPenalty > 0)) throw wrong('repetitionPenalty', 'greater than 0');
  if (!Number.isFinite(lengthPenalty)) throw wrong('lengthPenalty', 'a number');
  const stops = typeof stopStrings === 'string' ? [stopStrings] : [...stopStrings];
  if (stops.length > 0 && !tokenizer)
    throw new Error('generate: stopStrings need a tokenizer, to see the text');
  if (stops.includes('')) throw new Error('generate: an empty stop string stops everything');
  if (numBeams > 1 && doSample) throw new Error('generate: numBeams and doSample exclude each other');
  if (numReturnSequences > numBeams)
    throw wrong('numReturnSequences', `at most numBeams, which is ${numBeams}`);
  if (numBeams > 1 && stops.length > 0) throw new Error('generate: stopStrings do not go with beams');
  return {
    maxNewTokens: options.maxNewTokens ?? 20,
    minNewTokens: options.minNewTokens ?? 0,
    doSample,
    temperature: temperature ?? 1,
    topK: topK ?? 50,
    topP: topP ?? 1,
    minP: minP ?? 0,
    repetitionPenalty,
    noRepeatNgramSize: options.noRepeatNgramSize ?? 0,
    stopStrings: stops,
    numBeams,
    lengthPenalty,
    earlyStopping: options.earlyStopping ?? false,
    numReturnSequences,
    generator: seed === undefined ? (generator ?? defaultGenerator) : new Generator({ seed }),
    ends: new Set(endTokens(options.eosTokenId, model)),
    useCache: options.useCache ?? true,
    tokenizer,
    signal,
  };
}

function endTokens(eos: GenerateOptions['eosTokenId'], model: CausalLMConfig): readonly number[] {
  if (eos === null) return [];
  if (eos !== undefined) return typeof eos === 'number' ? [eos] : eos;
  return [...(model.eosTokenId === null ? [] : [model.eosTokenId]), ...(model.stopTokenIds ?? [])];
}
