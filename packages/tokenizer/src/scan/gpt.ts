import { LETTER, LOWER, MARK, NEWLINE, NUMBER, SPACE, UPPER } from './classes.js';
import { contraction, LETTER_NUMBER_SPACE, Reader, type Scanner, widthAt } from './scanner.js';

/** The split patterns of OpenAI's families and of those that took them over, as scanners. */

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

/**
 * cl100k, Llama 3 (three digits at a time) and Qwen (one digit):
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
 *
 * @param trailing tiktoken's later form of the pattern, `\s++$|\s*[\r\n]|...`, keeps white space at the end
 *   of the text in one piece.
 */
export function cl100kScanner(maxDigits: number, trailing = false): Scanner {
  const reader = new Reader();
  return (text, start, end) => {
    const short = contraction(text, start, end, true);
    if (short > 0) return start + short;
    const bits = reader.classAt(text, start, end);
    if ((bits & LETTER) !== 0) return reader.runOf(LETTER, text, start, end);
    if ((bits & NUMBER) !== 0) return reader.runOf(NUMBER, text, start, end, maxDigits);
    if ((bits & NEWLINE) === 0) {
      const next = start + widthAt(text, start, end);
      if (next < end) {
        const letters = reader.runOf(LETTER, text, next, end);
        if (letters > next) return letters;
      }
    }
    const symbols = symbolRun(reader, text, start, end);
    if (symbols > start) return reader.runOf(NEWLINE, text, symbols, end);
    if (trailing && reader.runOf(SPACE, text, start, end) === end) return end;
    return reader.whiteSpace(text, start, end, true);
  };
}

/** ` ?[^\s\p{L}\p{N}]+`; `start` where it does not match. */
function symbolRun(reader: Reader, text: string, start: number, end: number): number {
  const at = text.charCodeAt(start) === 0x20 ? start + 1 : start;
  const stop = reader.runWithout(LETTER_NUMBER_SPACE, text, at, end);
  return stop > at ? stop : start;
}

/**
 * o200k: words split where a capital follows a small letter, contractions kept with their word.
 *
 * `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|...)?`,
 * `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|...)?`,
 * `\p{N}{1,3}`, ` ?[^\s\p{L}\p{N}]+[\r\n/]*`, `\s*[\r\n]+`, `\s+(?!\S)`, `\s+`
 */
export function o200kScanner(): Scanner {
  const reader = new Reader();

  /** Can stand in the first, upper-case part of a word. */
  const isHead = (bits: number) => (bits & MARK) !== 0 || (bits & (LETTER | LOWER)) === LETTER;
  /** Can stand in the second, lower-case part. Uncased letters and marks can stand in both. */
  const isTail = (bits: number) => (bits & MARK) !== 0 || (bits & (LETTER | UPPER)) === LETTER;

  /**
   * The first two alternatives without their optional first character. `H*T+`: the head run is taken
   * whole, then given back until a tail character turns up, so the word ends behind the last character
   * of the run that can be a tail, unless small letters follow the run. Failing that, and where
   * `allowHead` says so, `H+`. Returns `at` where nothing matches.
   */
  const word = (text: string, at: number, end: number, allowHead: boolean): number => {
    let head = at;
    let lastTail = at;
    while (head < end) {
      const bits = reader.classAt(text, head, end);
      if (!isHead(bits)) break;
      head += widthAt(text, head, end);
      if (isTail(bits)) lastTail = head;
    }
    let stop = head;
    while (stop < end && isTail(reader.classAt(text, stop, end))) stop += widthAt(text, stop, end);
    if (stop > head) return stop;
    return lastTail > at || !allowHead ? lastTail : head;
  };

  return (text, start, end) => {
    const bits = reader.classAt(text, start, end);
    if ((bits & NUMBER) !== 0) return reader.runOf(NUMBER, text, start, end, 3);
    let stop = start;
    if ((bits & LETTER) !== 0) {
      stop = word(text, start, end, true);
    } else if ((bits & NEWLINE) === 0) {
      const next = start + widthAt(text, start, end);
      stop = word(text, next, end, false);
      if (stop === next) stop = (bits & MARK) !== 0 ? word(text, start, end, false) : start;
      if (stop === start && next < end) {
        stop = word(text, next, end, true);
        if (stop === next) stop = start;
      }
    }
    if (stop > start) return stop + contraction(text, stop, end, true);
    const symbols = symbolRun(reader, text, start, end);
    if (symbols > start) {
      let after = symbols;
      while (after < end && isNewlineOrSlash(text.charCodeAt(after))) after++;
      return after;
    }
    return reader.whiteSpace(text, start, end, true);
  };
}

function isNewlineOrSlash(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x2f;
}
