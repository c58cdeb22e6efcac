import { CharTokenizer } from '../char.js';
import { DictionaryTokenizer } from '../dictionary.js';
import type { Tokenizer } from '../tokenizer.js';

/** The tokenizer of a file that a character tokenizer or a dictionary wrote; `undefined` for any other file. */
export function wordsFromJSON(file: unknown): Tokenizer | undefined {
  return CharTokenizer.isCharJSON(file) ? CharTokenizer.fromJSON(file) : DictionaryTokenizer.fromJSON(file);
}
