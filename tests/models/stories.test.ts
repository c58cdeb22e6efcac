/** stories260K, a Llama of llama2.c: what it writes greedily is what llama2.c's `run` writes, byte for byte. */
import { readFileSync } from 'node:fs';
import { cpu } from '@inkstone/backend-cpu';
import { webgpu } from '@inkstone/backend-webgpu';
import { type Backend, type Device, open } from '@inkstone/core';
import { type FixtureKind, requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import {
  AutoModelForCausalLM,
  AutoTokenizer,
  type CausalLM,
  llamaFromLlama2c,
  MemoryFolder,
  tokenizerFromLlama2c,
} from '@inkstone/models';
import type { Tokenizer } from '@inkstone/tokenizer';
import { describe, expect, test } from 'vitest';

const file = (name: string): Uint8Array => readFileSync(`${sharedFolder}data/stories260K/${name}`);

/** Greedy, from the token that begins a text, as `run stories260K.bin -t 0 -n 200 -z tok512.bin` does. */
async function write(model: CausalLM, tokenizer: Tokenizer): Promise<string> {
  const pieces: string[] = [];
  const options = { tokenizer, maxNewTokens: 200, doSample: false };
  for await (const piece of model.stream([1], options)) pieces.push(piece);
  return pieces.join('');
}

describe.each<[string, () => Backend, FixtureKind | null]>([
  ['CPU', () => cpu(), null],
  ['WebGPU', () => webgpu(), 'adapter'],
])('stories260K on %s', (_name, backend, fixture) => {
  test('writes the expected text; saved in Hugging Face’s layout and loaded again, the same', async (context) => {
    requireFixture('shared', context);
    if (fixture) requireFixture(fixture, context);
    const device: Device = await open(backend());
    try {
      const expected = new TextDecoder().decode(file('expected-greedy-200.txt'));
      const tokenizer = tokenizerFromLlama2c(file('tok512.bin'));
      const model = llamaFromLlama2c(file('stories260K.bin'), { device });
      expect(tokenizer.encode('Once upon a time')[0]).toBe(1);
      expect(await write(model, tokenizer)).toBe(expected);

      const folder = new MemoryFolder();
      await model.savePretrained(folder, { tokenizer });
      const again = await AutoModelForCausalLM.fromPretrained(folder, { device });
      expect(again.config).toEqual(model.config);
      const before = device.stats();
      expect(await write(again, await AutoTokenizer.fromPretrained(folder))).toBe(expected);
      // Lengths are no part of a plan: after the first text nothing is planned but the copies into the second model.
      expect(device.stats().plansBuilt - before.plansBuilt).toBeLessThan(6);
      expect(device.stats().planHits - before.planHits).toBeGreaterThan(190);
    } finally {
      await device.close();
    }
  }, 240_000);
});
