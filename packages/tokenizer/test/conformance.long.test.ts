import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tokenizer as HuggingFace } from '@inkstone/peers/hugging-face';
import { encodeLlama } from '@inkstone/peers/llama';
import { describe, expect, test, vi } from 'vitest';
import { pipelineFromJSON } from '../src/index.js';
import { compareOver } from './support/compare.js';
import { families } from './support/families.js';
import { chinese } from './support/strings.js';

// Minutes a family; on a busy machine many more.
vi.setConfig({ testTimeout: 7_200_000 });

const novel = fileURLToPath(new URL('../../../../shared/data/tinyshakespeare.txt', import.meta.url));

const english = () => readFileSync(novel, 'utf8').slice(0, 1_000_000);

describe.each(Object.keys(families))('%s', (name) => {
  const json = families[name]?.();
  test.skipIf(json === undefined)('100,000 random texts', async () => {
    expect(await compareOver(json as string, { count: 100_000, seed: 2 })).toEqual([]);
  });

  test.skipIf(json === undefined || !existsSync(novel)).each(['English', 'Chinese'])(
    '1 MB of %s',
    async (language) => {
      const text = language === 'English' ? english() : chinese(333_000);
      const theirs = HuggingFace.fromString(json as string);
      const ours = pipelineFromJSON(json as string);
      const expected = await theirs.encode(text);
      const [encoding] = ours.encodeBatch([text]);
      expect(ours.encode(text)).toEqual(expected.getIds());
      expect(encoding?.offsets).toEqual(expected.getOffsets());
      expect(ours.decode(expected.getIds())).toBe(await theirs.decode(expected.getIds(), false));
    },
  );
});

const llama = families['Llama 2']?.();
describe.skipIf(llama === undefined || !existsSync(novel))('llama-tokenizer-js', () => {
  // Line by line: it is not made for a text of 1 MB at once.
  test.each(['English', 'Chinese'])('1 MB of %s', (language) => {
    const ours = pipelineFromJSON(llama as string);
    const lines = (language === 'English' ? english() : chinese(333_000)).split('\n');
    for (const line of lines.filter(Boolean)) expect(ours.encode(line)).toEqual(encodeLlama(line));
  });
});
