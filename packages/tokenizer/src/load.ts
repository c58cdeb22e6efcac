import { CharTokenizer } from './char.js';
import { TokenizerError } from './error.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * The tokenizer that a `tokenizer.json` describes.
 *
 * @param json the file's content, parsed or as text.
 * @throws TokenizerError that names the field that is wrong, or the type that is not known.
 */
export function tokenizerFromJSON(json: unknown): Tokenizer {
  const file = typeof json === 'string' ? parse(json) : json;
  return CharTokenizer.fromJSON(file);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TokenizerError(`tokenizer.json: not JSON (${(error as Error).message}).`);
  }
}
