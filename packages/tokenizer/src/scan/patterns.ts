import { deepseekScanner, digitsScanner, hanKanaScanner } from './deepseek.js';
import { cl100kScanner, gpt2Scanner, o200kScanner } from './gpt.js';
import type { Scanner } from './scanner.js';

const CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const SPACES = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const SYMBOLS = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*';
const HEAD = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const TAIL = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';

export const GPT2_PATTERN =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
export const CL100K_PATTERN = cl100k('{1,3}');
export const QWEN_PATTERN = cl100k('');
export const O200K_PATTERN = [
  `[^\\r\\n\\p{L}\\p{N}]?${HEAD}*${TAIL}+${CONTRACTION}?`,
  `[^\\r\\n\\p{L}\\p{N}]?${HEAD}+${TAIL}*${CONTRACTION}?`,
  `\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`,
].join('|');

function cl100k(digits: string): string {
  return `${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}|${SYMBOLS}|${SPACES}`;
}

/** tiktoken's own spelling of cl100k and of GPT-2, with possessive quantifiers. */
const TIKTOKEN_CL100K =
  "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s";
const TIKTOKEN_GPT2 =
  "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s";

const DEEPSEEK =
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|' +
  SPACES;

const known: ReadonlyMap<string, () => Scanner> = new Map<string, () => Scanner>([
  [GPT2_PATTERN, gpt2Scanner],
  [TIKTOKEN_GPT2, gpt2Scanner],
  [CL100K_PATTERN, () => cl100kScanner(3)],
  [TIKTOKEN_CL100K, () => cl100kScanner(3, true)],
  [QWEN_PATTERN, () => cl100kScanner(1)],
  [O200K_PATTERN, o200kScanner],
  ['\\p{N}{1,3}', () => digitsScanner(3)],
  ['[一-龥぀-ゟ゠-ヿ]+', hanKanaScanner],
  [DEEPSEEK, deepseekScanner],
]);

const made = /* @__PURE__ */ new Map<string, Scanner>();

/**
 * The scanner for a pattern of the known families, if it is one. These tile the text: each piece starts
 * where the one before ended, whether it matched or lies between two matches.
 */
export function knownScanner(pattern: string): Scanner | undefined {
  // Some files spell line ends as the characters themselves.
  const spelled = pattern.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
  const scanner = made.get(spelled) ?? known.get(spelled)?.();
  if (scanner) made.set(spelled, scanner);
  return scanner;
}
