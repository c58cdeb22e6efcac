import { describeValue, TokenizerError } from '../error.js';
import { asCount, asObject, asString } from '../format/check.js';
import type { JSONPart } from '../format/json.js';
import type { Ids } from './ids.js';
import type { Model, Spans } from './model.js';
import { Trie } from './trie.js';
import { Vocab } from './vocab.js';
import { WordCache } from './word-cache.js';

/** What a WordPiece model may be told. */
export interface WordPieceOptions {
  /** Stands for a word that cannot be put together. Default: `[UNK]`. */
  unkToken?: string;
  /** Marks pieces that do not start a word. Default: `##`. */
  continuingSubwordPrefix?: string;
  /** Longer words are unknown; in characters. Default: 100. */
  maxInputCharsPerWord?: number;
}

/**
 * WordPiece: a word is the longest piece that it starts with, then the longest that the rest starts with,
 * and so on; if that comes to no end, the whole word is unknown. (Schuster and Nakajima 2012; Devlin et al. 2018.)
 */
export class WordPiece implements Model {
  readonly vocab: Vocab;
  readonly options: Required<WordPieceOptions>;
  readonly unkId: number | undefined;
  /** Pieces that start a word, and those that continue one, without their prefix. */
  readonly #first = new Trie();
  readonly #rest = new Trie();
  readonly #cache = new WordCache();

  constructor(vocab: Vocab, options: WordPieceOptions = {}) {
    this.vocab = vocab;
    this.options = {
      unkToken: '[UNK]',
      continuingSubwordPrefix: '##',
      maxInputCharsPerWord: 100,
      ...options,
    };
    this.unkId = vocab.get(this.options.unkToken);
    const prefix = this.options.continuingSubwordPrefix;
    for (const [id, token] of vocab.tokens.entries()) {
      if (!token) continue;
      this.#first.add(token, id);
      if (token.startsWith(prefix) && token.length > prefix.length)
        this.#rest.add(token.slice(prefix.length), id);
    }
  }

  encode(text: string, start: number, end: number, ids: Ids): void {
    const short = end - start <= WordCache.MAX_WORD;
    if (short && this.#cache.get(text, start, end, ids)) return;
    const from = ids.length;
    this.encodeSpans(text, start, end, ids);
    if (short) this.#cache.put(text, start, end, ids, from);
  }

  encodeSpans(text: string, start: number, end: number, ids: Ids, spans?: Spans): void {
    const from = ids.length;
    const fromSpan = spans?.length ?? 0;
    let at = this.#isTooLong(text, start, end) ? end + 1 : start;
    while (at < end) {
      const trie = at === start ? this.#first : this.#rest;
      const id = trie.longest(text, at, end);
      if (id < 0) break;
      ids.push(id);
      spans?.push(at, trie.stop);
      at = trie.stop;
    }
    if (at === end) return;
    if (this.unkId === undefined) {
      throw new TokenizerError(
        `WordPiece: the word ${describeValue(text.slice(start, end))} is not in the vocabulary, and neither is the unknown token ${describeValue(this.options.unkToken)}.`,
      );
    }
    ids.length = from;
    ids.push(this.unkId);
    if (spans) {
      spans.length = fromSpan;
      spans.push(start, end);
    }
  }

  #isTooLong(text: string, start: number, end: number): boolean {
    const limit = this.options.maxInputCharsPerWord;
    if (end - start <= limit) return false;
    let characters = 0;
    for (let i = start; i < end && characters <= limit; i++) {
      const code = text.charCodeAt(i);
      if (code < 0xdc00 || code >= 0xe000) characters++;
    }
    return characters > limit;
  }

  toJSON(): JSONPart {
    return {
      type: 'WordPiece',
      unk_token: this.options.unkToken,
      continuing_subword_prefix: this.options.continuingSubwordPrefix,
      max_input_chars_per_word: this.options.maxInputCharsPerWord,
      vocab: this.vocab.toJSON(),
    };
  }

  static fromJSON(json: unknown): WordPiece {
    const model = asObject(json, 'model');
    return new WordPiece(Vocab.fromJSON(model.vocab, 'model.vocab'), {
      unkToken: asString(model.unk_token ?? '[UNK]', 'model.unk_token'),
      continuingSubwordPrefix: asString(
        model.continuing_subword_prefix ?? '##',
        'model.continuing_subword_prefix',
      ),
      maxInputCharsPerWord: asCount(model.max_input_chars_per_word ?? 100, 'model.max_input_chars_per_word'),
    });
  }
}
