import { describeValue, TokenizerError } from '../error.js';
import { asId, asObject, fail } from '../format/check.js';
import { utf8Of } from './byte-alphabet.js';

/** The hash of a text is that of its start times this, plus its last byte: so that of any part follows from two others. */
export const HASH_FACTOR = 0x9e3779b1;

/**
 * The tokens of a model and their ids, both ways. Ids may have gaps; no two tokens may share one.
 *
 * The tokens lie in UTF-8 one behind the other and are found by a hash table of numbers: a hundred thousand strings
 * and a map of them would take longer to make than the rest of loading a file. Strings are made when asked for.
 */
export class Vocab {
  /** The tokens' text, one behind the other. */
  letters = new Uint8Array(1 << 12);
  #used = 0;
  /** By id: where its token starts in `letters`, -1 where there is none, and where it ends. */
  starts = new Int32Array(256).fill(-1);
  ends = new Int32Array(256);
  /** `[hash, id + 1]` per slot, 0 in the second for a free one. */
  #slots: Int32Array;
  #mask: number;
  #length = 0;
  #size = 0;
  #strings: (string | undefined)[] = [];
  #scratch: number[] = [];

  /** @param expected about how many tokens will come. Default: a few. */
  constructor(expected = 256) {
    let slots = 512;
    while (slots < 2 * expected) slots *= 2;
    this.#slots = new Int32Array(2 * slots);
    this.#mask = slots - 1;
  }

  /** One more than the largest id. */
  get length(): number {
    return this.#length;
  }

  /** How many tokens there are. */
  get size(): number {
    return this.#size;
  }

