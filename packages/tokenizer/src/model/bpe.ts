import { describeCharacter, describeValue, TokenizerError } from '../error.js';
import { asArray, asBoolean, asObject, asOptionalString, fail } from '../format/check.js';
import type { JSONPart } from '../format/json.js';
import { CHARACTER_OF_BYTE, utf8Of } from './byte-alphabet.js';
import type { Ids } from './ids.js';
import { Joints } from './joints.js';
import { Merger } from './merge.js';
import type { Model, Spans } from './model.js';
import { PairTable } from './pairs.js';
import { spansOf } from './spans.js';
import { Vocab } from './vocab.js';
import { WordCache } from './word-cache.js';

/** What a byte-pair model may be told; the names are those of `tokenizer.json`, in camelCase. */
export interface BPEOptions {
  /** Stands for characters that are not in the vocabulary. Default: such a character is an error. */
  unkToken?: string | undefined;
  /** Written before each symbol of a word but the first. Default: none. */
  continuingSubwordPrefix?: string | undefined;
  /** Written behind the last symbol of a word. Default: none. */
  endOfWordSuffix?: string | undefined;
  /** One unknown token for a run of unknown characters. Default: false. */
  fuseUnk?: boolean;
  /** Unknown characters as the tokens `<0x00>` ... `<0xFF>` of their bytes. Default: false. */
  byteFallback?: boolean;
  /** A word that is in the vocabulary is that token, whatever the merges make of it. Default: false. */
  ignoreMerges?: boolean;
  /** Probability of leaving a merge out (BPE-dropout), for training. Default: 0. */
  dropout?: number;
}

/** Byte-pair encoding: words to ids by learned merges, over characters or over bytes. */
export class BPE implements Model {
  readonly vocab: Vocab;
  readonly options: BPEOptions;
  readonly unkId: number | undefined;
  readonly #pairs: PairTable;
  readonly #merger: Merger;
  readonly #words = new WordCache();
  /** Parts of words, for which `ignoreMerges` does not hold: where that is set they have their own cache. */
  readonly #parts: WordCache;
  /** In byte-level mode `encode` takes plain text and maps it to bytes itself. */
  #byteLevel = false;
  #joints: Joints | undefined;
  /** The length of the longest token, in bytes: no longer word can be one. */
  #longest = 0;
  /**
   * Ids of the first symbols: by byte, and by UTF-16 unit (-1 none, -2 not looked up yet). In byte-level mode the
   * latter has the parts of words that are one character and one token.
   */
  readonly #idOfByte = new Int32Array(256);
  readonly #idOfCode = new Int32Array(0x10000).fill(-2);

  /**
   * @param merges pairs of tokens, earliest learned first; or the ids of left, right and merged token of each, one
   *   behind the other.
   */
  constructor(
    vocab: Vocab,
    merges: readonly (readonly [string, string])[] | Int32Array,
    options: BPEOptions = {},
  ) {
    this.vocab = vocab;
    this.options = options;
    for (let id = 0; id < vocab.length; id++)
      this.#longest = Math.max(this.#longest, (vocab.ends[id] as number) - (vocab.starts[id] as number));
    this.#pairs = merges instanceof Int32Array ? this.#pairsOfIds(merges) : this.#pairsOfTokens(merges);
    const { dropout = 0, unkToken } = options;
    if (!(dropout >= 0 && dropout <= 1))
      throw new TokenizerError(`BPE: dropout must be from 0 to 1, but is ${dropout}.`);
    this.#parts = options.ignoreMerges ? new WordCache() : this.#words;
    this.#merger = new Merger(this.#pairs, dropout);
    this.unkId = unkToken === undefined ? undefined : vocab.get(unkToken);
    for (let byte = 0; byte < 256; byte++)
      this.#idOfByte[byte] = options.byteFallback ? this.#fallbackId(byte) : -1;
  }

