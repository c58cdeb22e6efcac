import type { TokenizerJSON } from './format/json.js';

/** What `encode` may be told. */
export interface EncodeOptions {
  /** Let the post-processor add its special tokens (`[CLS]`, `<s>`, ...). Default: true. */
  addSpecialTokens?: boolean;
}

/** What `decode` and `decodeStream` may be told. */
export interface DecodeOptions {
  /** Leave special tokens out of the text. Default: false, as in Hugging Face's `tokenizer.decode`. */
  skipSpecialTokens?: boolean;
  /** Undo the spaces before punctuation that splitting into words made (for `decode` only). Default: false. */
  cleanUpTokenizationSpaces?: boolean;
}

/**
 * Turns ids into text as they arrive. What it emits, joined, is what `decode` gives for all of them at once;
 * no piece ends in the middle of a character.
 */
export interface DecodeStream {
  /** Takes the next id, or the next few; returns the text that is now certain, often `''`. */
  step(ids: number | ArrayLike<number>): string;
  /** The text still held back. Afterwards the stream is as new. */
  flush(): string;
}

/**
 * What every family of tokenizers can do. The classes that implement it add what is theirs: training,
 * offsets and batches, file formats.
 *
 * @example
 * ```ts
 * function show(tokenizer: Tokenizer, text: string): void {
 *   for (const id of tokenizer.encode(text)) console.log(id, tokenizer.idToToken(id));
 * }
 * ```
 */
export interface Tokenizer {
  /** One more than the largest id, added tokens included: the number of rows an embedding needs. */
  readonly vocabSize: number;
  /** Text to ids. Throws a `TokenizerError` where the text has no ids and there is no unknown token. */
  encode(text: string, options?: EncodeOptions): number[];
  /** Ids to text; any array or typed array of integers. Throws a `TokenizerError` for an id out of range. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** A decoder for ids that arrive one at a time, as in generation. */
  decodeStream(options?: DecodeOptions): DecodeStream;
  /** Every token and its id, added tokens included, in the order of ids. A fresh copy. */
  getVocab(): Map<string, number>;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  /** The content of `tokenizer.json`, which Hugging Face's library loads: `JSON.stringify(tokenizer)` is the file. */
  toJSON(): TokenizerJSON;
}
