/** Perplexity, sentence embeddings, counts, and what is seen inside a model. */
import { cpu } from '@inkstone/backend-cpu';
import { type Device, fromTypedArray, manualSeed, noGrad, tensor, use } from '@inkstone/core';
import { bertTokenizer } from '@inkstone/tokenizer/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  Bert,
  countFlops,
  countParameters,
  GPT,
  lookInside,
  measurePerplexity,
  sentenceEmbeddings,
} from '../src/index.js';

let device: Device;
beforeAll(async () => {
  device = await use(cpu({ threads: 1 }));
});
afterAll(() => device.close());

const gpt = (change = {}) => {
  manualSeed(2);
  const model = new GPT({
    vocabSize: 13,
    blockSize: 8,
    nLayer: 2,
    nHead: 2,
    nEmbd: 8,
    dropout: 0.5,
    ...change,
  });
  noGrad(() => {
    for (const parameter of model.parameters()) if (parameter.ndim === 2) parameter.mul_(20);
  });
  return model;
};

describe('perplexity', () => {
  const ids = Array.from({ length: 30 }, (_, i) => (i * i * 5 + 1) % 13);

  /** Token by token: each with up to 8 tokens before it, from where its window begins. */
  async function slowly(model: GPT, stride: number): Promise<number> {
    let sum = 0;
    model.eval();
    for (let i = 1; i < ids.length; i++) {
      let begin = 0;
      while (begin + 8 < i) begin += stride;
      const logits = noGrad(() => model.forward(tensor([ids.slice(begin, i)], { dtype: 'int32' })));
      const logs = await logits.logSoftmax(-1).data();
      sum -= logs[(i - begin - 1) * 13 + ids[i]];
    }
    model.train();
    return sum / (ids.length - 1);
  }

  test.each([8, 3, 1])('with a stride of %i is that of token after token', async (stride) => {
    const model = gpt();
    const measured = await measurePerplexity(model, ids, { stride });
    expect(measured.tokens).toBe(29);
    expect(measured.loss).toBeCloseTo(await slowly(model, stride), 4);
    expect(measured.perplexity).toBeCloseTo(Math.exp(measured.loss), 6);
    expect(model.training).toBe(true);
  });

  test('what makes no sense is refused', async () => {
    const model = gpt();
    await expect(measurePerplexity(model, ids, { stride: 9 })).rejects.toThrow(
      'stride is 9, must be a whole number from 1 to 8',
    );
    await expect(measurePerplexity(model, [1])).rejects.toThrow('1 tokens foretell nothing');
  });
});

describe('sentence embeddings', () => {
  const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...'abcdefgh'].join('\n');
  const tokenizer = bertTokenizer(words);
  const texts = ['a b c', 'd', 'h g f e d c b a a b c d e f g h a b', 'a b c'];

  test.each(['mean', 'cls'] as const)('%s: of a batch as of each text by itself', async (pooling) => {
    manualSeed(4);
    const model = new Bert({ vocabSize: 13, hiddenSize: 12, numHiddenLayers: 2, numAttentionHeads: 3, intermediateSize: 16, maxPositionEmbeddings: 32, initializerRange: 0.5 }); // biome-ignore format: one line
    const all = await sentenceEmbeddings(model, tokenizer, texts, { pooling, batchSize: 3 });
    expect(all[3]).toEqual(all[0]);
    model.eval();
    for (const [i, text] of texts.entries()) {
      const ids = tokenizer.encode(text);
      const { lastHiddenState } = noGrad(() => model.forward(tensor([ids], { dtype: 'int32' })));
      const expected = await (pooling === 'cls'
        ? lastHiddenState.select(1, 0)
        : lastHiddenState.mean(1)
      ).data();
      for (let c = 0; c < 12; c++) expect(all[i][c]).toBeCloseTo(expected[c], 5);
    }
    const [unit] = await sentenceEmbeddings(model, tokenizer, texts, {
      pooling,
      normalize: true,
      maxLength: 4,
    });
    expect(Math.hypot(...unit)).toBeCloseTo(1, 5);
  });
});

test('parameters and operations are counted', () => {
  const model = gpt();
  const { total, trainable, byModule } = countParameters(model);
  const block = 12 * 64 + 13 * 8;
  expect([total, trainable]).toEqual([model.numParameters(), total]);
  expect(byModule.get('transformer.h.1')).toBe(block);
  expect(byModule.get('transformer.h')).toBe(2 * block);
  expect(byModule.get('')).toBe(total);
  model.transformer.h.requiresGrad_(false);
  expect(countParameters(model).trainable).toBe(total - 2 * block);

  const flops = countFlops(model, () => model.forward(fromTypedArray(new Int32Array(10), [2, 5])));
  const matrices = 2 * 10 * (2 * 12 * 64 + 8 * 13);
  const attention = 2 * 4 * 5 * 5 * 8 * 2;
  expect(flops.total).toBe(matrices + attention);
  expect(flops.byModule.get('transformer.h.0.attn')).toBe(attention / 2);
  expect(flops.byModule.get('lm_head')).toBe(2 * 10 * 8 * 13);
});

describe('looking inside', () => {
  const idx = () => tensor([[1, 2, 3, 4]], { dtype: 'int32' });

  test('changes nothing, and sees what forward() computes', async () => {
    const model = gpt().eval();
    const plain = await noGrad(() => model.forward(idx())).data();
    const inside = lookInside(model, () => noGrad(() => model.forward(idx())));
    expect(await inside.result.data()).toEqual(plain);
    expect(await inside.activation('lm_head').data()).toEqual(plain);
    expect(await noGrad(() => model.forward(idx())).data()).toEqual(plain);
    const map = inside.attention('transformer.h.1.attn');
    expect(map.shape).toEqual([1, 2, 4, 4]);
    const values = await map.data();
    for (let row = 0; row < 8; row++) {
      const probabilities = Array.from(values.subarray(row * 4, row * 4 + 4));
      expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      expect(probabilities.slice((row % 4) + 1).every((p) => p === 0)).toBe(true);
    }
    // The map times the values is what attention gave, before its output layer.
    const [, , v] = inside.activation('transformer.h.1.attn.c_attn').split(8, 2);
    const mixed = map
      .matmul(v.view(1, 4, 2, 4).transpose(1, 2))
      .transpose(1, 2)
      .reshape(1, 4, 8);
    const expected = await inside.activation('transformer.h.1.attn.c_proj').data();
    const again = await noGrad(() => [...model.transformer.h][1].attn.c_proj.forward(mixed)).data();
    for (let i = 0; i < again.length; i++) expect(again[i]).toBeCloseTo(expected[i], 4);
  });

  test('sees gradients, of what is asked for only', async () => {
    const model = gpt().eval();
    const inside = lookInside(
      model,
      () => {
        const { loss } = model.forward(idx(), idx());
        loss.backward();
        return loss;
      },
      { names: [/^transformer\.h\.\d+$/] },
    );
    expect([...inside.activations.keys()]).toEqual(['transformer.h.0', 'transformer.h.1']);
    expect(inside.gradient('transformer.h.1').shape).toEqual([1, 4, 8]);
    expect(inside.gradient('transformer.wpe.weight').shape).toEqual([8, 8]);
    expect((await inside.gradient('transformer.h.0').data()).some((value) => value !== 0)).toBe(true);
    expect(() => inside.activation('lm_head')).toThrow('there is no "lm_head"; there are "transformer.h.0"');
  });
});
