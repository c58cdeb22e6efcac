/**
 * The file `tokenizer.json` as Hugging Face's library reads and writes it (version 1.0). Parts are kept
 * as plain JSON objects with a `type`; each is checked where it is built.
 */
export interface TokenizerJSON {
  version: '1.0';
  truncation: JSONPart | null;
  padding: JSONPart | null;
  added_tokens: AddedTokenJSON[];
  normalizer: JSONPart | null;
  pre_tokenizer: JSONPart | null;
  post_processor: JSONPart | null;
  decoder: JSONPart | null;
  model: JSONPart;
}

/** One stage of the pipeline: an object whose `type`, where it has one, says which. */
export type JSONPart = { [field: string]: JSONValue };

/** Any JSON value. */
export type JSONValue = string | number | boolean | null | JSONValue[] | { [field: string]: JSONValue };

/** A token that is found in the text before the model sees it. */
export interface AddedTokenJSON {
  id: number;
  content: string;
  /** Match only where no letter, digit or underscore touches it. */
  single_word: boolean;
  /** Take white space on the left along. */
  lstrip: boolean;
  /** Take white space on the right along. */
  rstrip: boolean;
  /** Match in the normalized text rather than in the text as given. */
  normalized: boolean;
  /** Left out by `skipSpecialTokens`. */
  special: boolean;
}

/** An added token that stands for itself wherever it is in the text as given. */
export function plainToken(id: number, content: string, special = true): AddedTokenJSON {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special };
}
