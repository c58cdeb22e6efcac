import { describeCharacter, TokenizerError } from '../error.js';
import { type JSONPart, plainToken } from '../format/json.js';
import { allKinds } from '../kinds/all.js';
import { normalizerFromJSON } from '../pipeline/normalizers.js';
import type { CompileRegex } from '../pipeline/patterns.js';
import { Piece } from '../pipeline/piece.js';
import { pretokenize } from '../pipeline/pretokenize.js';
import { stepsFromJSON } from '../pipeline/pretokenizers.js';

/** What to learn from: a text, or texts as they come. Each is taken by itself: no word goes from one to the next. */
export type Corpus = string | Iterable<string> | AsyncIterable<string>;

/** Where training is. */
export interface Progress {
  stage: 'count words' | 'find pieces' | 'count pairs' | 'merge' | 'estimate';
  done: number;
  /** 0 where it is not known. */
  total: number;
}

/** What every trainer may be told. */
export interface TrainOptions {
  /** How many tokens to learn, special ones included. Default: 30,000 (Unigram: 8,000), as Hugging Face's. */
  vocabSize?: number;
  /** Tokens that take the first ids and are found in text as a whole. Default: none. */
  specialTokens?: readonly string[];
  /** Characters that are in the vocabulary even if the corpus lacks them. */
  initialAlphabet?: Iterable<string>;
  normalizer?: JSONPart | null;
  preTokenizer?: JSONPart | null;
  postProcessor?: JSONPart | null;
  decoder?: JSONPart | null;
  /** For patterns that are not built in: `compileRegex` from `@inkstone/tokenizer/regex`. */
  regex?: CompileRegex;
  /** Called now and then. */
  onProgress?: (progress: Progress) => void;
  /** Ends the training with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Cuts a stream of text, such as a file's, into lines, each with its line end: streams cut words in two, lines do not.
 *
 * @example
 * ```ts
 * await trainBPE(lines(createReadStream('corpus.txt', 'utf8')), { vocabSize: 4096 });
 * ```
 */
export async function* lines(chunks: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    rest += chunk;
    let start = 0;
    for (let end = rest.indexOf('\n', start); end >= 0; end = rest.indexOf('\n', start)) {
      yield rest.slice(start, end + 1);
      start = end + 1;
    }
    rest = rest.slice(start);
  }
  if (rest !== '') yield rest;
}

/** Lets others run now and then, so that a page stays alive and an abort can be heard. */
export class Pace {
  readonly #options: TrainOptions;
  #last = performance.now();

  constructor(options: TrainOptions) {
    this.#options = options;
    options.signal?.throwIfAborted();
  }

  /** To be called often and cheaply; `await` the result if there is one. */
  step(stage: Progress['stage'], done: number, total: number): Promise<void> | undefined {
    const now = performance.now();
    if (now - this.#last < 50) return undefined;
    this.#last = now;
    this.#options.onProgress?.({ stage, done, total });
    return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
      this.#last = performance.now();
      this.#options.signal?.throwIfAborted();
    });
  }
}

/** The words of a corpus after normalizing and pre-tokenizing, each with how often it occurs, in the order of their first. */
export async function countWords(
  corpus: Corpus,
  options: TrainOptions,
  pace: Pace,
): Promise<Map<string, number>> {
  const context = { kinds: allKinds, regex: options.regex };
  const normalizer = options.normalizer ? normalizerFromJSON(options.normalizer, 'normalizer', context) : [];
  const steps = options.preTokenizer ? stepsFromJSON(options.preTokenizer, 'preTokenizer', context) : [];
  // Bytes are mapped at the end, once for each different word.
  const bytes = steps.at(-1)?.bytes ? steps.pop() : undefined;
  const counts = new Map<string, number>();
  let texts = 0;
  for await (const text of typeof corpus === 'string' ? [corpus] : corpus) {
    if (typeof text !== 'string')
      throw new TokenizerError(`Training: text ${texts} of the corpus is no string but ${typeof text}.`);
    const normalized = normalizer.reduce((changed, change) => change.normalize(changed), text);
    pretokenize(steps, new Piece(normalized), 0, normalized.length, (piece, start, end) => {
      const word = piece.text.slice(start, end);
      const count = counts.get(word) ?? 0;
      if (count === 0 && !bytes) checkCharacters(word, texts);
      counts.set(word, count + 1);
    });
    await pace.step('count words', ++texts, 0);
  }
  if (!bytes?.change) return counts;
  const mapped = new Map<string, number>();
  for (const [word, count] of counts) mapped.set(bytes.change(new Piece(word)).text, count);
  return mapped;
}

/** A vocabulary of characters has no token for half of one: no other library could read the file. Bytes take it. */
function checkCharacters(word: string, text: number): void {
  const at = word.search(/[\ud800-\udfff]/u);
  if (at < 0) return;
  throw new TokenizerError(
    `Training: text ${text} of the corpus has ${describeCharacter(word.charAt(at))}, which is no character and has no token; was it cut in two?`,
  );
}

/** Checks the number that every trainer takes. */
export function vocabSizeOf(options: TrainOptions, otherwise: number): number {
  const { vocabSize = otherwise, specialTokens = [] } = options;
  if (!Number.isInteger(vocabSize) || vocabSize <= specialTokens.length) {
    throw new TokenizerError(
      `Training: vocabSize must be a whole number above the ${specialTokens.length} special tokens, but is ${vocabSize}.`,
    );
  }
  return vocabSize;
}

/** Special tokens as a file has them; their ids are their places. */
export function addedTokens(tokens: readonly string[] = []) {
  return tokens.map((content, id) => plainToken(id, content));
}

export function byCodePoint(a: string, b: string): number {
  const left = Array.from(a, (c) => c.codePointAt(0) as number);
  const right = Array.from(b, (c) => c.codePointAt(0) as number);
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return (left[i] as number) - (right[i] as number);
  }
  return left.length - right.length;
}
