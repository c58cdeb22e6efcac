/** Loaders and samplers in PyTorch's order: goldens/loader.json was written by PyTorch 1.13.1. */
import { readFileSync } from 'node:fs';
import { reference } from '@inkstone/backend-cpu/reference';
import {
  arange,
  type Device,
  Generator,
  manualSeed,
  multinomial,
  open,
  rand,
  randint,
  setDefaultDevice,
  tensor,
} from '@inkstone/core';
import * as data from '@inkstone/core/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const golden = JSON.parse(readFileSync(new URL('goldens/loader.json', import.meta.url), 'utf8'));

let device: Device;
beforeAll(async () => {
  device = await open(reference());
  setDefaultDevice(device);
});
afterAll(() => device.close());

async function epochs(options: data.DataLoaderOptions<unknown, unknown>): Promise<unknown[]> {
  const loader = new data.DataLoader(new data.TensorDataset(arange(10).float()), options as object);
  const all: unknown[] = [];
  for (let epoch = 0; epoch < 2; epoch++) {
    const batches: unknown[] = [];
    for await (const [x] of loader) batches.push(await x.toArray());
    expect(batches).toHaveLength(loader.length);
    all.push(batches);
  }
  return all;
}

describe('DataLoader', () => {
  it('shuffles in the order of the default generator, and leaves it where PyTorch does', async () => {
    manualSeed(5);
    expect(await epochs({ batchSize: 4, shuffle: true })).toEqual(golden.shuffle);
    expect(await rand(1).item()).toBeCloseTo(golden.shuffleNext, 7);
  });
  it('draws in order too, and drops a last batch', async () => {
    manualSeed(5);
    expect(await epochs({ batchSize: 3, dropLast: true, prefetch: 0 })).toEqual(golden.inOrder);
    expect(await rand(1).item()).toBeCloseTo(golden.inOrderNext, 7);
  });
  it('takes a generator of its own', async () => {
    const generator = new Generator({ seed: 9 });
    expect(await epochs({ batchSize: 4, shuffle: true, generator })).toEqual(golden.own);
    expect(await rand(1, { generator }).item()).toBeCloseTo(golden.ownNext, 7);
  });
  it('collates tensors, numbers, arrays, objects and strings', async () => {
    const samples = [0, 1].map((i) => ({ x: tensor([i, i + 1]), y: i, name: `n${i}`, pair: [i, tensor(i)] }));
    const batch = data.defaultCollate(samples as { x: (typeof samples)[0]['x']; y: number; name: string }[]);
    expect(await batch.x.toArray()).toEqual([[0, 1], [1, 2]]); // biome-ignore format: a matrix
    expect(await batch.y.toArray()).toEqual([0, 1]);
    expect(batch.name).toEqual(['n0', 'n1']);
  });
  it('passes an error of a sample on to whoever takes the batch', async () => {
    const broken = {
      length: 3,
      get: (i: number) => (i === 2 ? Promise.reject(new Error('no sample 2')) : i),
    };
    const seen: unknown[] = [];
    await expect(async () => {
      for await (const batch of new data.DataLoader<number>(broken)) seen.push(batch);
    }).rejects.toThrow('no sample 2');
    expect(seen).toHaveLength(2);
  });
  it('refuses what it cannot do', () => {
    const set = new data.ArrayDataset([1, 2]);
    expect(() => new data.DataLoader(set, { batchSize: 0 })).toThrow('DataLoader: batchSize is 0');
    expect(() => set.get(2)).toThrow('ArrayDataset: sample 2 is out of range for 2 samples');
    expect(() => new data.TensorDataset(arange(2), arange(3))).toThrow('[2] [3]');
  });
});

it('randomBlocks draws the starts that torch.randint draws', async () => {
  const tokens = Int32Array.from({ length: 1000 }, (_, i) => i);
  manualSeed(1337);
  const [x, y] = data.randomBlocks(tokens, { batchSize: 4, blockSize: 3 });
  manualSeed(1337);
  const starts = Array.from(await randint(997, [4]).data());
  expect(await x.toArray()).toEqual(starts.map((i) => [i, i + 1, i + 2]));
  expect(await y.toArray()).toEqual(starts.map((i) => [i + 1, i + 2, i + 3]));
  expect(() => data.randomBlocks([1, 2], { batchSize: 1, blockSize: 2 })).toThrow('2 tokens');
});

it('randomSplit', () => {
  manualSeed(7);
  const parts = data.randomSplit(new data.ArrayDataset(Array.from({ length: 11 }, (_, i) => i)), [0.5, 0.5]);
  expect(parts.map(({ indices }) => Array.from(indices))).toEqual(golden.split);
});

it("multinomial draws PyTorch's categories", async () => {
  manualSeed(3);
  const weights = tensor([[0.1, 0.4, 0.2, 0.3], [1, 2, 3, 4]]); // biome-ignore format: a matrix
  const ways = [
    { replacement: false, count: 1 },
    { replacement: false, count: 3 },
    { replacement: true, count: 4 },
  ];
  for (const [i, { replacement, count }] of ways.entries())
    for (const want of golden.multinomial[i])
      expect(await multinomial(weights, count, { replacement }).toArray()).toEqual(want);
});