  /** The token of each id; `undefined` in gaps. */
  get tokens(): readonly (string | undefined)[] {
    for (let id = 0; id < this.#length; id++) this.token(id);
    this.#strings.length = this.#length;
    return this.#strings;
  }

  /** The id of each token. */
  get ids(): Map<string, number> {
    const ids = new Map<string, number>();
    for (const token of this.tokens) {
      // A token that has moved is still what its old id reads as.
      if (token !== undefined) ids.set(token, this.get(token) as number);
    }
    return ids;
  }

  /** The token with this id. */
  token(id: number): string | undefined {
    const known = this.#strings[id];
    const start = this.starts[id] ?? -1;
    if (known !== undefined || start < 0) return known;
    const text = textOf(this.letters, start, this.ends[id] as number);
    this.#strings[id] = text;
    return text;
  }

  get(token: string): number | undefined {
    const bytes = this.#scratch;
    const id = this.find(bytes, 0, utf8Of(token, 0, token.length, bytes));
    return id < 0 ? undefined : id;
  }

  /** @throws TokenizerError where the id is taken. A token that is there already moves to the new id. */
  set(token: string, id: number): void {
    const there = this.token(id);
    if (there === token && this.get(token) === id) return;
    if (there !== undefined && there !== token) {
      throw new TokenizerError(
        `Tokens ${describeValue(there)} and ${describeValue(token)} have the same id, ${id}.`,
      );
    }
    this.add(this.#scratch, 0, utf8Of(token, 0, token.length, this.#scratch), id);
  }

  /** The id of the token with these bytes, or -1. */
  find(bytes: ArrayLike<number>, from: number, to: number, hash = hashOf(bytes, from, to)): number {
    const slots = this.#slots;
    for (let slot = mixed(hash) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const id = (slots[2 * slot + 1] as number) - 1;
      if (id < 0) return -1;
      if (slots[2 * slot] === hash && this.reads(id, bytes, from, to)) return id;
    }
  }

  /** Whether the token with this id, or the lack of one, has these bytes. */
  reads(id: number, bytes: ArrayLike<number>, from: number, to: number): boolean {
    const { letters } = this;
    let at = this.starts[id] as number;
    if ((this.ends[id] as number) - at !== to - from) return false;
    while (from < to) if (letters[at++] !== bytes[from++]) return false;
    return true;
  }

  /** Adds the token with these bytes; says whether it is new. Its id must be free. */
  add(bytes: ArrayLike<number>, from: number, to: number, id: number): boolean {
    const start = this.#used;
    const end = start + to - from;
    if (end > this.letters.length) this.letters = grown(this.letters, end);
    if (id >= this.starts.length) {
      const old = this.starts.length;
      this.starts = grown(this.starts, id + 1).fill(-1, old);
      this.ends = grown(this.ends, id + 1);
    }
    let hash = 0;
    const { letters } = this;
    for (let at = start; at < end; at++) {
      letters[at] = bytes[from++] as number;
      hash = (Math.imul(hash, HASH_FACTOR) + (letters[at] as number)) | 0;
    }
    this.#used = end;
    this.starts[id] = start;
    this.ends[id] = end;
    if (id >= this.#length) this.#length = id + 1;
    if (2 * this.#size > this.#mask) this.#grow();
    const slots = this.#slots;
    let slot = mixed(hash) & this.#mask;
    while (slots[2 * slot + 1] !== 0) {
      if (slots[2 * slot] === hash && this.reads((slots[2 * slot + 1] as number) - 1, letters, start, end)) {
        slots[2 * slot + 1] = id + 1;
        return false;
      }
      slot = (slot + 1) & this.#mask;
    }
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = id + 1;
    this.#size++;
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = 4 * this.#mask + 3;
    const slots = new Int32Array(2 * (this.#mask + 1));
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue;
      let slot = mixed(old[from] as number) & this.#mask;
      while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
      slots[2 * slot] = old[from] as number;
      slots[2 * slot + 1] = old[from + 1] as number;
    }
    this.#slots = slots;
  }

  /** `{ token: id }` in the order of ids, as files have it. */
  toJSON(): Record<string, number> {
    return Object.fromEntries([...this.ids].sort(([, a], [, b]) => a - b));
  }

  static fromTokens(tokens: Iterable<string>): Vocab {
    const vocab = new Vocab();
    let id = 0;
    for (const token of tokens) vocab.set(token, id++);
    return vocab;
  }

  /** Reads `{ token: id }`. @param path of the field, for errors. */
  static fromJSON(json: unknown, path: string): Vocab {
    if (json instanceof Vocab) return json;
    const object = asObject(json, path);
    const tokens = Object.keys(object);
    const vocab = new Vocab();
    // A vocabulary may have gaps, but one that is nearly all gap is a mistake or an attack.
    const limit = 2 * tokens.length + 0x10000;
    for (const token of tokens) {
      const id = object[token];
      if (typeof id !== 'number' || !(id >= 0 && id < limit) || (id | 0) !== id) {
        asId(id, `${path}[${describeValue(token)}]`);
        fail(`${path}[${describeValue(token)}]`, `below ${limit}, with ${tokens.length} tokens`, id);
      }
      if ((vocab.starts[id] ?? -1) >= 0) {
        throw new TokenizerError(
          `tokenizer.json: ${path}: tokens ${describeValue(vocab.token(id))} and ${describeValue(token)} have the same id, ${id}.`,
        );
      }
      vocab.add(vocab.#scratch, 0, utf8Of(token, 0, token.length, vocab.#scratch), id);
    }
    return vocab;
  }
}

export function hashOf(bytes: ArrayLike<number>, from: number, to: number): number {
  let hash = 0;
  while (from < to) hash = (Math.imul(hash, HASH_FACTOR) + (bytes[from++] as number)) | 0;
  return hash;
}

function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return half ^ (half >>> 13);
}

function grown<T extends Uint8Array | Int32Array>(array: T, least: number): T {
  const larger = new (array.constructor as new (length: number) => T)(Math.max(2 * array.length, least));
  larger.set(array);
  return larger;
}

/** The text of UTF-8, in which lone surrogates may have their codes (WTF-8). */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  while (from < to) {
    const byte = bytes[from++] as number;
    let more = byte < 0xc0 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    let code = more === 0 ? byte : byte & (0x3f >> more);
    while (more-- > 0) code = (code << 6) | ((bytes[from++] ?? 0) & 0x3f);
    text += String.fromCodePoint(code);
  }
  return text;
}
