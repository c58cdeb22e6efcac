/**
 * Flat memory, without a dispose anywhere: over 10,000 training steps that await one value in ten, and over 10,000
 * generated tokens, the peak of live bytes at the end is no higher than at the beginning.
 */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import { type Backend, type Device, manualSeed, optim, use } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import { GPT, RandomBlocks } from '@inkstone/models';
import { CharTokenizer } from '@inkstone/tokenizer';
import { describe, expect, test } from 'vitest';

const backends: [string, () => Backend][] = [
  ['reference', () => reference({ validate: false })],
  ['cpu', cpu],
  ['webgpu', webgpu],
];

const size = { vocabSize: 17, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 8 };

/**
 * Peaks within two windows of a loop: of the bytes that are live between two steps, and of all that the device holds.
 * The latter never falls, since a pool keeps what it has, and so it shows what a step needs while it runs.
 */
class Peaks {
  early = { live: 0, held: 0 };
  late = { live: 0, held: 0 };
  constructor(private readonly device: Device) {}

  note(i: number): void {
    const { bytesLive, bytesPooled } = this.device.stats();
    const window = i >= 100 && i < 1100 ? this.early : i >= 9000 ? this.late : null;
    if (!window) return;
    window.live = Math.max(window.live, bytesLive);
    window.held = Math.max(window.held, bytesLive + bytesPooled);
  }

  check(what: string): void {
    console.log(
      `${what}: steps 100 to 1,100 ${JSON.stringify(this.early)}, from 9,000 on ${JSON.stringify(this.late)}`,
    );
    expect(this.late.live).toBeGreaterThan(0);
    expect(this.late.live).toBeLessThanOrEqual(this.early.live);
    // Within a step there may be a few small results more, as it happens; a byte lost in each step would be 9,000.
    expect(this.late.held).toBeLessThanOrEqual(this.early.held + 2048);
  }
}

describe.each(backends)('%s', (name, backend) => {
  test('training', async (context) => {
    if (name === 'webgpu') requireFixture('adapter', context);
    const device = await use(backend());
    manualSeed(1);
    const model = new GPT(size);
    const optimizer = new optim.AdamW(model.parameters());
    const tokens = Int32Array.from({ length: 500 }, (_, i) => (i * i) % size.vocabSize);
    const blocks = new RandomBlocks(tokens, { blockSize: size.blockSize, batchSize: 2 });
    const peaks = new Peaks(device);
    for (let i = 0; i < 10_000; i++) {
      const { inputs, targets } = blocks.next();
      const { loss } = model.forward(inputs, targets);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      if (i % 10 === 9) await loss.item();
      peaks.note(i);
    }
    await device.close();
    peaks.check(`${name}, training`);
  }, 1_800_000);

  test('generation', async (context) => {
    if (name === 'webgpu') requireFixture('adapter', context);
    const device = await use(backend());
    manualSeed(1);
    const model = new GPT(size);
    const peaks = new Peaks(device);
    const tokenizer = CharTokenizer.train('abcdefghijklmnopq');
    expect(tokenizer.vocabSize).toBe(size.vocabSize);
    let tokens = 0;
    while (tokens < 10_000) {
      const options = { maxNewTokens: 100, temperature: 1, eosTokenId: null, tokenizer };
      for await (const _letter of model.stream([1, 2, 3], options)) peaks.note(tokens++);
    }
    await device.close();
    peaks.check(`${name}, generation`);
  }, 1_800_000);
});
