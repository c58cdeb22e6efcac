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
import { describe, expect, test } from 'vitest';

const backends: [string, () => Backend][] = [
  ['reference', () => reference({ validate: false })],
  ['cpu', cpu],
  ['webgpu', webgpu],
];

const size = { vocabSize: 17, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 8 };

/** Peaks of live bytes within two windows of a loop. */
class Peaks {
  early = 0;
  late = 0;
  constructor(private readonly device: Device) {}

  note(i: number): void {
    const { bytesLive } = this.device.stats();
    if (i >= 100 && i < 1100) this.early = Math.max(this.early, bytesLive);
    if (i >= 9000) this.late = Math.max(this.late, bytesLive);
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
    expect(peaks.late).toBeLessThanOrEqual(peaks.early);
  }, 1_800_000);

  test('generation', async (context) => {
    if (name === 'webgpu') requireFixture('adapter', context);
    const device = await use(backend());
    manualSeed(1);
    const model = new GPT(size);
    const peaks = new Peaks(device);
    for (let i = 0; i < 10_000; i += 100) {
      await model.generate([1, 2, 3], { maxNewTokens: 100, temperature: 1, eosTokenId: null });
      for (let token = i; token < i + 100; token++) peaks.note(token);
    }
    await device.close();
    expect(peaks.late).toBeLessThanOrEqual(peaks.early);
  }, 1_800_000);
});
