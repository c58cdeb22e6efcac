/**
 * UTF-8 to text, in pieces: holds an unfinished character back until its last byte comes. What is not UTF-8
 * becomes U+FFFD as in `TextDecoder`, with one exception: the three bytes of a lone surrogate (WTF-8) give
 * that surrogate back, so that such text survives a round trip through bytes.
 */
export class Utf8Decoder {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #held: number[] = [];

  push(bytes: readonly number[]): string {
    const all = this.#held.length > 0 ? [...this.#held, ...bytes] : bytes;
    const end = all.length - unfinished(all);
    this.#held = end < all.length ? all.slice(end) : [];
    return this.#decode(end < all.length ? all.slice(0, end) : all);
  }

  end(): string {
    const rest = this.#held;
    this.#held = [];
    return this.#decode(rest);
  }

  /** The text of these bytes, or `undefined` if they are not UTF-8. */
  whole(bytes: readonly number[]): string | undefined {
    try {
      return this.#splitAtSurrogates(bytes, (part) =>
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(part),
      );
    } catch {
      return undefined;
    }
  }

  #decode(bytes: readonly number[]): string {
    if (bytes.length === 1 && (bytes[0] as number) < 0x80) return String.fromCharCode(bytes[0] as number);
    return this.#splitAtSurrogates(bytes, (part) => this.#decoder.decode(part));
  }

  #splitAtSurrogates(bytes: readonly number[], decode: (part: Uint8Array) => string): string {
    let text = '';
    let from = 0;
    for (let i = bytes.indexOf(0xed); i >= 0; i = bytes.indexOf(0xed, i + 1)) {
      const second = bytes[i + 1] ?? 0;
      const third = bytes[i + 2] ?? 0;
      if (second < 0xa0 || second > 0xbf || (third & 0xc0) !== 0x80) continue;
      text += decode(Uint8Array.from(bytes.slice(from, i)));
      text += String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
      from = i + 3;
    }
    return text + decode(Uint8Array.from(from > 0 ? bytes.slice(from) : bytes));
  }
}

/** How many bytes at the end start a character that may still be finished. */
function unfinished(bytes: readonly number[]): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte < 0xc2 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0;
    if (length <= back) return 0;
    const second = back > 1 ? (bytes[bytes.length - back + 1] as number) : 0x80;
    // Overlong forms and codes out of range are wrong at their second byte already.
    const wrong =
      back > 1 &&
      ((byte === 0xe0 && second < 0xa0) ||
        (byte === 0xf0 && second < 0x90) ||
        (byte === 0xf4 && second > 0x8f));
    return wrong ? 0 : back;
  }
  return 0;
}
