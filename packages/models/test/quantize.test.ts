/** Models with weights of 8 and 4 bits: how near they are to the float model, and what they refuse. */
import { cpu } from '@inkstone/backend-cpu';
import { type Device, fromTypedArray, manualSeed, nn, noGrad, use } from '@inkstone/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AutoModelForCausalLM,
  addLora,
  type CausalLM,
  countFlops,
  GPT,
  isQuantized,
  Llama,
  MemoryFolder,
  measurePerplexity,
  mergeLora,
  type QuantizeOptions,
  quantize,
  Trainer,
} from '../src/index.js';

let device: Device;
beforeAll(async () => {
  device = await use(cpu({ threads: 1 }));
});
afterAll(() => device.close());

/** Counting modulo 31 by a step that the first two numbers set: something to learn in a second. */
const text = Int32Array.from({ length: 1200 }, (_, i) => (Math.floor(i / 40) * 7 + (i % 40) * 3) % 31);

const models: [string, () => CausalLM][] = [
  ['GPT', () => new GPT({ vocabSize: 31, blockSize: 32, nLayer: 2, nHead: 4, nEmbd: 64 })],
  [
    'Llama',
    () =>
      new Llama({
        vocabSize: 31,
        blockSize: 32,
        hiddenSize: 64,
        intermediateSize: 96,
        numHiddenLayers: 2,
        numAttentionHeads: 4,
        numKeyValueHeads: 2,
      }),
  ],
];

const ids = (): ReturnType<typeof fromTypedArray> => fromTypedArray(text.slice(0, 32), [1, 32]);
const logits = async (model: CausalLM) => [...(await noGrad(() => model.forward(ids())).data())];

/** How far apart two lists are, as a share of the length of the first. */
function error(want: readonly number[], got: readonly number[]): number {
  const length = (list: readonly number[]) => Math.sqrt(list.reduce((sum, x) => sum + x * x, 0));
  return length(want.map((x, i) => x - (got[i] as number))) / length(want);
}

describe.each(models)('%s, trained and then quantised', (_name, make) => {
  const folder = new MemoryFolder('model');
  let float: CausalLM;
  beforeAll(async () => {
    manualSeed(1);
    float = make();
    const trainer = new Trainer({ model: float, train: text, batchSize: 8, maxSteps: 80, learningRate: 3e-3, evalSteps: 0 }); // biome-ignore format: one line
    for await (const _ of trainer.run());
    float.eval();
    await float.savePretrained(folder);
  });

  test.each([
    ['int8', { dtype: 'int8' }, 0.01, 0.01],
    ['int8, groups of 32', { dtype: 'int8', groupSize: 32 }, 0.01, 0.01],
    ['int4', { dtype: 'int4', groupSize: 32 }, 0.15, 0.1],
  ] satisfies [string, QuantizeOptions, number, number][])(
    '%s: logits, perplexity and what it writes are those of the float model, nearly',
    async (_what, quantization, allowed, lossAllowed) => {
      const model = (await AutoModelForCausalLM.fromPretrained(folder, { quantization })).eval();
      expect(isQuantized(model)).toBe(true);
      // They are there, not to be worked out again from the float weights for each token.
      const pending = [...model.namedBuffers()].filter(
        ([, { value }]) => !value.resident && value.host === null,
      );
      expect(pending.map(([name]) => name)).toEqual([]);
      const [want, got] = [await logits(float), await logits(model)];
      const apart = error(want, got);
      expect(apart).toBeLessThan(allowed);
      expect(apart).toBeGreaterThan(1e-5);
      const [before, after] = [await measurePerplexity(float, text), await measurePerplexity(model, text)];
      expect(before.loss).toBeLessThan(1);
      expect(Math.abs(after.loss - before.loss)).toBeLessThan(lossAllowed);
      const options = { maxNewTokens: 16, eosTokenId: null };
      const prompt = [...text.slice(0, 8)];
      const written = await model.generate(prompt, options);
      expect(await model.generate(prompt, { ...options, useCache: false })).toEqual(written);
      if (quantization.dtype === 'int8') expect(written).toEqual(await float.generate(prompt, options));
      expect(countFlops(model, () => model.forward(ids()))).toEqual(
        countFlops(float, () => float.forward(ids())),
      );
    },
  );

  test('takes a quarter or an eighth of the memory of its weights', async () => {
    const bytes = async (dtype: 'int8' | 'int4' | null) => {
      const model = await AutoModelForCausalLM.fromPretrained(folder, dtype ? { quantization: dtype } : {});
      const wide = [...model.stateDict()].filter(([name]) => !/wte|wpe|embed|ln_|norm|bias/.test(name));
      return wide.reduce((sum, [, { shape }]) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
    };
    const whole = await bytes(null);
    // One scale for each row beside them.
    expect((await bytes('int8')) / whole).toBeLessThan(0.25 + 1 / 60);
    expect((await bytes('int4')) / whole).toBeLessThan(0.125 + 1 / 60);
  });

  test('layers that are named stay as they are', async () => {
    const model = await AutoModelForCausalLM.fromPretrained(folder);
    expect(quantize(model, { dtype: 'int8', modulesToNotConvert: ['lm_head'] })).toBe(model);
    const kinds = new Map([...model.namedModules()].map(([path, module]) => [path, module]));
    expect(kinds.get('lm_head')).toBeInstanceOf(nn.Linear);
    const linear = [...kinds].filter(([, module]) => module instanceof nn.Linear).map(([path]) => path);
    expect(linear).toEqual(['lm_head']);
  });

  test('what it cannot do is refused', async () => {
    const model = await AutoModelForCausalLM.fromPretrained(folder, { quantization: 'int8' });
    const target = new MemoryFolder('target');
    await expect(model.savePretrained(target)).rejects.toThrow('the model is quantised');
    expect(await target.exists('config.json')).toBe(false);
    expect(() => quantize(model, 'int8')).toThrow('quantised already');
    expect(() => new Trainer({ model, train: text, maxSteps: 1 })).toThrow('Trainer: the model is quantised');
    await expect(
      AutoModelForCausalLM.fromPretrained(folder, { quantization: 'int2' as 'int8' }),
    ).rejects.toThrow(`quantize: dtype is "int2", must be 'int8' or 'int4'`);
    await expect(
      AutoModelForCausalLM.fromPretrained(folder, { quantization: { dtype: 'int8', groupSize: 12 } }),
    ).rejects.toThrow('groupSize is 12: a multiple of 32 is needed');
    const other = await AutoModelForCausalLM.fromPretrained(folder);
    expect(() => quantize(other, { dtype: 'int8', modulesToNotConvert: ['head'] })).toThrow(
      'modulesToNotConvert names "head", which is no Linear layer',
    );
    const [, target2] = [...other.namedModules()].filter(([, m]) => m instanceof nn.Linear).map(([path]) => path); // biome-ignore format: one line
    addLora(other, { r: 2, targetModules: [(target2 as string).split('.').slice(-1)[0] as string] });
    expect(() => quantize(other, 'int8')).toThrow('merge adapters first');
    mergeLora(other);
    expect(isQuantized(quantize(other, 'int8'))).toBe(true);
  });
});

test('a model without Linear layers is refused', () => {
  expect(() => quantize(new nn.LayerNorm(4), 'int8')).toThrow('LayerNorm has no Linear layer');
});
