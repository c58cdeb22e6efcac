/** Choosing tokens on the device: what the host's own rules choose, and the same on every backend. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import { type Backend, type Device, manualSeed, nn, noGrad, type Tensor, tensor, use } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import { CausalLM, type GenerateOptions, GPT } from '@inkstone/models';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const backends: [string, () => Backend][] = [
  ['reference', reference],
  ['cpu', cpu],
  ['webgpu', webgpu],
];

const modes: Record<string, GenerateOptions> = {
  greedy: { doSample: false },
  'greedy with rules': {
    doSample: false,
    repetitionPenalty: 1.3,
    noRepeatNgramSize: 2,
    minNewTokens: 9,
    eosTokenId: 3,
  },
  'all tokens': { topK: 0, seed: 1 },
  temperature: { topK: 0, temperature: 0.7, seed: 2 },
  'top-k': { topK: 5, temperature: 1.5, seed: 3 },
  'top-p': { topK: 0, topP: 0.8, seed: 4 },
  'top-k and top-p': { topK: 20, topP: 0.7, seed: 5 },
  'min-p': { topK: 0, minP: 0.2, temperature: 2, seed: 6 },
  'repetition penalty': { repetitionPenalty: 1.5, seed: 7 },
  'all at once': {
    temperature: 1.2,
    topK: 30,
    topP: 0.95,
    minP: 0.02,
    repetitionPenalty: 1.2,
    noRepeatNgramSize: 2,
    minNewTokens: 6,
    eosTokenId: 3,
    seed: 8,
  },
};

/** Texts of two lengths, which go on beyond the model's block. */
const prompts = [[5, 6, 7], [1]];

/** A model whose scores are the same for everything: those given. */
class Fixed extends CausalLM {
  readonly config;
  readonly files = null;
  readonly scores = new nn.Parameter(tensor([[0]]));

  constructor(private readonly rows: readonly number[]) {
    super();
    this.config = { vocabSize: rows.length, blockSize: 4, eosTokenId: null };
  }

  override forward(): never {
    throw new Error('only its next scores are asked for');
  }

  next(idx: Tensor): Tensor {
    return tensor([[...this.rows]], { device: idx.device }).expand([idx.shape[0], this.rows.length]);
  }
}

const written = new Map<string, number[][]>();

describe.each(backends)('%s', (name, backend) => {
  let device: Device | undefined;
  beforeAll(async () => {
    if (name !== 'webgpu' || requireFixture('adapter')) device = await use(backend());
  });
  afterAll(() => device?.close());

  const here = test.runIf(name !== 'webgpu' || requireFixture('adapter'));

  here.each(Object.entries(modes))('draws what the host would draw: %s', async (mode, options) => {
    manualSeed(9);
    const size = { vocabSize: 65, blockSize: 16, nLayer: 1, nHead: 2, nEmbd: 16 };
    const model = new GPT({ ...size, tieWordEmbeddings: false });
    // Scores that differ, so that no rounding decides.
    noGrad(() => model.parameters().forEach((parameter) => void parameter.mul_(4)));
    const settings = { maxNewTokens: 24, eosTokenId: null, ...options };
    const ids = await model.generate(prompts, settings);
    // With log-probabilities all scores come to the host, and it chooses.
    const { sequences } = await model.generate(prompts, { ...settings, returnDictInGenerate: true });
    expect(ids).toEqual(sequences);
    expect(ids).toEqual(written.get(mode) ?? ids);
    written.set(mode, ids);
  });

  here('of equal scores the same ones are left as on the host', async () => {
    const model = new Fixed([1, 2, 2, 0, 2, 1]);
    for (const options of [
      { topK: 0, topP: 0.5 },
      { topK: 2 },
      { topK: 0, topP: 0.9, temperature: 0.5 },
      { topK: 1, temperature: 3 },
      { topK: 2, topP: 0.99 },
      { topK: 2, topP: 0.6 },
    ]) {
      const settings = { maxNewTokens: 60, seed: 3, ...options };
      const { sequences } = await model.generate([[0]], { ...settings, returnDictInGenerate: true });
      expect(await model.generate([[0]], settings)).toEqual(sequences);
    }
  });

  here('an end that is no token bars nothing, in no text', async () => {
    const model = new Fixed([0, 1, 2, 9]);
    for (const eosTokenId of [7, -1, [3, 5]]) {
      const settings = { maxNewTokens: 3, minNewTokens: 2, doSample: false, eosTokenId };
      const { sequences } = await model.generate([[0], [0]], { ...settings, returnDictInGenerate: true });
      expect(await model.generate([[0], [0]], settings)).toEqual(sequences);
    }
  });

  here('scores that are no numbers are an error', async () => {
    const model = new Fixed([1, Number.NaN, 2]);
    await expect(model.generate([0], { seed: 1 })).rejects.toThrow(/what follows text 0 are not numbers/);
  });
});
