import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tokenizer as HuggingFace } from '@inkstone/peers/hugging-face';
import { describe, expect, test } from 'vitest';
import { pipelineFromJSON } from '../src/index.js';
import { compareOver } from './support/compare.js';
import { families } from './support/families.js';

const novel = fileURLToPath(new URL('../../../../shared/data/tinyshakespeare.txt', import.meta.url));

describe.each(Object.keys(families))('%s', (name) => {
  const json = families[name]?.();
  test.skipIf(json === undefined)('100,000 random texts', async () => {
    expect(await compareOver(json as string, { count: 100_000, seed: 2 })).toEqual([]);
  });

  test.skipIf(json === undefined || !existsSync(novel))('1 MB of English', async () => {
    const text = readFileSync(novel, 'utf8').slice(0, 1_000_000);
    const theirs = HuggingFace.fromString(json as string);
    const ours = pipelineFromJSON(json as string);
    const expected = await theirs.encode(text);
    const [encoding] = ours.encodeBatch([text]);
    expect(ours.encode(text)).toEqual(expected.getIds());
    expect(encoding?.offsets).toEqual(expected.getOffsets());
    expect(ours.decode(expected.getIds())).toBe(await theirs.decode(expected.getIds(), false));
  });
});
