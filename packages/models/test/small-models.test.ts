/** The small models: numbers of PyTorch, training, and files both ways. */
import { readFileSync } from 'node:fs';
import { reference } from '@inkstone/backend-cpu/reference';
import { manualSeed, optim, tensor, use } from '@inkstone/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { Bigram, type CausalLM, MemoryFolder, NgramMLP, RecurrentLM } from '../src/index.js';

beforeAll(async () => {
  await use(reference());
});

const idx = () => tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]], { dtype: 'int32' }); // biome-ignore format: two rows
const targets = () => tensor([[1, 4, 1, 5, 9], [2, 6, 5, 3, 5]], { dtype: 'int32' }); // biome-ignore format: two rows
const vocabSize = 11;

const models: Record<string, () => CausalLM> = {
  Bigram: () => new Bigram({ vocabSize }),
  NgramMLP: () => new NgramMLP({ vocabSize, contextSize: 3, embeddingSize: 4, hiddenSize: 6, direct: true }),
  'NgramMLP of one token': () => new NgramMLP({ vocabSize, contextSize: 1, embeddingSize: 4, hiddenSize: 6 }),
  'RecurrentLM of RNNs': () =>
    new RecurrentLM({ vocabSize, cell: 'rnn', embeddingSize: 4, hiddenSize: 6, numLayers: 2 }),
  'RecurrentLM of GRUs': () => new RecurrentLM({ vocabSize, cell: 'gru', embeddingSize: 4, hiddenSize: 6 }),
  'RecurrentLM of LSTMs': () => new RecurrentLM({ vocabSize, embeddingSize: 4, hiddenSize: 6, numLayers: 2 }),
};

const load = (model: CausalLM, folder: MemoryFolder): Promise<CausalLM> =>
  (model.constructor as unknown as typeof Bigram).fromPretrained(folder);

describe.each(Object.entries(models))('%s', (_, make) => {
  test('learns, is saved and loaded, and scores one place as it scores all', async () => {
    manualSeed(7);
    const model = make();
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
    const losses: number[] = [];
    for (let step = 0; step < 30; step++) {
      const { loss } = model.forward(idx(), targets());
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      losses.push(await loss.item());
    }
    expect(losses[29]).toBeLessThan(0.7 * losses[0]);

    const folder = new MemoryFolder('small');
    await model.savePretrained(folder);
    const loaded = await load(model, folder);
    expect(loaded.config).toEqual(model.config);
    const logits = (await loaded.forward(idx()).toArray()) as number[][][];
    expect(logits).toEqual(await model.forward(idx()).toArray());
    const next = (await loaded.next(idx(), tensor([2], { dtype: 'int32' })).toArray()) as number[][];
    next.forEach((row, b) => {
      for (const [i, score] of row.entries()) expect(score).toBeCloseTo(logits[b][2][i], 5);
    });
    expect(await loaded.generate([3, 1], { maxNewTokens: 2 })).toEqual(
      await model.generate([3, 1], { maxNewTokens: 2 }),
    );
  });
});

test('the n-gram network gives PyTorch’s numbers', async () => {
  const path = new URL('../../../tests/lessons/goldens.json', import.meta.url);
  const want = (
    JSON.parse(readFileSync(path, 'utf8')) as {
      'ngram-mlp': { logits: number[]; loss: number; gradC: number[] };
    }
  )['ngram-mlp'];
  manualSeed(7);
  const model = new NgramMLP({ vocabSize, contextSize: 3, embeddingSize: 4, hiddenSize: 6, direct: true });
  const { logits, loss } = model.forward(idx(), targets());
  loss.backward();
  const near = (got: ArrayLike<number>, wanted: number[]): void => {
    expect(got.length).toBe(wanted.length);
    for (const [i, value] of wanted.entries()) expect(Math.abs(got[i] - value)).toBeLessThan(1e-6);
  };
  near(await logits.select(0, 1).data(), want.logits);
  expect(Math.abs((await loss.item()) - want.loss)).toBeLessThan(1e-6);
  near((await model.C.weight.grad?.data()) as Float32Array, want.gradC);
});

test('a recurrent model goes on from a state as if it had read all at once', async () => {
  for (const cell of ['rnn', 'gru', 'lstm'] as const) {
    manualSeed(3);
    const model = new RecurrentLM({ vocabSize, cell, embeddingSize: 4, hiddenSize: 6, numLayers: 2 });
    const whole = (await model.read(idx()).logits.toArray()) as number[][][];
    const first = model.read(idx().narrow(1, 0, 2));
    const rest = (await model.read(idx().narrow(1, 2, 3), first.state).logits.toArray()) as number[][][];
    rest.forEach((row, b) => {
      for (const [t, scores] of row.entries())
        for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(whole[b][t + 2][i], 5);
    });
  }
});

test('what is refused', async () => {
  expect(() => new Bigram({ vocabSize: 0 })).toThrow('vocabSize is 0, must be a whole number from 1 on');
  expect(() => new Bigram({ vocabSize: 3, eosTokenId: 3 })).toThrow('eosTokenId is 3');
  expect(() => new NgramMLP({ vocabSize: 3, contextSize: 0.5 })).toThrow('contextSize is 0.5');
  expect(() => new RecurrentLM({ vocabSize: 3, cell: 'qrnn' as 'gru' })).toThrow('cell is "qrnn"');
  expect(() => new RecurrentLM({ vocabSize: 3, dropout: 1 })).toThrow('dropout is 1');
  const folder = new MemoryFolder('small');
  await new Bigram({ vocabSize: 3 }).savePretrained(folder);
  await expect(NgramMLP.fromPretrained(folder)).rejects.toThrow(
    'small/config.json: model_type is "bigram", must be "ngram_mlp"',
  );
});
