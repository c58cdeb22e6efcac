import { Tokenizer as HuggingFace } from '@inkstone/peers/hugging-face';
import { describe, expect, test } from 'vitest';
import { allKinds, pipelineFromJSON, TokenizerError } from '../src/index.js';
import { compileRegex } from '../src/regex.js';
import { CL100K_PATTERN, QWEN_PATTERN } from '../src/scan/cl100k.js';
import { GPT2_PATTERN } from '../src/scan/gpt2.js';
import { knownScanner } from '../src/scan/known.js';
import { O200K_PATTERN } from '../src/scan/o200k.js';
import { stringGenerator } from './support/strings.js';

/** A tokenizer whose words are the pieces of a split, so that pieces can be compared through offsets. */
function splitting(Regex: string, behavior: string, invert = false): string {
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex }, behavior, invert },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab: { '<unk>': 0 }, unk_token: '<unk>' },
  });
}

const PATTERNS = [
  '\\w+|[^\\w\\s]+',
  '\\s+',
  '(?i)abc|[d-f]+',
  'a*?b',
  '(a|b)*c',
  '(?:ab?)+',
  '(?:a|ab)(?:c|bcd)*',
  '(?>a+)b|a',
  'a++b|a+',
  '[a-c&&[^b]]+',
  '[^\\p{L}]{2,3}',
  '\\p{Han}+|\\p{Hiragana}+|[[:alpha:]]+',
  '(?<=a)b+',
  '(?<!a)b',
  'a(?=b)|b(?!c)',
  '\\bfoo|[a-e]+\\b',
  '^a|b$',
  '(.)\\1',
  '(?m:.)+',
  '[ \\t]+(?=\\S)|\\S{1,4}?',
  '(?x) a  b # comment',
  "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+",
  '\\x{4e00}-?|\\u0061+',
  '(a+|b){2,3}?c?',
  '',
];

describe('compileRegex', () => {
  test.each(PATTERNS)('splits as Oniguruma does: %s', async (pattern) => {
    const next = stringGenerator(3);
    const letters = Array.from(
      { length: 200 },
      (_, i) => next() + 'aabbabcabbcd foo ab\nba bb b c'.repeat(1 + (i % 2)).slice(i % 7),
    );
    for (const behavior of ['Isolated', 'Removed', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']) {
      const json = splitting(pattern, behavior, behavior === 'Removed');
      const ours = pipelineFromJSON(json, { regex: compileRegex });
      const theirs = await HuggingFace.fromString(json).encodeBatch(letters);
      for (const [i, text] of letters.entries()) {
        expect(ours.encodeBatch([text])[0]?.offsets, `${behavior} on ${JSON.stringify(text)}`).toEqual(
          theirs[i]?.getOffsets(),
        );
      }
    }
  });

  test.each([GPT2_PATTERN, CL100K_PATTERN, QWEN_PATTERN, O200K_PATTERN])(
    'agrees with the scanner made by hand: %s',
    (pattern) => {
      const scan = knownScanner(pattern, allKinds.scanner);
      const find = compileRegex(pattern);
      const next = stringGenerator(5);
      for (let i = 0; i < 1000; i++) {
        const text = next();
        for (let at = 0; at < text.length; ) {
          const stop = scan?.(text, at, text.length) as number;
          expect(find(text, at, text.length), JSON.stringify(text)).toEqual([at, stop]);
          at = stop;
        }
      }
    },
  );

  test('gives up on a pattern that backtracks for ever, quickly', { timeout: 20_000 }, () => {
    const find = compileRegex('(a+)+$');
    expect(() => find(`${'a'.repeat(100)}b`, 0, 101)).toThrow('backtracks for too long');
  });

  test.each([
    ['(', 'a group without an end at position 1'],
    [')', 'a closing parenthesis'],
    ['[a', 'a class without an end'],
    ['*', 'a quantifier without anything to repeat'],
    ['a{3,2}', 'a count whose end is below its start'],
    ['a{999999999}', 'a count above'],
    ['\\p{Nonsense}', 'no known property'],
    ['(?y)', 'an unknown kind of group'],
    ['\\2', 'a reference to group 2'],
    ['[z-a]', 'runs backwards'],
    ['('.repeat(1000), 'more than 200 nested groups'],
  ])('names what is wrong with %s', (pattern, message) => {
    expect(() => compileRegex(pattern)).toThrow(TokenizerError);
    expect(() => compileRegex(pattern)).toThrow(message);
  });

  test('a file with another pattern asks for it', () => {
    expect(() => pipelineFromJSON(splitting('\\w+', 'Isolated'))).toThrow(
      "pass { regex: compileRegex } from '@inkstone/tokenizer/regex'",
    );
  });
});
