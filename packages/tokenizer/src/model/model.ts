import type { JSONPart } from '../format/json.js';
import type { Ids } from './ids.js';
import type { Vocab } from './vocab.js';

/** A token's place in the text: from `spans[2 * i]` up to `spans[2 * i + 1]`, in UTF-16 units. */
export type Spans = number[];

/** The last stage but one of encoding: a piece of normalized text to ids. */
export interface Model {
  readonly vocab: Vocab;
  /** Appends the ids of `text[start, end)`; that range is not empty. */
  encode(text: string, start: number, end: number, ids: Ids): void;
  /** The same with each token's place. A token of part of a character has that character's place. */
  encodeSpans(text: string, start: number, end: number, ids: Ids, spans: Spans): void;
  /** From here on text comes as it is and is looked up in the byte-level alphabet, if the model can do that. */
  useBytes?(): boolean;
  /** Whether every text has ids, even one with lone surrogates. */
  readonly takesBytes?: boolean;
  /** The id that stands for what has no other, if the model has one. */
  readonly unkId: number | undefined;
  toJSON(): JSONPart;
}
