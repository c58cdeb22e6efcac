import { readFileSync } from 'node:fs';
import { reference } from '@inkstone/backend-cpu/reference';
import { fromTypedArray, manualSeed, noGrad, type Tensor, tensor, use } from '@inkstone/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { GPT, type GPTConfig, RandomBlocks, Trainer } from '../src/index.js';

beforeAll(async () => {
  await use(reference());
});

const small = { vocabSize: 11, blockSize: 8, nLayer: 2, nHead: 2, nEmbd: 16 };

describe('GPT', () => {
  test('shapes, names and counts are those of the paper', async () => {
    manualSeed(1);
    const model = new GPT(small);
    const idx = tensor([[1, 2, 3], [4, 5, 6]], { dtype: 'int32' }); // biome-ignore format: rows
    const { logits, loss } = model.forward(idx, idx);
    expect(logits.shape).toEqual([2, 3, 11]);
    expect(loss.shape).toEqual([]);
    // Close to ln 11: the first weights say nothing.
    expect(Math.abs((await loss.item()) - Math.log(11))).toBeLessThan(0.3);
    loss.backward();
    for (const [name, parameter] of model.namedParameters()) {
      expect(parameter.grad?.shape, name).toEqual(parameter.shape);
      const gradient = (await parameter.grad?.data()) as Float32Array;
      expect(
        gradient.some((value) => value !== 0),
        name,
      ).toBe(true);
    }
    const C = small.nEmbd;
    expect(model.numParameters()).toBe(11 * C + 8 * C + 2 * (12 * C * C + 13 * C) + 2 * C);
    expect([...model.stateDict().keys()]).toEqual([
      'transformer.wte.weight',
      'transformer.wpe.weight',
      ...[0, 1].flatMap((i) =>
        ['ln_1', 'attn.c_attn', 'attn.c_proj', 'ln_2', 'mlp.c_fc', 'mlp.c_proj'].flatMap((layer) => [
          `transformer.h.${i}.${layer}.weight`,
          `transformer.h.${i}.${layer}.bias`,
        ]),
      ),
      'transformer.ln_f.weight',
      'transformer.ln_f.bias',
      'lm_head.weight',
    ]);
  });

  test('a position sees none after it', async () => {
    const model = new GPT(small).eval();
    const scores = async (ids: number[]) => {
      const out = noGrad(() => model.forward(tensor([ids], { dtype: 'int32' })));
      return (await out.data()).slice(0, 3 * small.vocabSize);
    };
    expect(await scores([1, 2, 3, 4, 5])).toEqual(await scores([1, 2, 3, 9, 0]));
  });

  test('next() is the row of forward() that is asked for', async () => {
    const model = new GPT({ ...small, dropout: 0.5 }).eval();
    const idx = tensor([[1, 2, 3, 4], [5, 6, 7, 8]], { dtype: 'int32' }); // biome-ignore format: rows
    const [all, next] = noGrad(() => [model.forward(idx), model.next(idx, tensor([2], { dtype: 'int32' }))]);
    const row = all.select(1, 2);
    expect(next.shape).toEqual([2, 11]);
    const [a, b] = [await row.data(), await next.data()];
    for (let i = 0; i < a.length; i++) expect(b[i]).toBeCloseTo(a[i], 6);
  });

  test.each([
    [{ vocabSize: 0 }, 'vocabSize is 0, must be a whole number from 1 on'],
    [{ nEmbd: 15 }, 'nEmbd is 15, must be a multiple of nHead, which is 2'],
    [{ dropout: 1 }, 'dropout is 1, must be at least 0 and less than 1'],
    [{ eosTokenId: 11 }, 'eosTokenId is 11, must be null or a token from 0 to 10'],
  ])('%j is refused', (change, message) => {
    expect(() => new GPT({ ...small, ...change })).toThrow(message);
  });

  test('a sequence longer than the block is refused', () => {
    const idx = fromTypedArray(new Int32Array(9), [1, 9]);
    expect(() => new GPT(small).forward(idx)).toThrow('a sequence of 9 tokens, but blockSize is 8');
  });
});

interface Summary {
  readonly shape: number[];
  readonly first: number[];
  readonly last: number[];
  readonly sum: number;
  readonly squares: number;
}

