import { Tokenizer as HuggingFace } from '@inkstone/peers/hugging-face';
import { describe, expect, test, vi } from 'vitest';
import { pipelineFromJSON } from '../src/index.js';
import { compareOver } from './support/compare.js';
import { families, sharedFile } from './support/families.js';

// Ten families of large vocabularies: on a busy machine each takes its time.
vi.setConfig({ testTimeout: 600_000 });

/** Against Hugging Face's own library, over random texts; `conformance.long.test.ts` does ten times as many. */
describe.each(Object.keys(families))('%s', (name) => {
  const json = families[name]?.();
  test.skipIf(json === undefined)('ids, offsets, words and text are those of the reference', async () => {
    expect(await compareOver(json as string, { count: 10_000, seed: 1 })).toEqual([]);
  });

  test.skipIf(json === undefined)('what it saves, both libraries load and agree on', async () => {
    const saved = JSON.stringify(pipelineFromJSON(json as string));
    const text = "Hello world's 春天来了 naïve 1234 <|endoftext|>[MASK]\n\t👍🏽";
    const ids = pipelineFromJSON(json as string).encode(text);
    expect(pipelineFromJSON(saved).encode(text)).toEqual(ids);
    expect((await HuggingFace.fromString(saved).encode(text)).getIds()).toEqual(ids);
  });
});

/** Cases that llama.cpp keeps for its own tokenizers: texts, and their ids without special tokens. */
describe.each([
  ['cases-gpt-2', 'GPT-2'],
  ['cases-llama-spm', 'Llama 2'],
])('%s', (cases, family) => {
  const texts = sharedFile(`${cases}.inp`)?.split('\n__ggml_vocab_test__\n');
  const ids = sharedFile(`${cases}.out`)?.trimEnd().split('\n');
  test.skipIf(!texts)('every case', () => {
    const tokenizer = pipelineFromJSON(families[family]?.() as string);
    const expected = (ids as string[]).map((line) => line.trim().split(/ +/).filter(Boolean).map(Number));
    expect(
      (texts as string[])
        .slice(0, expected.length)
        .map((text) => tokenizer.encode(text, { addSpecialTokens: false })),
    ).toEqual(expected);
  });
});
