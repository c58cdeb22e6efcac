/** Watches the text that tokens make for strings that end it. */
import type { DecodeStream } from '@inkstone/tokenizer';
import type { GenerationConfig } from './options.js';

export class StopStrings {
  readonly #stream: DecodeStream;
  readonly #strings: readonly string[];
  readonly #longest: number;
  #end = '';

  constructor({ tokenizer, stopStrings }: GenerationConfig) {
    if (!tokenizer) throw new Error('generate: stopStrings need a tokenizer, to see the text');
    this.#stream = tokenizer.decodeStream();
    this.#strings = stopStrings;
    this.#longest = Math.max(...stopStrings.map(({ length }) => length));
  }

  /** Whether the text holds one of the strings, with this token. */
  complete(token: number): boolean {
    const text = this.#end + this.#stream.step(token);
    if (this.#strings.some((stop) => text.includes(stop))) return true;
    // Of what is known, a string can only still use the end.
    this.#end = this.#longest > 1 ? text.slice(1 - this.#longest) : '';
    return false;
  }
}
