/**
 * The lecture's GPT, built of the public API, against the record of its run in PyTorch: first logits and gradients, the
 * losses of 20 steps of AdamW, and the text that it writes then, with and without dropout.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reference } from '@inkstone/backend-cpu/reference';
import { manualSeed, optim, rand, type Tensor, use } from '@inkstone/core';
import { requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import { CharTokenizer } from '@inkstone/tokenizer';
import { beforeEach, expect, test } from 'vitest';
import { RandomBlocks, splitTokens } from '../src/index.js';
import { LectureGPT } from './lecture-model.js';

interface Sample {
  readonly first: number[];
  readonly last: number[];
}

interface Golden {
  readonly n_params: number;
  readonly init: Record<string, Sample>;
  readonly first_logits: Sample;
  readonly first_grads: Record<string, Sample>;
  readonly losses: number[];
  readonly gen60_ids: number[];
  readonly gen60: string;
  readonly next_rand: number;
}

beforeEach((context) => {
  requireFixture('shared', context);
});

async function distance(tensor: Tensor, { first, last }: Sample): Promise<number> {
  const data = (await tensor.data()) as Float32Array;
  const ends = [...data.slice(0, first.length), ...data.slice(-last.length)];
  return Math.max(...[...first, ...last].map((value, i) => Math.abs(value - ends[i])));
}

test.each([0, 0.2])('dropout %d', async (dropout) => {
  await use(reference());
  const goldens = JSON.parse(readFileSync(join(sharedFolder, 'goldens/gpt.json'), 'utf8'));
  const golden: Golden = goldens[`dropout_${dropout.toFixed(1)}`];
  const text = readFileSync(join(sharedFolder, 'data/tinyshakespeare.txt'), 'utf8');
  const tokenizer = CharTokenizer.train(text);
  const { train } = splitTokens(Int32Array.from(tokenizer.encode(text)));

  manualSeed(1337);
  const shape = { vocabSize: 65, blockSize: 16, nEmbd: 32, nHead: 4, nLayer: 2, eosTokenId: null };
  const model = new LectureGPT({ ...shape, dropout });
  expect(model.numParameters()).toBe(golden.n_params);
  for (const [key, parameter] of model.namedParameters()) {
    expect(await distance(parameter, golden.init[key]), key).toBe(0);
  }

  const blocks = new RandomBlocks(train, { blockSize: 16, batchSize: 8 });
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
  for (const [step, expected] of golden.losses.entries()) {
    const { inputs, targets } = blocks.next();
    const { logits, loss } = model.forward(inputs, targets);
    optimizer.zeroGrad();
    loss.backward();
    if (step === 0) {
      expect(await distance(logits, golden.first_logits)).toBeLessThan(1e-6);
      for (const [key, parameter] of model.namedParameters()) {
        expect(await distance(parameter.grad as Tensor, golden.first_grads[key]), key).toBeLessThan(1e-7);
      }
    }
    optimizer.step();
    expect(Math.abs((await loss.item()) - expected), `step ${step}`).toBeLessThan(5e-6);
  }

  const ids = await model.generate([0], { maxNewTokens: 60, doSample: true, topK: 0 });
  expect(ids).toEqual(golden.gen60_ids);
  expect(tokenizer.decode(ids)).toBe(golden.gen60);
  // Not one draw more or less than the lecture's program made.
  expect(await rand(1).item()).toBe(golden.next_rand);
});
