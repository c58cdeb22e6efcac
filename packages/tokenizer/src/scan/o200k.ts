import { LETTER, LOWER, MARK, NEWLINE, NUMBER, UPPER } from './classes.js';
import { CONTRACTION, type Scanners, SPACES } from './known.js';
import { contraction, Reader, type Scanner, symbolRun, widthAt } from './scanner.js';

const HEAD = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const TAIL = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';

export const O200K_PATTERN = [
  `[^\\r\\n\\p{L}\\p{N}]?${HEAD}*${TAIL}+${CONTRACTION}?`,
  `[^\\r\\n\\p{L}\\p{N}]?${HEAD}+${TAIL}*${CONTRACTION}?`,
  `\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`,
].join('|');

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

export const kinds: { scanner: Scanners } = {
  scanner: { [O200K_PATTERN]: o200kScanner },
};
