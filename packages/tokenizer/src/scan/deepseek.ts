import { LETTER, MARK, NEWLINE, NUMBER, SYMBOL } from './classes.js';
import { type Scanners, SPACES } from './known.js';
import { Reader, type Scanner, widthAt } from './scanner.js';

/** DeepSeek splits in three rounds. What matches nothing is a piece of its own, up to the next match. */

/** `\p{N}{1,3}` */
export function digitsScanner(maxDigits: number): Scanner {
  const reader = new Reader();
  return (text, start, end) => {
    const digits = reader.runOf(NUMBER, text, start, end, maxDigits);
    return digits > start ? digits : reader.runWithout(NUMBER, text, start, end);
  };
}

/** `[一-龥぀-ゟ゠-ヿ]+`: Chinese characters and kana. */
export function hanKanaScanner(): Scanner {
  const isHanOrKana = (code: number) =>
    (code >= 0x4e00 && code <= 0x9fa5) || (code >= 0x3040 && code <= 0x30ff);
  return (text, start, end) => {
    const kind = isHanOrKana(text.charCodeAt(start));
    let at = start + 1;
    while (at < end && isHanOrKana(text.charCodeAt(at)) === kind) at++;
    return at;
  };
}

/**
 * ``[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+``, `[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+`,
 * ` ?[\p{P}\p{S}]+[\r\n]*`, `\s*[\r\n]+`, `\s+(?!\S)`, `\s+`
 */
export function deepseekScanner(): Scanner {
  const reader = new Reader();
  const match = (text: string, start: number, end: number): number => {
    const code = text.charCodeAt(start);
    if (isAsciiSymbol(code)) {
      let at = start + 1;
      while (at < end && isAsciiLetter(text.charCodeAt(at))) at++;
      if (at > start + 1) return at;
    }
    const bits = reader.classAt(text, start, end);
    if ((bits & (LETTER | NEWLINE | SYMBOL)) === 0) {
      const next = start + widthAt(text, start, end);
      const letters = reader.runOf(LETTER | MARK, text, next, end);
      if (letters > next) return letters;
    }
    if ((bits & (LETTER | MARK)) !== 0) return reader.runOf(LETTER | MARK, text, start, end);
    const at = code === 0x20 ? start + 1 : start;
    const symbols = reader.runOf(SYMBOL, text, at, end);
    if (symbols > at) return reader.runOf(NEWLINE, text, symbols, end);
    return reader.whiteSpace(text, start, end, true);
  };
  return (text, start, end) => {
    const stop = match(text, start, end);
    if (stop > start) return stop;
    let at = start;
    do at += widthAt(text, at, end);
    while (at < end && match(text, at, end) === at);
    return at;
  };
}

function isAsciiSymbol(code: number): boolean {
  return code > 0x20 && code < 0x7f && !isAsciiLetter(code) && !(code >= 0x30 && code <= 0x39);
}

function isAsciiLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

const DEEPSEEK =
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|' +
  SPACES;

export const kinds: { scanner: Scanners } = {
  scanner: {
    '\\p{N}{1,3}': () => digitsScanner(3),
    '[一-龥぀-ゟ゠-ヿ]+': hanKanaScanner,
    [DEEPSEEK]: deepseekScanner,
  },
};
