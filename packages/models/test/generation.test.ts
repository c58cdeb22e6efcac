import { reference } from '@inkstone/backend-cpu/reference';
import { manualSeed, rand, use } from '@inkstone/core';
import { CharTokenizer } from '@inkstone/tokenizer';
import { beforeAll, describe, expect, test } from 'vitest';
import { type GenerateOptions, generationConfig } from '../src/generation/options.js';
import { applyRules, narrow, softmax } from '../src/generation/processors.js';
import { GPT } from '../src/index.js';

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
    [[1], { topP: 0 }, 'topP is 0'],
    [[1], { minP: 2 }, 'minP is 2'],
    [[1], { repetitionPenalty: 0 }, 'repetitionPenalty is 0'],
    [[1], { numBeams: 0 }, 'numBeams is 0'],
    [[1], { numBeams: 2, doSample: true }, 'exclude each other'],
    [[[1]], { numBeams: 2, numReturnSequences: 3 }, 'numReturnSequences is 3, must be at most numBeams'],
    [[1], { numBeams: 2, numReturnSequences: 2 }, 'need a list of prompts'],
    [[1], { stopStrings: '.' }, 'stopStrings need a tokenizer'],
  ])('%j %j is refused', async (ids, options, message) => {
    await expect(model.generate(ids as number[], options)).rejects.toThrow(message);
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

describe('drawing', () => {
  const logits = Float32Array.of(1, 3, 2, 3, 0);
  const shares = (options: GenerateOptions) => {
    const config = generationConfig(
      { topK: 0, doSample: true, ...options },
      { vocabSize: 5, blockSize: 1, eosTokenId: null },
    );
    const scores = logits.slice();
    narrow(scores, config);
    softmax(scores);
    return Array.from(scores);
  };
  const weights = [1, 3, 2, 3, 0].map(Math.exp);
  const total = weights.reduce((a, b) => a + b);

  test('is by the softmax of the scores', () => {
    for (const [i, share] of shares({}).entries()) expect(share).toBeCloseTo(weights[i] / total, 6);
  });

  test('topK drops all below the k-th best, and none that equals it', () => {
    expect(shares({ topK: 1 })).toEqual([0, 0.5, 0, 0.5, 0]);
    const three = shares({ topK: 3 });
    expect([three[0], three[4]]).toEqual([0, 0]);
    expect(three[2]).toBeGreaterThan(0.05);
  });

  test('topP keeps the fewest that sum to it, and one at least', () => {
    // Shares are about 0.04, 0.33, 0.12, 0.33, 0.02 of a little more than 1.
    expect(shares({ topP: 0.9 }).map((share) => share > 0)).toEqual([false, true, true, true, false]);
    expect(shares({ topP: 0.6 }).map((share) => share > 0)).toEqual([false, true, false, true, false]);
    expect(shares({ topP: 1e-6 }).filter((share) => share > 0)).toEqual([1]);
  });

  test('minP keeps what is probable enough beside the best', () => {
    expect(shares({ minP: 0.2 }).map((share) => share > 0)).toEqual([false, true, true, true, false]);
    expect(shares({ minP: 0.5 }).map((share) => share > 0)).toEqual([false, true, false, true, false]);
  });

  test('temperature sharpens and flattens', () => {
    expect(shares({ temperature: 0.1 })[2]).toBeLessThan(1e-4);
    expect(shares({ temperature: 100 })[4]).toBeGreaterThan(0.15);
  });
});

describe('rules', () => {
  const ruled = (options: GenerateOptions, text: number[], step = 9) => {
    const scores = Float32Array.of(1, -1, 2, 3, 4);
    const config = generationConfig(
      { eosTokenId: 4, ...options },
      { vocabSize: 5, blockSize: 1, eosTokenId: null },
    );
    applyRules(scores, text, step, config);
    return Array.from(scores);
  };
  const never = Number.NEGATIVE_INFINITY;

  test('repetitionPenalty makes what was less probable, once', () => {
    expect(ruled({ repetitionPenalty: 2 }, [1, 2, 2])).toEqual([1, -2, 1, 3, 4]);
  });

  test('noRepeatNgramSize forbids what would repeat a run', () => {
    expect(ruled({ noRepeatNgramSize: 2 }, [0, 3, 1, 0, 2, 0])).toEqual([1, -1, never, never, 4]);
    expect(ruled({ noRepeatNgramSize: 3 }, [0, 3, 1, 0, 2, 0])).toEqual([1, -1, 2, 3, 4]);
    expect(ruled({ noRepeatNgramSize: 3 }, [0, 3, 1, 0, 3])).toEqual([1, never, 2, 3, 4]);
    expect(ruled({ noRepeatNgramSize: 1 }, [0, 3])).toEqual([never, -1, 2, never, 4]);
  });

  test('minNewTokens keeps the end away', () => {
    expect(ruled({ minNewTokens: 2 }, [0], 1)).toEqual([1, -1, 2, 3, never]);
    expect(ruled({ minNewTokens: 2 }, [0], 2)).toEqual([1, -1, 2, 3, 4]);
  });
});
