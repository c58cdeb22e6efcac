import { reference } from '@inkstone/backend-cpu/reference';
import { Generator, manualSeed, rand, use } from '@inkstone/core';
import { CharTokenizer } from '@inkstone/tokenizer';
import { beforeAll, describe, expect, test } from 'vitest';
import { GPT } from '../src/index.js';
import { pickToken } from '../src/sampling.js';

const tokenizer = CharTokenizer.train('春江潮水连海平,海上明月共潮生.', { specialTokens: ['<end>'] });
const config = { vocabSize: tokenizer.vocabSize, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 8, eosTokenId: 0 };
let model: GPT;

beforeAll(async () => {
  await use(reference());
  manualSeed(3);
  model = new GPT({ ...config, dropout: 0.3 });
});

const never = { eosTokenId: null };

describe('generate', () => {
  test('goes on beyond the block, the same for the same seed, and leaves the model in training', async () => {
    const options = { ...never, maxNewTokens: 20, temperature: 1, seed: 5 };
    const one = await model.generate([1, 2], options);
    expect(one.length).toBe(22);
    expect(one.slice(0, 2)).toEqual([1, 2]);
    expect(await model.generate([1, 2], options)).toEqual(one);
    expect(await model.generate([1, 2], { ...options, seed: 6 })).not.toEqual(one);
    expect(model.training).toBe(true);
    // What lies beyond the block has no say.
    const late = await model.generate([3, 3, 3, 3, ...one.slice(2, 10)], {
      ...options,
      maxNewTokens: 4,
      seed: 9,
    });
    const short = await model.generate(one.slice(2, 10), { ...options, maxNewTokens: 4, seed: 9 });
    expect(late.slice(-4)).toEqual(short.slice(-4));
  });

  test('is greedy unless something says how to draw', async () => {
    const greedy = await model.generate([1], { ...never, maxNewTokens: 5 });
    expect(await model.generate([1], { ...never, maxNewTokens: 5, doSample: false, temperature: 9 })).toEqual(
      greedy,
    );
    expect(await model.generate([1], { ...never, maxNewTokens: 5, topK: 1 })).toEqual(greedy);
  });

  test('draws from the default stream, and not at all with a seed', async () => {
    const after = async (options: object) => {
      manualSeed(11);
      await model.generate([1], { ...never, maxNewTokens: 3, ...options });
      return rand(1).item();
    };
    manualSeed(11);
    const untouched = await rand(1).item();
    expect(await after({ seed: 1 })).toBe(untouched);
    expect(await after({ doSample: false })).toBe(untouched);
    expect(await after({ temperature: 1 })).not.toBe(untouched);
  });

  test('stops at the end of the text, and at a signal', async () => {
    const options = { maxNewTokens: 200, temperature: 1, topK: 0, seed: 1 };
    const ids = await model.generate([1], options);
    expect(ids.indexOf(0)).toBe(ids.length - 1);
    const other = await model.generate([1], { ...options, eosTokenId: [2, 5] });
    expect([2, 5]).toContain(other.at(-1));
    expect(await model.generate([1], { ...options, signal: AbortSignal.abort() })).toEqual([1]);
  });

  test.each([
    [[], {}, 'there are no ids'],
    [[99], {}, 'ids[0] is 99'],
    [[1], { temperature: 0 }, 'temperature is 0, must be greater than 0'],
    [[1], { topK: -1 }, 'topK is -1'],
    [[1], { maxNewTokens: 1.5 }, 'maxNewTokens is 1.5'],
  ])('%j %j is refused', async (ids, options, message) => {
    await expect(model.generate(ids, options)).rejects.toThrow(message);
  });
});

test('stream gives the text of generate, without the end', async () => {
  const options = { maxNewTokens: 200, temperature: 1, topK: 0, seed: 4 };
  const start = tokenizer.encode('春江');
  const pieces: string[] = [];
  for await (const piece of model.stream(start, { ...options, tokenizer })) pieces.push(piece);
  const ids = (await model.generate(start, options)).slice(start.length);
  expect(pieces.join('')).toBe(tokenizer.decode(ids.slice(0, -1)));
  expect(pieces.length).toBeGreaterThan(3);
  const all: string[] = [];
  for await (const piece of model.stream(start, { ...options, tokenizer, skipSpecialTokens: false }))
    all.push(piece);
  expect(all.at(-1)).toBe('<end>');
});

describe('pickToken', () => {
  const logits = Float32Array.of(1, 3, 2, 3, 0);
  const draw = (topK: number, temperature = 1) => {
    const generator = new Generator({ seed: 0 });
    const counts = new Array<number>(5).fill(0);
    for (let i = 0; i < 4000; i++)
      counts[pickToken(logits.slice(), { doSample: true, temperature, topK, generator })]++;
    return counts.map((count) => count / 4000);
  };

  test('draws by the softmax of the scores', () => {
    const weights = [1, 3, 2, 3, 0].map(Math.exp);
    const total = weights.reduce((a, b) => a + b);
    for (const [i, share] of draw(0).entries())
      expect(Math.abs(share - weights[i] / total)).toBeLessThan(0.03);
  });

  test('drops all below the k-th best, and none that equals it', () => {
    const one = draw(1);
    expect(one[1]).toBeGreaterThan(0.4);
    expect(one[3]).toBeGreaterThan(0.4);
    expect(one[0] + one[2] + one[4]).toBe(0);
    const three = draw(3);
    expect(three[0] + three[4]).toBe(0);
    expect(three[2]).toBeGreaterThan(0.05);
  });

  test('temperature sharpens and flattens', () => {
    expect(draw(0, 0.1)[2]).toBe(0);
    expect(draw(0, 100)[4]).toBeGreaterThan(0.15);
  });
});
