import { describe, expect, test } from 'vitest';
import { PARTS } from '../src/format/on-demand.js';
import { gpt2Tokenizer } from '../src/formats.js';
import {
  allKinds,
  CharTokenizer,
  DictionaryTokenizer,
  loadTokenizer,
  loadTokenizerFile,
  PipelineTokenizer,
  pipelineFromJSON,
  tokenizerFromJSON,
} from '../src/index.js';
import { compileRegex } from '../src/regex.js';
import { gpt2Scanners } from '../src/scan/gpt2.js';
import { gpt2Files } from './support/families.js';
import { TINY_FILES } from './support/tiny-files.js';

test('each part is fetched for what it has, and for nothing else', async () => {
  const named = new Set<string>();
  const all = await Promise.all(PARTS.map(([, fetch]) => fetch()));
  for (const [i, kinds] of all.entries()) {
    for (const name of Object.values(kinds).flatMap((table) => Object.keys(table))) {
      // GPT-2's patterns come with the type that has them.
      if (name in gpt2Scanners) continue;
      named.add(name);
      expect(PARTS.flatMap(([names], at) => (names.test(name) ? [at] : []))).toEqual([i]);
    }
  }
  const known = Object.values(allKinds).flatMap((table) => Object.keys(table));
  expect([...named, ...Object.keys(gpt2Scanners)].sort()).toEqual([...new Set(known)].sort());
});

describe('a file on demand is the tokenizer that the same file is at once', () => {
  test.each(Object.keys(TINY_FILES))('%s', async (name) => {
    const json = TINY_FILES[name] as object;
    const loaded = await loadTokenizerFile(JSON.stringify(json));
    const withBatches = await loadTokenizerFile(JSON.stringify(json), { batches: true });
    const atOnce = pipelineFromJSON(json);
    expect((withBatches as PipelineTokenizer).encodeBatch([['ab aab, b', 'a']])).toEqual(
      atOnce.encodeBatch([['ab aab, b', 'a']]),
    );
    // Offsets and batches are among what is fetched when asked for.
    expect(loaded).not.toBeInstanceOf(PipelineTokenizer);
    expect(JSON.stringify(loaded)).toBe(JSON.stringify(atOnce));
    const ids = loaded.encode('ab aab, b');
    expect(ids.length).toBeGreaterThan(3);
    expect(ids).toEqual(atOnce.encode('ab aab, b'));
    expect(loaded.decode(ids)).toBe(atOnce.decode(ids));
  });

  test('GPT-2, from bytes, and from a folder', async () => {
    const { vocab, merges } = gpt2Files();
    const made = gpt2Tokenizer(vocab, merges);
    const bytes = new TextEncoder().encode(JSON.stringify(made));
    const loaded = await loadTokenizerFile(bytes);
    const found = await loadTokenizer(async (name) => (name === 'tokenizer.json' ? bytes : undefined));
    for (const tokenizer of [loaded, found])
      expect(tokenizer.encode("Hello, it's 世界 👍")).toEqual(made.encode("Hello, it's 世界 👍"));
  }, 60_000);

  test.each([
    ['a literal', { String: 'b' }, 'MergedWithPrevious'],
    ['a pattern that is not built in', { Regex: 'a(?=b)' }, 'Isolated'],
  ])('split by %s', async (_, pattern, behavior) => {
    const split = { type: 'Split', pattern, behavior, invert: false };
    const json = { ...(TINY_FILES['GPT-2'] as object), pre_tokenizer: split };
    const options = { regex: compileRegex };
    const loaded = await loadTokenizerFile(json, 'Regex' in pattern ? options : {});
    const ids = pipelineFromJSON(json, options).encode('abab');
    expect(loaded.encode('abab')).toEqual(ids);
    // "ab" is a token, but no word.
    if (behavior === 'Isolated') expect(ids.length).toBe(4);
  });

  test('a prefix for the first word only, which needs places', async () => {
    const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false };
    const json = { ...(TINY_FILES['Llama 2'] as object), normalizer: null, pre_tokenizer: metaspace };
    const loaded = await loadTokenizerFile(json);
    expect(loaded).toBeInstanceOf(PipelineTokenizer);
    expect(loaded.encode('ab<s>ab')).toEqual(pipelineFromJSON(json).encode('ab<s>ab'));
  });

  test('characters and dictionaries', async () => {
    const characters = CharTokenizer.train('hello world');
    expect(await loadTokenizerFile(JSON.stringify(characters))).toBeInstanceOf(CharTokenizer);
    const words = new DictionaryTokenizer(['ab', 'b']);
    expect(await loadTokenizerFile(JSON.stringify(words))).toBeInstanceOf(DictionaryTokenizer);
  });
});

test.each([
  ['model', { model: { type: 'Magic' } }],
  ['normalizer', { normalizer: { type: 'Magic' } }],
  ['a step of the normalizer', { normalizer: { type: 'Sequence', normalizers: [{ type: 'Magic' }] } }],
  ['pre-tokenizer', { pre_tokenizer: { type: 'toString' } }],
  ['post-processor', { post_processor: { type: 'Magic' } }],
  ['decoder', { decoder: { type: 'Sequence', decoders: [{ type: 'Fuse' }, { type: 7 }] } }],
  ['a stage that is no object', { decoder: 'Fuse' }],
])('an unknown %s has the same error as at once', async (_, part) => {
  const json = { ...(TINY_FILES['GPT-2'] as object), ...part };
  let message = '';
  try {
    tokenizerFromJSON(json);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(/^tokenizer\.json: /);
  await expect(loadTokenizerFile(json)).rejects.toThrow(message);
});

test('a part without the kinds to make it of is an error that names it', () => {
  const { model } = pipelineFromJSON(TINY_FILES['GPT-2']);
  expect(() => new PipelineTokenizer({ model, normalizer: { type: 'NFC' } })).toThrow(/"NFC".*no normalizer/);
  expect(new PipelineTokenizer({ model, kinds: allKinds, normalizer: { type: 'NFC' } }).encode('ab')).toEqual(
    [4],
  );
});
