import { describeCharacter, describeValue, TokenizerError } from './error.js';
import { asAddedToken, asArray, asId, asObject, asString, fail } from './format/check.js';
import { type AddedTokenJSON, plainToken, type TokenizerJSON } from './format/json.js';
import type { DecodeOptions, DecodeStream, Tokenizer } from './tokenizer.js';

/** What `CharTokenizer.train` may be told. */
export interface CharTrainOptions {
  /** Leave out characters that occur less often. Default: 1, which keeps all. */
  minFrequency?: number;
  /** Keep at most this many tokens, special ones included: the most frequent characters. Default: no limit. */
  maxVocabSize?: number;
  /** Tokens such as `<|endoftext|>`: they take the first ids, in this order. Default: none. */
  specialTokens?: readonly string[];
  /** Stands for any character that is not in the vocabulary; added to the special tokens. Default: such a character is an error. */
  unkToken?: string;
}

/** In the file, each character is one pre-token. Oniguruma's `.` stops at a newline, so the class says "any". */
const ANY_CHARACTER = '[\\s\\S]';

/**
 * One token per character (Unicode code point), as in the first chapters of every tutorial. The vocabulary
 * is sorted by code point, so that `train(text)` gives the ids of
 * `{ch: i for i, ch in enumerate(sorted(set(text)))}` in Python.
 *
 * @example
 * ```ts
 * const tokenizer = CharTokenizer.train('hello world');
 * tokenizer.vocabSize;        // 8
 * tokenizer.encode('hell');   // [3, 2, 4, 4]
 * tokenizer.decode([3, 2]);   // 'he'
 * ```
 */
