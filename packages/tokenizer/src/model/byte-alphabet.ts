/**
 * GPT-2's alphabet of 256 visible characters, one for each byte, in which byte-level vocabularies are
 * written: printable Latin-1 stands for itself, the rest follow from U+0100 on.
 * (Radford et al. 2019; `bytes_to_unicode` in openai/gpt-2's `encoder.py`.)
 */
export const CHARACTER_OF_BYTE: readonly string[] = /* @__PURE__ */ (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const visible = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(visible ? byte : next++);
  });
})();

/** The byte that a character of the alphabet stands for, by the character's code; -1 for all others. */
export const BYTE_OF_CODE: Int16Array = /* @__PURE__ */ (() => {
  const table = new Int16Array(0x200).fill(-1);
  for (const [byte, character] of CHARACTER_OF_BYTE.entries()) table[character.charCodeAt(0)] = byte;
  return table;
})();

/** The bytes that a token of a byte-level vocabulary stands for, or `undefined` if it is no such token. */
export function bytesOfToken(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = BYTE_OF_CODE[token.charCodeAt(i)] ?? -1;
    if (byte < 0) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/** UTF-16 to UTF-8. A lone surrogate keeps its code (WTF-8), so that it comes back when decoded. */
export function utf8Of(text: string, start: number, end: number, bytes: { [index: number]: number }): number {
  let n = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[n++] = code;
    } else if (code < 0x800) {
      bytes[n++] = 0xc0 | (code >> 6);
      bytes[n++] = 0x80 | (code & 0x3f);
    } else {
      let full = code;
      if (code >= 0xd800 && code < 0xdc00 && i + 1 < end) {
        const low = text.charCodeAt(i + 1);
        if (low >= 0xdc00 && low < 0xe000) {
          full = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          i++;
        }
      }
      if (full > 0xffff) {
        bytes[n++] = 0xf0 | (full >> 18);
        bytes[n++] = 0x80 | ((full >> 12) & 0x3f);
      } else {
        bytes[n++] = 0xe0 | (full >> 12);
      }
      bytes[n++] = 0x80 | ((full >> 6) & 0x3f);
      bytes[n++] = 0x80 | (full & 0x3f);
    }
  }
  return n;
}
