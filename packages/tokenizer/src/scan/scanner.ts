import { LETTER, NEWLINE, NUMBER, planeClasses, SPACE } from './classes.js';

/**
 * A split pattern compiled by hand: the end of the piece that starts at `start` and reaches at most to
 * `end`, both UTF-16 indices, `start < end`. Pieces follow each other without gaps.
 */
export type Scanner = (text: string, start: number, end: number) => number;

/** Looks up classes of characters; made once per scanner, so that the table is at hand. */
export class Reader {
  readonly table = planeClasses(0);

  /** The classes of the character at `at`. `at` must be below `end`. */
  classAt(text: string, at: number, end: number): number {
    const code = text.charCodeAt(at);
    const bits = this.table[code] as number;
    // Surrogates have no class of their own, so the common case pays nothing for them.
    return bits === 0 && code >= 0xd800 && code < 0xdc00 ? astralClasses(text, at, end) : bits;
  }

  /** Where the run of characters with any of `bits` ends that starts at `at`; at most `max` characters. */
  runOf(bits: number, text: string, at: number, end: number, max = Number.POSITIVE_INFINITY): number {
    const table = this.table;
    let left = max;
    while (at < end && left-- > 0) {
      const code = text.charCodeAt(at);
      const found = table[code] as number;
      if ((found & bits) !== 0) at++;
      else if (found === 0 && code >= 0xd800 && code < 0xdc00 && (astralClasses(text, at, end) & bits) !== 0)
        at += 2;
      else break;
    }
    return at;
  }

  /** Where the run of characters with none of `bits` ends that starts at `at`. */
  runWithout(bits: number, text: string, at: number, end: number): number {
    const table = this.table;
    while (at < end) {
      const code = text.charCodeAt(at);
      const found = table[code] as number;
      if ((found & bits) !== 0) break;
      if (found === 0 && code >= 0xd800 && code < 0xdc00) {
        if ((astralClasses(text, at, end) & bits) !== 0) break;
        at += widthAt(text, at, end);
      } else at++;
    }
    return at;
  }

  /**
   * The white space that starts at `at`, as the patterns' last alternatives take it. With `newlines`:
   * `\s*[\r\n]+|\s+(?!\S)|\s+`, else `\s+(?!\S)|\s+`: up to the last line end; or all at the end of the
   * text; or all but the last character, which goes with the word that follows. `at` where there is none.
   */
  whiteSpace(text: string, at: number, end: number, newlines: boolean): number {
    const table = this.table;
    let stop = at;
    let afterNewline = 0;
    while (stop < end) {
      const found = table[text.charCodeAt(stop)] as number;
      if ((found & SPACE) === 0) break;
      stop++;
      if ((found & NEWLINE) !== 0) afterNewline = stop;
    }
    if (newlines && afterNewline > 0) return afterNewline;
    return stop === end || stop <= at + 1 ? stop : stop - 1;
  }
}

/** 2 for a character outside the Basic Multilingual Plane that ends by `end`, else 1. */
export function widthAt(text: string, at: number, end: number): number {
  if (at + 1 >= end) return 1;
  const code = text.charCodeAt(at);
  if (code < 0xd800 || code >= 0xdc00) return 1;
  const low = text.charCodeAt(at + 1);
  return low >= 0xdc00 && low < 0xe000 ? 2 : 1;
}

function astralClasses(text: string, at: number, end: number): number {
  if (widthAt(text, at, end) === 1) return 0;
  const code = text.codePointAt(at) as number;
  return planeClasses(code >> 16)[code & 0xffff] as number;
}

/**
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)` at the apostrophe at `at`: its length, or 0. Without `anyCase` lower case
 * only. U+017F is a long s, which case folding makes an s.
 */
export function contraction(text: string, at: number, end: number, anyCase: boolean): number {
  if (at + 1 >= end || text.charCodeAt(at) !== 0x27) return 0;
  const first = fold(text.charCodeAt(at + 1), anyCase);
  // s, t, m, d
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return 2;
  if (at + 2 >= end) return 0;
  const second = fold(text.charCodeAt(at + 2), anyCase);
  // re, ve, ll
  if ((first === 0x72 || first === 0x76) && second === 0x65) return 3;
  return first === 0x6c && second === 0x6c ? 3 : 0;
}

function fold(code: number, anyCase: boolean): number {
  if (!anyCase) return code;
  if (code === 0x17f) return 0x73;
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
}

export const LETTER_NUMBER_SPACE = LETTER | NUMBER | SPACE;

/** ` ?[^\s\p{L}\p{N}]+`; `start` where it does not match. */
export function symbolRun(reader: Reader, text: string, start: number, end: number): number {
  const at = text.charCodeAt(start) === 0x20 ? start + 1 : start;
  const stop = reader.runWithout(LETTER_NUMBER_SPACE, text, at, end);
  return stop > at ? stop : start;
}
