import { LETTER, NUMBER, SPACE } from './classes.js';
import type { Scanners } from './known.js';
import { contraction, LETTER_NUMBER_SPACE, Reader, type Scanner } from './scanner.js';

export const GPT2_PATTERN =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` */
export function gpt2Scanner(): Scanner {
  const reader = new Reader();
  return (text, start, end) => {
    const short = contraction(text, start, end, false);
    if (short > 0) return start + short;
    const at = text.charCodeAt(start) === 0x20 && start + 1 < end ? start + 1 : start;
    const bits = reader.classAt(text, at, end);
    if ((bits & LETTER) !== 0) return reader.runOf(LETTER, text, at, end);
    if ((bits & NUMBER) !== 0) return reader.runOf(NUMBER, text, at, end);
    if ((bits & SPACE) === 0) return reader.runWithout(LETTER_NUMBER_SPACE, text, at, end);
    return reader.whiteSpace(text, start, end, false);
  };
}

export const gpt2Scanners: Scanners = {
  [GPT2_PATTERN]: gpt2Scanner,
  // tiktoken's own spelling, with possessive quantifiers.
  "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s": gpt2Scanner,
};