  #pairsOfIds(merges: Int32Array): PairTable {
    const pairs = new PairTable(merges.length / 3);
    for (let rank = 0, at = 0; at < merges.length; at += 3) {
      pairs.set(merges[at] as number, merges[at + 1] as number, rank++, merges[at + 2] as number);
    }
    return pairs;
  }

  #pairsOfTokens(merges: readonly (readonly [string, string])[]): PairTable {
    const { vocab } = this;
    const prefix = this.options.continuingSubwordPrefix?.length ?? 0;
    const pairs = new PairTable(merges.length);
    for (let rank = 0; rank < merges.length; rank++) {
      const [a, b] = merges[rank] as readonly [string, string];
      const left = vocab.get(a);
      const right = vocab.get(b);
      const whole = a + b.slice(prefix);
      const merged = vocab.get(whole);
      if (left === undefined || right === undefined || merged === undefined) {
        const missing = left === undefined ? a : right === undefined ? b : whole;
        throw new TokenizerError(
          `BPE: merge ${rank}, ${describeValue([a, b])}, needs the token ${describeValue(missing)}, which is not in the vocabulary.`,
        );
      }
      pairs.set(left, right, rank, merged);
    }
    return pairs;
  }

  #fallbackId(byte: number): number {
    return this.vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`) ?? -1;
  }

  get takesBytes(): boolean {
    return this.options.byteFallback === true;
  }

  useBytes(): boolean {
    if (this.#byteLevel) return true;
    if (!this.#canUseBytes) return false;
    this.#byteLevel = true;
    for (let byte = 0; byte < 256; byte++) {
      this.#idOfByte[byte] = this.vocab.get(CHARACTER_OF_BYTE[byte] as string) ?? -1;
    }
    this.#idOfCode.fill(-2);
    this.#words.clear();
    this.#parts.clear();
    return true;
  }

  /** Whether this model can work on bytes: nothing must be written between or behind them. */
  get #canUseBytes(): boolean {
    const { continuingSubwordPrefix, endOfWordSuffix } = this.options;
    return (
      !continuingSubwordPrefix &&
      !endOfWordSuffix &&
      CHARACTER_OF_BYTE.every((c) => this.vocab.get(c) !== undefined)
    );
  }

  encode(text: string, start: number, end: number, ids: Ids): void {
    // Where words are not divided by spaces, few come a second time, but their parts do.
    const partsFirst = this.#byteLevel && text.charCodeAt(end - 1) > 0x7ff && end - start > 1;
    if (end - start <= WordCache.MAX_WORD && !partsFirst) {
      if (this.#remembers && this.#words.get(text, start, end, ids)) return;
      if (end - start === 1 || !this.#mayPart(text, start, end)) {
        this.#encodeNew(text, start, end, ids, this.#words);
        return;
      }
    }
    if (!this.#canPart || this.#encodeParts(text, start, end, ids) === 0) {
      const remembered = this.#remembers && end - start <= WordCache.MAX_WORD;
      if (remembered && this.#words.get(text, start, end, ids)) return;
      this.#encodeNew(text, start, end, ids, this.#words);
    }
  }

  get #remembers(): boolean {
    return !this.options.dropout;
  }

  /** Whether it is worth looking for places where the word comes apart: in ASCII words hardly ever. */
  #mayPart(text: string, start: number, end: number): boolean {
    if (!this.#byteLevel) return this.#canPart;
    for (let i = start; i < end; i++) if (text.charCodeAt(i) > 0x7ff) return true;
    return false;
  }

  /** A suffix or prefix depends on where the word ends, so such words are never taken apart. */
  get #canPart(): boolean {
    return !this.options.continuingSubwordPrefix && !this.options.endOfWordSuffix && !this.options.dropout;
  }

  /** Takes a word apart where no token reaches over, and encodes the parts; returns at how many places. */
  #encodeParts(text: string, start: number, end: number, ids: Ids): number {
    this.#joints ??= new Joints(this.vocab, this.#byteLevel);
    let from = start;
    let places = 0;
    for (let i = start + 1; i <= end; i++) {
      if (i < end && this.#joinedAt(text, i)) continue;
      if (i === end && places === 0) return 0;
      // Most parts are a single character.
      const code = this.#byteLevel && i - from === 1 ? text.charCodeAt(from) : 0;
      const known = code > 0 ? (this.#idOfCode[code] as number) : -1;
      if (known >= 0) {
        ids.push(known);
      } else if (i - from > WordCache.MAX_WORD || !this.#parts.get(text, from, i, ids)) {
        const before = ids.length;
        this.#encodeNew(text, from, i, ids, this.#parts);
        if (code > 0 && ids.length === before + 1) this.#idOfCode[code] = ids.at(before);
      }
      from = i;
      places++;
    }
    return places;
  }

  #joinedAt(text: string, i: number): boolean {
    const left = text.charCodeAt(i - 1);
    const right = text.charCodeAt(i);
    if ((this.#joints as Joints).joined(left, right)) return true;
    // Two unknown neighbours become one unknown token.
    return (
      !this.#byteLevel &&
      this.options.fuseUnk === true &&
      !(this.#idOf(text, i - 1, i) >= 0 && this.#idOf(text, i, i + 1) >= 0)
    );
  }

  /** Encodes a word or part that `cache` has just not had, and keeps it there if it is short. */
  #encodeNew(text: string, start: number, end: number, ids: Ids, cache: WordCache): void {
    const from = ids.length;
    const whole = cache === this.#words ? this.#wholeWord(text, start, end) : undefined;
    if (whole !== undefined) {
      ids.push(whole);
    } else {
      this.#merger.measures = false;
      const n = this.#merger.merge(this.#symbolsOf(text, start, end));
      if (n > 48) ids.pushAll(this.#merger.symbols, n);
      else for (let i = 0; i < n; i++) ids.push(this.#merger.symbols[i] as number);
      this.#merger.release();
    }
    if (this.#remembers && end - start <= WordCache.MAX_WORD) cache.put(text, start, end, ids, from);
  }

  #wholeWord(text: string, start: number, end: number): number | undefined {
    if (!this.options.ignoreMerges || end - start > this.#longest) return undefined;
    if (!this.#byteLevel) return this.vocab.get(text.slice(start, end));
    let word = '';
    const bytes: number[] = [];
    utf8Of(text, start, end, bytes);
    for (const byte of bytes) word += CHARACTER_OF_BYTE[byte];
    return this.vocab.get(word);
  }

  encodeSpans(text: string, start: number, end: number, ids: Ids, spans: Spans): void {
    const whole = this.#wholeWord(text, start, end);
    if (whole !== undefined) {
      ids.push(whole);
      spans.push(start, end);
      return;
    }
    this.#merger.measures = true;
    const n = this.#merger.merge(this.#symbolsOf(text, start, end));
    const { symbols, lengths } = this.#merger;
    for (let i = 0; i < n; i++) ids.push(symbols[i] as number);
    spansOf(text, start, end, lengths, n, spans);
  }

  /** Fills the merger with the word's first symbols and their lengths in bytes; returns how many. */
  #symbolsOf(text: string, start: number, end: number): number {
    const merger = this.#merger;
    merger.reserve(3 * (end - start));
    if (!this.#byteLevel) return this.#charactersOf(text, start, end);
    const { symbols, lengths } = merger;
    const n = utf8Of(text, start, end, symbols);
    for (let i = 0; i < n; i++) symbols[i] = this.#idOfByte[symbols[i] as number] as number;
    if (merger.measures) lengths.fill(1, 0, n);
    return n;
  }

  #charactersOf(text: string, start: number, end: number): number {
    const { symbols, lengths, measures } = this.#merger;
    const { continuingSubwordPrefix: prefix, endOfWordSuffix: suffix, fuseUnk, byteFallback } = this.options;
    let n = 0;
    let afterUnknown = false;
    for (let i = start; i < end; ) {
      const code = text.codePointAt(i) as number;
      const stop = code > 0xffff && i + 1 < end ? i + 2 : i + 1;
      const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      let id: number;
      if (prefix || suffix) {
        const symbol =
          (i > start && prefix ? prefix : '') + text.slice(i, stop) + (stop === end && suffix ? suffix : '');
        id = this.vocab.get(symbol) ?? -1;
      } else {
        id = this.#idOf(text, i, stop);
      }
      if (id >= 0) {
        symbols[n] = id;
        if (measures) lengths[n] = bytes;
        n++;
      } else if (byteFallback && this.#pushBytes(text, i, stop, n)) {
        n += bytes;
      } else if (this.unkId === undefined) {
        throw new TokenizerError(
          `BPE: the character ${describeCharacter(text.slice(i, stop))} is not in the vocabulary, and the model has no unknown token.`,
        );
      } else if (fuseUnk && afterUnknown) {
        if (measures) lengths[n - 1] = (lengths[n - 1] as number) + bytes;
      } else {
        symbols[n] = this.unkId;
        if (measures) lengths[n] = bytes;
        n++;
      }
      afterUnknown = id < 0 && symbols[n - 1] === this.unkId;
      i = stop;
    }
    return n;
  }

  /** The id of the character at `start`, or -1. */
  #idOf(text: string, start: number, end: number): number {
    if (end - start > 1) return this.vocab.get(text.slice(start, end)) ?? -1;
    const code = text.charCodeAt(start);
    let id = this.#idOfCode[code] as number;
    if (id === -2) {
      id = this.vocab.get(String.fromCharCode(code)) ?? -1;
      this.#idOfCode[code] = id;
    }
    return id;
  }

  #pushBytes(text: string, start: number, end: number, n: number): boolean {
    const bytes: number[] = [];
    utf8Of(text, start, end, bytes);
    if (bytes.some((byte) => (this.#idOfByte[byte] as number) < 0)) return false;
    for (const byte of bytes) {
      this.#merger.symbols[n] = this.#idOfByte[byte] as number;
      if (this.#merger.measures) this.#merger.lengths[n] = 1;
      n++;
    }
    return true;
  }

  /** The merges, earliest learned first. */
  merges(): [string, string][] {
    const { tokens } = this.vocab;
    return this.#pairs.pairs().map(([left, right]) => [tokens[left] as string, tokens[right] as string]);
  }

  toJSON(): JSONPart {
    const { options } = this;
    return {
      type: 'BPE',
      dropout: options.dropout || null,
      unk_token: options.unkToken ?? null,
      continuing_subword_prefix: options.continuingSubwordPrefix ?? null,
      end_of_word_suffix: options.endOfWordSuffix ?? null,
      fuse_unk: options.fuseUnk ?? false,
      byte_fallback: options.byteFallback ?? false,
      ignore_merges: options.ignoreMerges ?? false,
      vocab: this.vocab.toJSON(),
      merges: this.merges(),
    };
  }

  static fromJSON(json: unknown): BPE {
    const model = asObject(json, 'model');
    const vocab = Vocab.fromJSON(model.vocab, 'model.vocab');
    const dropout = model.dropout ?? 0;
    if (typeof dropout !== 'number') fail('model.dropout', 'a number or null', dropout);
    const { merges } = model;
    const read = merges instanceof Int32Array ? merges : mergesFromJSON(asArray(merges, 'model.merges'));
    return new BPE(vocab, read, {
      dropout,
      unkToken: asOptionalString(model.unk_token, 'model.unk_token'),
      continuingSubwordPrefix: asOptionalString(
        model.continuing_subword_prefix,
        'model.continuing_subword_prefix',
      ),
      endOfWordSuffix: asOptionalString(model.end_of_word_suffix, 'model.end_of_word_suffix'),
      fuseUnk: asBoolean(model.fuse_unk, 'model.fuse_unk', false),
      byteFallback: asBoolean(model.byte_fallback, 'model.byte_fallback', false),
      ignoreMerges: asBoolean(model.ignore_merges, 'model.ignore_merges', false),
    });
  }
}

/** Merges as files have them: pairs, or in older ones the two tokens with a space between. */
export function mergesFromJSON(merges: readonly unknown[]): (readonly [string, string])[] {
  return merges.map((merge, i) => {
    if (typeof merge === 'string') {
      const space = merge.indexOf(' ');
      if (space > 0 && merge.indexOf(' ', space + 1) < 0)
        return [merge.slice(0, space), merge.slice(space + 1)];
    } else if (
      Array.isArray(merge) &&
      merge.length === 2 &&
      typeof merge[0] === 'string' &&
      typeof merge[1] === 'string'
    ) {
      return merge as unknown as readonly [string, string];
    }
    return fail(`model.merges[${i}]`, 'two tokens', merge);
  });
}