export class CharTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly unkToken: string | undefined;
  readonly specialTokens: readonly string[];
  readonly #tokens: string[];
  readonly #ids: Map<string, number>;
  /** Ids of the characters of the Basic Multilingual Plane by code, -1 where there is none. */
  readonly #idOfCode: Int32Array;
  readonly #isSpecial: Uint8Array;
  readonly #special: RegExp | undefined;
  readonly #unkId: number;

  /**
   * @param tokens the vocabulary: the token with id `i` at place `i`. What is not in `specialTokens` must be
   *   one character.
   */
  constructor(tokens: readonly string[], options: Pick<CharTrainOptions, 'specialTokens' | 'unkToken'> = {}) {
    const { specialTokens, unkToken } = withUnk(options);
    const isSpecial = new Set(specialTokens);
    this.#tokens = [...tokens];
    this.#ids = new Map();
    this.#idOfCode = new Int32Array(0x10000).fill(-1);
    this.#isSpecial = new Uint8Array(tokens.length);
    for (const [id, token] of tokens.entries()) {
      if (this.#ids.has(token))
        throw new TokenizerError(`CharTokenizer: token ${describeValue(token)} occurs twice.`);
      this.#ids.set(token, id);
      if (isSpecial.has(token)) {
        this.#isSpecial[id] = 1;
        continue;
      }
      const code = token.codePointAt(0) ?? -1;
      if (code < 0 || token.length !== (code > 0xffff ? 2 : 1)) {
        throw new TokenizerError(
          `CharTokenizer: token ${describeValue(token)} is not one character; name it in specialTokens if it is meant to be a whole.`,
        );
      }
      if (isSurrogate(code)) throw loneSurrogate(token, `token ${id}`);
      if (code <= 0xffff) this.#idOfCode[code] = id;
    }
    for (const token of specialTokens) {
      if (!this.#ids.has(token))
        throw new TokenizerError(
          `CharTokenizer: special token ${describeValue(token)} is not in the vocabulary.`,
        );
    }
    this.vocabSize = tokens.length;
    this.unkToken = unkToken;
    this.#unkId = unkToken === undefined ? -1 : (this.#ids.get(unkToken) ?? -1);
    this.specialTokens = specialTokens;
    this.#special = specialTokens.length > 0 ? matcherOf(specialTokens) : undefined;
  }

  /**
   * Collects the characters of a text, or of several (any iterable of strings).
   *
   * @throws TokenizerError for a lone surrogate, which no file can hold, and for options out of range.
   */
  static train(text: string | Iterable<string>, options: CharTrainOptions = {}): CharTokenizer {
    const { minFrequency = 1, maxVocabSize = Number.POSITIVE_INFINITY } = options;
    const { specialTokens, unkToken } = withUnk(options);
    if (!(minFrequency >= 1))
      throw new TokenizerError(
        `CharTokenizer.train: minFrequency must be at least 1, but is ${minFrequency}.`,
      );
    if (!(maxVocabSize > specialTokens.length)) {
      throw new TokenizerError(
        `CharTokenizer.train: maxVocabSize must be more than the ${specialTokens.length} special tokens, but is ${maxVocabSize}.`,
      );
    }

    const counts = new Map<string, number>();
    for (const part of typeof text === 'string' ? [text] : text) {
      for (const character of part) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    for (const character of counts.keys()) {
      if (isSurrogate(character.codePointAt(0) ?? 0)) throw loneSurrogate(character, 'the training text');
    }
    const room = maxVocabSize - specialTokens.length;
    const kept = [...counts]
      .filter(([character, count]) => count >= minFrequency && !specialTokens.includes(character))
      .sort(([a, countA], [b, countB]) => countB - countA || byCodePoint(a, b))
      .slice(0, room)
      .map(([character]) => character)
      .sort(byCodePoint);
    return new CharTokenizer([...specialTokens, ...kept], {
      specialTokens,
      ...(unkToken === undefined ? {} : { unkToken }),
    });
  }

  encode(text: string): number[] {
    const ids: number[] = [];
    if (!this.#special) {
      this.#encodePlain(text, 0, text.length, ids);
      return ids;
    }
    let from = 0;
    for (const match of text.matchAll(this.#special)) {
      this.#encodePlain(text, from, match.index, ids);
      ids.push(this.#ids.get(match[0]) as number);
      from = match.index + match[0].length;
    }
    this.#encodePlain(text, from, text.length, ids);
    return ids;
  }

  #encodePlain(text: string, from: number, to: number, ids: number[]): void {
    for (let i = from; i < to; i++) {
      let id = this.#idOfCode[text.charCodeAt(i)] as number;
      if (id < 0) {
        const start = i;
        const code = text.codePointAt(i) as number;
        if (code > 0xffff) i++;
        id = this.#ids.get(text.slice(start, i + 1)) ?? this.#unkId;
        if (id < 0 || (code <= 0xffff && this.#isSpecial[id] && id !== this.#unkId))
          throw this.#unknown(text, start);
      }
      ids.push(id);
    }
  }

  #unknown(text: string, index: number): TokenizerError {
    const character = String.fromCodePoint(text.codePointAt(index) as number);
    const position = [...text.slice(0, index)].length;
    return new TokenizerError(
      `CharTokenizer.encode: the character ${describeCharacter(character)} at position ${position} is not in the vocabulary of ${this.vocabSize} tokens. Train on text that has it, or set unkToken.`,
    );
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    const skip = options.skipSpecialTokens ?? false;
    let text = '';
    for (let i = 0; i < ids.length; i++) text += this.#piece(ids[i] as number, skip);
    return text;
  }

  #piece(id: number, skip: boolean): string {
    const token = this.#tokens[id];
    if (token === undefined) {
      throw new TokenizerError(
        `CharTokenizer.decode: id ${id} is not in the vocabulary; ids are 0 to ${this.vocabSize - 1}.`,
      );
    }
    return skip && this.#isSpecial[id] ? '' : token;
  }

  decodeStream(options: DecodeOptions = {}): DecodeStream {
    // A character is never split over ids, so nothing is ever held back.
    return {
      step: (ids) => this.decode(typeof ids === 'number' ? [ids] : ids, options),
      flush: () => '',
    };
  }

  getVocab(): Map<string, number> {
    return new Map(this.#ids);
  }

  tokenToId(token: string): number | undefined {
    return this.#ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#tokens[id];
  }

  /**
   * A word-level model whose words are single characters. Hugging Face's library demands the name of an
   * unknown token even where there is none; `''`, which is in no vocabulary, makes it fail on unknown
   * characters as this class does.
   */
  toJSON(): TokenizerJSON {
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: this.specialTokens
        .map((content) => ({ content, id: this.#ids.get(content) as number }))
        .sort((a, b) => a.id - b.id)
        .map(({ id, content }) => plainToken(id, content)),
      normalizer: null,
      pre_tokenizer: {
        type: 'Split',
        pattern: { Regex: ANY_CHARACTER },
        behavior: 'Isolated',
        invert: false,
      },
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: { type: 'WordLevel', vocab: Object.fromEntries(this.#ids), unk_token: this.unkToken ?? '' },
    };
  }

  /** Whether `json` is a file as `toJSON` writes it. */
  static isCharJSON(json: unknown): boolean {
    const { normalizer, pre_tokenizer, post_processor, decoder, model } = asObject(json, 'the file');
    const split = pre_tokenizer as
      | { type?: unknown; pattern?: { Regex?: unknown }; behavior?: unknown }
      | null
      | undefined;
    return (
      (model as { type?: unknown } | undefined)?.type === 'WordLevel' &&
      !normalizer &&
      !post_processor &&
      split?.type === 'Split' &&
      split.pattern?.Regex === ANY_CHARACTER &&
      split.behavior === 'Isolated' &&
      (decoder as { type?: unknown } | null | undefined)?.type === 'Fuse'
    );
  }

  /** Reads what `toJSON` wrote. @throws TokenizerError that names the field that is wrong. */
  static fromJSON(json: unknown): CharTokenizer {
    if (!CharTokenizer.isCharJSON(json)) {
      throw new TokenizerError(
        `tokenizer.json: not a character tokenizer (a WordLevel model behind a Split on ${ANY_CHARACTER}); tokenizerFromJSON reads every kind.`,
      );
    }
    const file = asObject(json, 'the file');
    const model = asObject(file.model, 'model');
    const unk = asString(model.unk_token, 'model.unk_token');
    const added: AddedTokenJSON[] = asArray(file.added_tokens ?? [], 'added_tokens').map((token, i) =>
      asAddedToken(token, `added_tokens[${i}]`),
    );
    const tokens: string[] = [];
    const put = (token: string, id: number, path: string) => {
      if (tokens[id] !== undefined && tokens[id] !== token) {
        throw new TokenizerError(`tokenizer.json: ${path} has the id ${id} of ${describeValue(tokens[id])}.`);
      }
      tokens[id] = token;
    };
    for (const [token, id] of Object.entries(asObject(model.vocab, 'model.vocab'))) {
      const path = `model.vocab[${describeValue(token)}]`;
      put(token, asId(id, path), path);
    }
    for (const [i, token] of added.entries()) put(token.content, token.id, `added_tokens[${i}]`);
    const used = Object.keys(tokens).length;
    if (used !== tokens.length)
      fail('the largest id in model.vocab', `${used - 1}, without gaps`, tokens.length - 1);
    const hasUnk = tokens.includes(unk);
    return new CharTokenizer(tokens, {
      specialTokens: added.map((token) => token.content),
      ...(hasUnk ? { unkToken: unk } : {}),
    });
  }
}

function withUnk({ specialTokens = [], unkToken }: Pick<CharTrainOptions, 'specialTokens' | 'unkToken'>) {
  const all =
    unkToken === undefined || specialTokens.includes(unkToken)
      ? [...specialTokens]
      : [...specialTokens, unkToken];
  for (const [i, token] of all.entries()) {
    if (token === '')
      throw new TokenizerError('CharTokenizer: a special token must not be the empty string.');
    if (all.indexOf(token) !== i)
      throw new TokenizerError(`CharTokenizer: special token ${describeValue(token)} occurs twice.`);
  }
  return { specialTokens: all, unkToken };
}

/** Finds any of the tokens; of two that start at one place, the longer. */
function matcherOf(tokens: readonly string[]): RegExp {
  const alternatives = [...tokens]
    .sort((a, b) => b.length - a.length)
    .map((token) => token.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(alternatives.join('|'), 'gu');
}

function byCodePoint(a: string, b: string): number {
  return (a.codePointAt(0) as number) - (b.codePointAt(0) as number);
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function loneSurrogate(character: string, where: string): TokenizerError {
  return new TokenizerError(
    `CharTokenizer: ${where} has ${describeCharacter(character)}, which is not a character and has no place in a file.`,
  );
}
