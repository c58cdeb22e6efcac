import { LETTER, NEWLINE, NUMBER, SPACE } from './classes.js';
import { CONTRACTION, type Scanners, SPACES } from './known.js';
import { contraction, Reader, type Scanner, symbolRun, widthAt } from './scanner.js';

export const CL100K_PATTERN = spelled('{1,3}');
export const QWEN_PATTERN = spelled('');

function spelled(digits: string): string {
  return `${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${SPACES}`;
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

export const kinds: { scanner: Scanners } = {
  scanner: {
    [CL100K_PATTERN]: () => cl100kScanner(3),
    [QWEN_PATTERN]: () => cl100kScanner(1),
    // tiktoken's own spelling, with possessive quantifiers.
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s":
      () => cl100kScanner(3, true),
  },
};
