import { TokenizerError } from '../error.js';

/** Reads numbers, bytes and text from a binary file; every read is checked against the file's end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  readonly #view: DataView;
  readonly #what: string;

  /** @param what the file is called in errors. */
  constructor(bytes: Uint8Array, what: string, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#what = what;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(message: string): never {
    throw new TokenizerError(`${this.#what}: ${message} at byte ${this.at}.`);
  }

  /** Moves on by `length` bytes; returns where they start. */
  skip(length: number): number {
    if (!(length >= 0 && length <= this.end - this.at)) {
      this.fail(`${length} bytes are claimed, but only ${this.end - this.at} are left`);
    }
    const start = this.at;
    this.at += length;
    return start;
  }

  u8(): number {
    return this.#view.getUint8(this.skip(1));
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.skip(4), true);
  }

  /** A length or count of 64 bits, which must be one that JavaScript can hold. */
  u64(): number {
    const value = this.#view.getBigUint64(this.skip(8), true);
    return value > BigInt(Number.MAX_SAFE_INTEGER)
      ? this.fail(`the count ${value}, which no file can hold,`)
      : Number(value);
  }

  text(length: number): string {
    const start = this.skip(length);
    return new TextDecoder().decode(this.bytes.subarray(start, start + length));
  }
}
