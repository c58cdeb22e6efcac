import { reference } from '@inkstone/backend-cpu/reference';
import { Generator, use } from '@inkstone/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluationBatches, RandomBlocks, splitTokens } from '../src/index.js';

beforeAll(async () => {
  await use(reference());
});

const range = (length: number) => Int32Array.from({ length }, (_, i) => i);

describe('random blocks', () => {
  test('begin where torch.randint says, and targets are one further on', async () => {
    // torch.manual_seed(1337); torch.randint(1000 - 4, (3,)) twice
    const blocks = new RandomBlocks(range(1000), {
      blockSize: 4,
      batchSize: 3,
      generator: new Generator({ seed: 1337 }),
    });
    for (const starts of [
      [43, 457, 608],
      [892, 659, 277],
    ]) {
      const { inputs, targets } = blocks.next();
      expect(await inputs.toArray()).toEqual(starts.map((s) => [s, s + 1, s + 2, s + 3]));
      expect(await targets.toArray()).toEqual(starts.map((s) => [s + 1, s + 2, s + 3, s + 4]));
    }
  });

  test('a text of one block and one token has one block', async () => {
    const blocks = new RandomBlocks(range(5), { blockSize: 4, batchSize: 2 });
    expect(await blocks.next().targets.toArray()).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
  });

  test('a shorter text is refused', () => {
    expect(() => new RandomBlocks(range(4), { blockSize: 4, batchSize: 2 })).toThrow(
      'the text is too short: 4 tokens, but a block of 4 needs at least 5',
    );
    expect(() => new RandomBlocks(range(9), { blockSize: 4, batchSize: 0 })).toThrow('batchSize is 0');
  });
});

describe('evaluation batches', () => {
  const starts = async (length: number, blockSize: number, batchSize: number, batches: number) =>
    Promise.all(
      evaluationBatches(range(length), { blockSize, batchSize, batches }).map(
        async ({ inputs }) => (await inputs.select(1, 0).toArray()) as number[],
      ),
    );

  test('spread over the text without overlap, the same each time', async () => {
    // 100 tokens hold 9 blocks of 10 with a token after each; 4 are asked for.
    expect(await starts(100, 10, 2, 2)).toEqual([
      [0, 20],
      [40, 60],
    ]);
    expect(await starts(101, 10, 5, 9)).toEqual([
      [0, 10, 20, 30, 40],
      [50, 60, 70, 80, 90],
    ]);
  });

  test('a short text gives fewer rows, then shorter ones, then none', async () => {
    expect(await starts(35, 10, 32, 20)).toEqual([[0, 10, 20]]);
    expect(await starts(6, 10, 32, 20)).toEqual([[0]]);
    const [{ targets }] = evaluationBatches(range(6), { blockSize: 10, batchSize: 32, batches: 20 });
    expect(await targets.toArray()).toEqual([[1, 2, 3, 4, 5]]);
    expect(await starts(1, 10, 32, 20)).toEqual([]);
    expect(await starts(0, 10, 32, 20)).toEqual([]);
  });
});

test('the split is int(0.9 * len(data))', () => {
  const { train, validation } = splitTokens(range(1115394));
  expect([train.length, validation.length]).toEqual([1003854, 111540]);
  expect(validation[0]).toBe(1003854);
  expect(() => splitTokens(range(3), { validation: 1 })).toThrow('validation is 1');
});
