import { describeCharacter, describeValue, TokenizerError } from './error.js';
import { asObject } from './format/check.js';
import type { JSONPart, TokenizerJSON } from './format/json.js';
import { Trie } from './model/trie.js';
import { Vocab } from './model/vocab.js';
import type { DecodeOptions, DecodeStream, Tokenizer } from './tokenizer.js';

/** What a `DictionaryTokenizer` may be told. */
export interface DictionaryOptions {
  /** Stands for each character that no word covers; must be one of the words. Default: such a character is an error. */
  unkToken?: string;
  /** What stands between words: a space, which is skipped when encoding and put back when decoding, or nothing. Default: `''`. */
  separator?: '' | ' ';
}

/**
 * The toy vocabularies of tutorials: a list of words, each with an id. At each place of the text the longest
 * word that fits is taken.
 *
 * @example
 * ```ts
 * const tokenizer = new DictionaryTokenizer(['我', '喜欢', '喜', '玩']);
 * tokenizer.encode('我喜欢玩'); // [0, 1, 3]
 * ```
 */
export class DictionaryTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly unkToken: string | undefined;
  readonly separator: '' | ' ';
  readonly #vocab: Vocab;
  readonly #trie = new Trie();

  /** @param words in the order of their ids, or with their ids. */
  constructor(words: readonly string[] | Readonly<Record<string, number>>, options: DictionaryOptions = {}) {
    this.#vocab = Array.isArray(words) ? Vocab.fromTokens(words) : Vocab.fromJSON(words, 'words');
    this.unkToken = options.unkToken;
    this.separator = options.separator ?? '';
    this.vocabSize = this.#vocab.length;
    if (Array.isArray(words) && this.#vocab.size !== words.length)
      throw new TokenizerError('DictionaryTokenizer: a word occurs twice.');
    for (const [word, id] of this.#vocab.ids) {
      if (word === '') throw new TokenizerError('DictionaryTokenizer: a word must not be empty.');
      this.#trie.add(word, id);
    }
    if (this.unkToken !== undefined && this.#vocab.get(this.unkToken) === undefined) {
      throw new TokenizerError(
        `DictionaryTokenizer: unkToken ${describeValue(this.unkToken)} is not among the words.`,
      );
    }
  }

  encode(text: string): number[] {
    const ids: number[] = [];
    const unk = this.unkToken === undefined ? undefined : this.#vocab.get(this.unkToken);
    for (let at = 0; at < text.length; ) {
      const id = this.#trie.longest(text, at, text.length);
      if (id >= 0) {
        ids.push(id);
        at = this.#trie.stop;
        continue;
      }
      const character = String.fromCodePoint(text.codePointAt(at) as number);
      if (character !== ' ' || this.separator !== ' ') {
        if (unk === undefined) {
          const position = Array.from(text.slice(0, at)).length;
          throw new TokenizerError(
            `DictionaryTokenizer.encode: no word starts with ${describeCharacter(character)} at position ${position}; add one, or set unkToken.`,
          );
        }
        ids.push(unk);
      }
      at += character.length;
    }
    return ids;
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    return this.decodeStream(options).step(ids);
  }

  decodeStream(_options: DecodeOptions = {}): DecodeStream {
    let first = true;
    return {
      step: (ids) => {
        let text = '';
        for (const id of typeof ids === 'number' ? [ids] : Array.from(ids)) {
          const word = this.#vocab.token(id);
          if (word === undefined) {
            throw new TokenizerError(
              `DictionaryTokenizer.decode: id ${id} is not in the vocabulary; ids are below ${this.vocabSize}.`,
            );
          }
          text += first ? word : this.separator + word;
          first = false;
        }
        return text;
      },
      flush: () => {
        first = true;
        return '';
      },
    };
  }

  getVocab(): Map<string, number> {
    return new Map([...this.#vocab.ids].sort(([, a], [, b]) => a - b));
  }

  tokenToId(token: string): number | undefined {
    return this.#vocab.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#vocab.token(id);
  }

  /** A word-level model behind a split on the words themselves, the longest first, or else on any character. */
  toJSON(): TokenizerJSON {
    const words = [...this.#vocab.ids.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    const escaped = words.map((word) => word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
    const spaces: JSONPart = { type: 'Split', pattern: { String: ' ' }, behavior: 'Removed', invert: false };
    const Regex = [...escaped, '[\\s\\S]'].join('|');
    const split: JSONPart = { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false };
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'Sequence', pretokenizers: this.separator === ' ' ? [spaces, split] : [split] },
      post_processor: null,
      decoder: this.separator === ' ' ? null : { type: 'Fuse' },
      model: { type: 'WordLevel', vocab: this.#vocab.toJSON(), unk_token: this.unkToken ?? '' },
    };
  }

  /** Reads what `toJSON` wrote; `undefined` for any other file. */
  static fromJSON(json: unknown): DictionaryTokenizer | undefined {
    const { model, pre_tokenizer: steps, decoder } = asObject(json, 'the file') as Partial<TokenizerJSON>;
    const pattern = JSON.stringify((steps as JSONPart | undefined)?.pretokenizers ?? '');
    if (model?.type !== 'WordLevel' || !pattern.includes('|[\\\\s\\\\S]"}')) return undefined;
    const vocab = asObject(model.vocab, 'model.vocab') as Record<string, number>;
    const { unk_token: unk } = model;
    const read = new DictionaryTokenizer(vocab, {
      separator: decoder ? '' : ' ',
      ...(typeof unk === 'string' && Object.hasOwn(vocab, unk) ? { unkToken: unk } : {}),
    });
    return JSON.stringify(read.toJSON().pre_tokenizer) === JSON.stringify(steps) ? read : undefined;
  }
}