interface Golden {
  readonly config: Record<string, number | boolean | string>;
  readonly training: Record<
    'tokens' | 'batch' | 'seed' | 'steps' | 'warmup' | 'lr' | 'min_lr' | 'weight_decay',
    number
  >;
  readonly init: Record<string, Summary>;
  readonly logits: Summary;
  readonly grads: Record<string, Summary>;
  readonly losses: number[];
  readonly generated: number[];
  readonly after: Record<string, Summary>;
}

async function differs(tensor: Tensor, golden: Summary): Promise<number> {
  const data = (await tensor.data()) as Float32Array;
  expect(tensor.numel()).toBe(golden.shape.reduce((a, b) => a * b, 1));
  let sum = 0;
  let squares = 0;
  for (const value of data) {
    sum += value;
    squares += value * value;
  }
  const ends = [...data.slice(0, 4), ...data.slice(-4)];
  const expected = [...golden.first, ...golden.last];
  const largest = Math.max(...ends.map((value, i) => Math.abs(value - expected[i])));
  const scale = Math.max(1, Math.sqrt(data.length));
  return Math.max(largest, Math.abs(sum - golden.sum) / scale, Math.abs(squares - golden.squares) / scale);
}

/** Made by goldens/gpt/make_gpt.py with PyTorch. */
const { runs } = JSON.parse(readFileSync(new URL('./goldens/gpt/gpt.json', import.meta.url), 'utf8')) as {
  runs: Record<string, Golden>;
};

describe('the numbers of a PyTorch program', () => {
  test.each(Object.keys(runs))('%s', async (name) => {
    const golden = runs[name];
    const { config: c, training: a } = golden;
    const tokens = Int32Array.from({ length: a.tokens }, (_, i) => (i * i) % (c.vocab_size as number));
    manualSeed(a.seed);
    const model = new GPT({
      vocabSize: c.vocab_size,
      blockSize: c.block_size,
      nLayer: c.n_layer,
      nHead: c.n_head,
      nEmbd: c.n_embd,
      bias: c.bias,
      dropout: c.dropout,
      tieWordEmbeddings: c.tie,
      activationFunction: c.activation,
    } as GPTConfig);
    for (const [key, parameter] of model.namedParameters()) {
      expect(await differs(parameter, golden.init[key]), key).toBeLessThan(1e-12);
    }
    const trainer = new Trainer({
      model,
      train: tokens,
      maxSteps: a.steps,
      batchSize: a.batch,
      learningRate: a.lr,
      minLearningRate: a.min_lr,
      warmupSteps: a.warmup,
      weightDecay: a.weight_decay,
      maxGradNorm: 0,
      rng: 'host',
      loggingSteps: 1,
    });
    const losses: number[] = [];
    for await (const event of trainer.run()) if (event.type === 'step') losses.push(event.loss);
    for (const [i, loss] of golden.losses.entries())
      expect(Math.abs(losses[i] - loss), `step ${i + 1}`).toBeLessThan(1e-5);
    const written = await model.generate([1, 4, 9], {
      maxNewTokens: 40,
      temperature: 1.5,
      topK: 12,
      seed: a.seed + 1,
    });
    expect(written).toEqual(golden.generated);
    for (const [key, parameter] of model.namedParameters()) {
      // The gradient of the keys' bias is 0 but for rounding, and Adam divides it by its own size.
      const tolerance = key.endsWith('c_attn.bias') ? 1e-3 : 1e-5;
      expect(await differs(parameter, golden.after[key]), key).toBeLessThan(tolerance);
    }
  });

  test('first logits and gradients', async () => {
    const golden = runs.gpt2;
    const { config: c, training: a } = golden;
    manualSeed(a.seed);
    const model = new GPT({ vocabSize: 37, blockSize: 16, nLayer: 2, nHead: 4, nEmbd: 32 });
    const tokens = Int32Array.from({ length: a.tokens }, (_, i) => (i * i) % 37);
    const { inputs, targets } = new RandomBlocks(tokens, {
      blockSize: c.block_size as number,
      batchSize: a.batch,
    }).next();
    const { logits, loss } = model.forward(inputs, targets);
    loss.backward();
    expect(await differs(logits, golden.logits)).toBeLessThan(1e-6);
    for (const [key, parameter] of model.namedParameters()) {
      expect(await differs(parameter.grad as Tensor, golden.grads[key]), key).toBeLessThan(1e-6);
    }
  });
});
