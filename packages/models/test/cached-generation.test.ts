/** The key-value cache changes nothing but the time: the same tokens for single texts, batches and beams. */
import { cpu } from '@inkstone/backend-cpu';
import { type Device, manualSeed, noGrad, open, tensor } from '@inkstone/core';
import { CharTokenizer } from '@inkstone/tokenizer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CausalLM, GPT, Llama } from '../src/index.js';

let device: Device;
beforeAll(async () => {
  device = await open(cpu({ threads: 1 }));
});
afterAll(() => device.close());

const vocabSize = 23;
const models: [string, (blockSize: number) => CausalLM][] = [
  ['GPT', (blockSize) => new GPT({ vocabSize, blockSize, nLayer: 2, nHead: 4, nEmbd: 32 }, { device })],
  [
    'Llama with grouped-query attention',
    (blockSize) =>
      new Llama(
        {
          vocabSize,
          blockSize,
          hiddenSize: 32,
          intermediateSize: 48,
          numHiddenLayers: 2,
          numAttentionHeads: 4,
          numKeyValueHeads: 2,
          ropeScaling: { ropeType: 'linear', factor: 2 },
        },
        { device },
      ),
  ],
];

/** Weights larger than those that training begins with, so that the next token depends on the text. */
function made(make: (blockSize: number) => CausalLM, blockSize = 64): CausalLM {
  manualSeed(5);
  const model = make(blockSize);
  noGrad(() => {
    for (const parameter of model.parameters()) if (parameter.ndim === 2) parameter.mul_(8);
  });
  return model.eval();
}

const prompts = [[1, 2, 3, 4, 5], [7], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2], [3, 3, 3]];
const plain = { eosTokenId: null, maxNewTokens: 24 };

describe.each(models)('%s', (_name, make) => {
  test('a text, a batch of texts of several lengths, and each by itself', async () => {
    const model = made(make);
    const batch = await model.generate(prompts, plain);
    expect(new Set(batch.flat()).size).toBeGreaterThan(8);
    expect(await model.generate(prompts, { ...plain, useCache: false })).toEqual(batch);
    for (const [i, prompt] of prompts.entries()) {
      expect(batch[i].slice(0, prompt.length)).toEqual(prompt);
      expect(await model.generate(prompt, plain)).toEqual(batch[i]);
    }
  });

  test('greedy is the best of forward() at each place', async () => {
    const model = made(make);
    const ids = await model.generate([1, 2, 3], plain);
    const logits = noGrad(() => model.forward(tensor([ids], { dtype: 'int32', device })));
    const best = await logits.argmax(-1).data();
    for (let i = 2; i + 1 < ids.length; i++) expect(best[i]).toBe(ids[i + 1]);
  });

  test('drawing, with everything that narrows it', async () => {
    const model = made(make);
    const options = {
      ...plain,
      temperature: 1.5,
      topK: 15,
      topP: 0.95,
      minP: 0.01,
      repetitionPenalty: 1.2,
      noRepeatNgramSize: 3,
      seed: 4,
    };
    const batch = await model.generate(prompts, options);
    expect(await model.generate(prompts, { ...options, useCache: false })).toEqual(batch);
    expect(await model.generate(prompts, { ...options, seed: 5 })).not.toEqual(batch);
    for (const ids of batch) {
      const runs = ids.slice(2).map((_, i) => ids.slice(i, i + 3).join());
      const inPrompt = 12 - 2;
      expect(runs.length - new Set(runs).size).toBeLessThan(inPrompt);
    }
  });

  test('beams', async () => {
    const model = made(make);
    const options = { maxNewTokens: 12, eosTokenId: 0, numBeams: 3, numReturnSequences: 2 } as const;
    const found = await model.generate(prompts, { ...options, returnDictInGenerate: true });
    expect(found.sequences.length).toBe(2 * prompts.length);
    const again = await model.generate(prompts, { ...options, useCache: false, returnDictInGenerate: true });
    expect(again.sequences).toEqual(found.sequences);
    for (const [i, prompt] of prompts.entries()) {
      expect(await model.generate([prompt], options)).toEqual(found.sequences.slice(2 * i, 2 * i + 2));
      expect(found.sequencesScores?.[2 * i]).toBeGreaterThanOrEqual(found.sequencesScores?.[2 * i + 1] ?? 0);
    }
    // Never worse than greedy, by its own measure.
    const greedy = await model.generate(prompts, { ...options, numBeams: 1, numReturnSequences: 1, returnDictInGenerate: true }); // biome-ignore format: one line
    const mean = (logs: number[]): number => logs.reduce((a, b) => a + b, 0) / logs.length;
    let better = 0;
    for (const i of prompts.keys()) {
      const score = found.sequencesScores?.[2 * i] ?? Number.NaN;
      expect(score).toBeCloseTo(mean(found.logProbs[2 * i]), 4);
      if (score > mean(greedy.logProbs[i]) - 1e-4) better++;
    }
    expect(better).toBeGreaterThan(2);
  });

  test('beyond the block the window moves, and the cache steps aside', async () => {
    const model = made(make, 16);
    const batch = await model.generate(prompts, plain);
    expect(await model.generate(prompts, { ...plain, useCache: false })).toEqual(batch);
    expect(batch[0].length).toBe(29);
  });

  test('log-probabilities are those of forward()', async () => {
    const model = made(make);
    const { sequences, logProbs } = await model.generate([1, 2], { ...plain, returnDictInGenerate: true });
    const logits = noGrad(() => model.forward(tensor([sequences[0]], { dtype: 'int32', device })));
    const all = await logits.logSoftmax(-1).data();
    logProbs[0].forEach((log, i) => {
      expect(log).toBeCloseTo(all[(i + 1) * vocabSize + sequences[0][i + 2]], 4);
    });
  });

  test('a token is one plan, whatever the length, and nothing is made for it', async () => {
    const model = made(make);
    // The first text also computes the weights, which have just been recorded.
    for (const prompt of [
      [1, 2],
      [3, 4],
    ])
      await model.generate(prompt, { ...plain, maxNewTokens: 40 });
    const before = device.stats();
    await model.generate([4, 5, 6], { ...plain, maxNewTokens: 37 });
    const after = device.stats();
    expect(after.plansBuilt).toBe(before.plansBuilt);
    expect(after.plansRun - before.plansRun).toBe(37);
    expect(after.buffersMade).toBe(before.buffersMade);
  });
});

test('texts end where they say so, one by one, and at strings', async () => {
  const model = made(models[0][1]);
  const free = await model.generate(prompts, plain);
  const ends = [free[0][10], free[2][20]];
  const ended = await model.generate(prompts, { ...plain, eosTokenId: ends });
  expect(await model.generate(prompts, { ...plain, eosTokenId: ends, useCache: false })).toEqual(ended);
  ended.forEach((ids, i) => {
    const start = prompts[i].length;
    const at = free[i].findIndex((id, place) => place >= start && ends.includes(id));
    expect(ids).toEqual(at < 0 ? free[i] : free[i].slice(0, at + 1));
  });
  const tokenizer = CharTokenizer.train('abcdefghijklmnopqrstuvw');
  const text = tokenizer.decode(free[0].slice(5));
  const stop = text.slice(3, 6);
  const stopped = await model.generate(prompts[0], { ...plain, stopStrings: ['zz', stop], tokenizer });
  expect(tokenizer.decode(stopped.slice(5))).toBe(text.slice(0, text.indexOf(stop) + stop.length));
});
