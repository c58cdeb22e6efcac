import { bytesOfToken } from './byte-alphabet.js';
import { PairTable } from './pairs.js';
import type { Vocab } from './vocab.js';

/**
 * Which characters may stand side by side inside a token. Where two neighbours of a text never do so in any
 * token of the vocabulary, no merge can reach over their boundary, so the parts before and after it can be
 * encoded on their own with the same result. This keeps words short where the split pattern leaves them
 * long: text without spaces such as Chinese, and SentencePiece's models, whose word is the whole text.
 *
 * Boundaries beside a surrogate always count as joined.
 */
export class Joints {
  /** Pairs of ASCII characters, a bit each. */
  readonly #ascii = new Uint8Array(128 * 128);
  /** Other pairs. */
  readonly #others = new PairTable(1 << 11);
  /**
   * Byte-level tokens may end or start within a character. Of such a character only a part is known, so
   * for its boundaries every pair counts that has this last byte on the left and this first on the right.
   */
  readonly #bytes: Uint8Array | undefined;

  constructor(vocab: Vocab, byteLevel: boolean) {
    this.#bytes = byteLevel ? new Uint8Array(0x10000) : undefined;
    for (const token of vocab.tokens) {
      if (token === undefined || token.length < 2) continue;
      const bytes = byteLevel ? bytesOfToken(token) : undefined;
      if (bytes) this.#addBytes(bytes);
      else for (let i = 1; i < token.length; i++) this.#add(token.charCodeAt(i - 1), token.charCodeAt(i));
    }
  }

  /** Whether a token may hold the characters `left` and `right`, two UTF-16 units, as neighbours. */
  joined(left: number, right: number): boolean {
    if ((left | right) < 128) return this.#ascii[(left << 7) | right] === 1;
    if ((left & 0xf800) === 0xd800 || (right & 0xf800) === 0xd800) return true;
    if (this.#bytes !== undefined && this.#bytes[(lastByte(left) << 8) | firstByte(right)] === 1) return true;
    return this.#others.find(left, right) >= 0;
  }

  #addBytes(bytes: Uint8Array): void {
    for (let i = 1; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (isContinuation(byte)) continue;
      const left = characterBefore(bytes, i);
      const right = characterAt(bytes, i);
      if (left >= 0 && right >= 0) this.#add(left, right);
      else (this.#bytes as Uint8Array)[((bytes[i - 1] as number) << 8) | byte] = 1;
    }
  }

  #add(left: number, right: number): void {
    if ((left | right) < 128) {
      this.#ascii[(left << 7) | right] = 1;
      return;
    }
    // Characters outside the Basic Multilingual Plane, which count as joined anyway.
    if (left > 0xffff || right > 0xffff) return;
    this.#others.set(left, right, 1);
  }
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** The character whose UTF-8 starts at `i`, or -1 if it is cut off or wrong. */
function characterAt(bytes: Uint8Array, i: number): number {
  const first = bytes[i] as number;
  const length =
    first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
  if (length === 0 || i + length > bytes.length) return -1;
  if (length === 1) return first;
  let code = first & (0xff >> (length + 1));
  for (let k = 1; k < length; k++) {
    const byte = bytes[i + k] as number;
    if (!isContinuation(byte)) return -1;
    code = (code << 6) | (byte & 0x3f);
  }
  return code;
}

/** The character whose UTF-8 ends before `end`, or -1 if it is cut off or wrong. */
function characterBefore(bytes: Uint8Array, end: number): number {
  let i = end - 1;
  while (i > 0 && isContinuation(bytes[i] as number)) i--;
  const code = characterAt(bytes, i);
  const length = code < 0 ? 0 : code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  return i + length === end ? code : -1;
}

function firstByte(code: number): number {
  return code < 0x80 ? code : code < 0x800 ? 0xc0 | (code >> 6) : 0xe0 | (code >> 12);
}

function lastByte(code: number): number {
  return code < 0x80 ? code : 0x80 | (code & 0x3f);
}
