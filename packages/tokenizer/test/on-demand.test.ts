import { describe, expect, test } from 'vitest';
import { TYPES } from '../src/format/on-demand.js';
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
import { bertKinds } from '../src/kinds/bert.js';
import { bpeKinds } from '../src/kinds/bpe.js';
import { byteKinds } from '../src/kinds/bytes.js';
import { otherKinds } from '../src/kinds/others.js';
import { sentencePieceKinds } from '../src/kinds/sentencepiece.js';
import { unicodeKinds } from '../src/kinds/unicode.js';
import { unigramKinds } from '../src/kinds/unigram.js';
import { gpt2Files } from './support/families.js';
import { TINY_FILES } from './support/tiny-files.js';

const PARTS = [bpeKinds, byteKinds, sentencePieceKinds, unigramKinds, unicodeKinds, bertKinds, otherKinds];

test('the list of what each part has is that of what it has', () => {
  for (const stage of Object.keys(TYPES) as (keyof typeof TYPES)[]) {
    expect(TYPES[stage].split('|')).toEqual(PARTS.map((kinds) => Object.keys(kinds[stage] ?? {}).join(',')));
    expect(Object.keys(allKinds[stage] ?? {}).sort()).toEqual(
      TYPES[stage].split(/[|,]/).filter(Boolean).sort(),
    );
  }
});

describe('a file on demand is the tokenizer that the same file is at once', () => {
  test.each(Object.keys(TINY_FILES))('%s', async (name) => {
    const json = TINY_FILES[name] as object;
    const loaded = await loadTokenizerFile(JSON.stringify(json));
    const atOnce = pipelineFromJSON(json);
    expect(loaded).toBeInstanceOf(PipelineTokenizer);
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
