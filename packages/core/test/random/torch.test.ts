/**
 * PyTorch's streams against numbers that PyTorch 1.13.1 drew: every entry starts from a fresh `manual_seed`, and the
 * `torch.rand(1)` that follows it shows that as much was drawn as PyTorch drew.
 */
import { describe, expect, it } from 'vitest';
import {
  bernoulliScalar,
  bernoulliTensor,
  dropoutMask,
  exponential,
  Generator,
  initEmbedding,
  initLinear,
  initMultiheadAttention,
  initRecurrent,
  kaimingNormal,
  kaimingUniform,
  multinomial,
  normal,
  orthogonal,
  randint,
  randperm,
  samplerPermutation,
  truncNormal,
  uniform,
  xavierNormal,
  xavierUniform,
} from '../../src/random/index.js';
import {
  asInt64,
  expectExactly,
  expectValues,
  type Floats,
  golden,
  type RecordedArray,
  sha256,
  ulpsApart,
} from './goldens.js';

interface Entry extends Partial<RecordedArray> {
  next_rand: number;
  params?: Record<string, RecordedArray>;
  steps?: (RecordedArray & { op: string })[];
  u32?: number[];
  u64_str?: string[];
  str?: string[];
  last5?: number[];
  xor?: number;
  sum?: number;
}

const recorded = golden<{
  multinomialProbs: number[];
  seeds: Record<string, Record<string, Entry>>;
  seedEdges: Record<string, { u32: number[]; next_rand: number }>;
  generatorObject42: { rand_5: number[]; randn_3: number[]; randperm_5: number[] };
  dataLoader42: { epoch1: number[][]; epoch2: number[][]; next_rand: number };
}>('torch.json');

type Draw = (generator: Generator) => Float32Array | Int32Array | Float64Array | Record<string, Floats>;

const f32 = (size: number) => new Float32Array(size);

function filled<T>(out: T, fill: (out: T) => void): T {
  fill(out);
  return out;
}

const rand =
  (size: number, low = 0, high = 1): Draw =>
  (g) =>
    filled(f32(size), (out) => uniform(g, out, low, high));
const randn =
  (size: number, mean = 0, std = 1): Draw =>
  (g) =>
    filled(f32(size), (out) => normal(g, out, mean, std));
const integers =
  (size: number, low: number, high: number): Draw =>
  (g) =>
    filled(new Float64Array(size), (out) => randint(g, out, low, high));
const permutation =
  (size: number): Draw =>
  (g) =>
    filled(new Int32Array(size), (out) => randperm(g, out));
const waits =
  (size: number, lambda = 1): Draw =>
  (g) =>
    filled(f32(size), (out) => exponential(g, out, lambda));
const dropout =
  (size: number, p: number, input = (_: number) => 1): Draw =>
  (g) =>
    filled(f32(size), (out) => dropoutMask(g, p, out)).map((scale, i) => scale * input(i));
const fill24 =
  (fill: (g: Generator, out: Float32Array) => void): Draw =>
  (g) =>
    filled(f32(24), (out) => fill(g, out));

const probs = Float32Array.from(recorded.multinomialProbs);
const reversedProbs = probs.slice().reverse();
const twoRows = Float32Array.of(...probs, ...reversedProbs);
const sample =
  (weights: Float32Array, rows: number, count: number, replacement?: boolean): Draw =>
  (g) =>
    multinomial(g, weights, rows, weights.length / rows, count, replacement);

const linear =
  (outputs: number, inputs: number): Draw =>
  (g) => {
    const [weight, bias] = [f32(outputs * inputs), f32(outputs)];
    initLinear(g, weight, bias, inputs);
    return { weight, bias };
  };
const embedding =
  (rows: number, dim: number, padding?: number): Draw =>
  (g) => ({
    weight: filled(f32(rows * dim), (out) => initEmbedding(g, out, dim, padding)),
  });
const recurrent =
  (gates: number, input: number, hidden: number, layers = 1, directions = 1): Draw =>
  (g) => {
    const parameters: Record<string, Float32Array> = {};
    for (let layer = 0; layer < layers; layer++) {
      for (const suffix of ['', '_reverse'].slice(0, directions)) {
        const inputs = layer === 0 ? input : hidden * directions;
        parameters[`weight_ih_l${layer}${suffix}`] = f32(gates * hidden * inputs);
        parameters[`weight_hh_l${layer}${suffix}`] = f32(gates * hidden * hidden);
        parameters[`bias_ih_l${layer}${suffix}`] = f32(gates * hidden);
        parameters[`bias_hh_l${layer}${suffix}`] = f32(gates * hidden);
      }
    }
    initRecurrent(g, Object.values(parameters), hidden);
    return parameters;
  };
const convolution = (outputs: number, fanIn: number): Draw => linear(outputs, fanIn);
const attention = (g: Generator, dim: number) => {
  const parts = {
    inProjWeight: f32(3 * dim * dim),
    inProjBias: f32(3 * dim),
    outProjWeight: f32(dim * dim),
    outProjBias: f32(dim),
  };
  initMultiheadAttention(g, parts, dim);
  return {
    in_proj_weight: parts.inProjWeight,
    in_proj_bias: parts.inProjBias,
    'out_proj.weight': parts.outProjWeight,
    'out_proj.bias': parts.outProjBias,
  };
};
const encoderLayer: Draw = (g) => {
  const parameters: Record<string, Floats> = {};
  for (const [name, values] of Object.entries(attention(g, 16))) parameters[`self_attn.${name}`] = values;
  const layers = { linear1: linear(32, 16)(g), linear2: linear(16, 32)(g) } as Record<
    string,
    Record<string, Floats>
  >;
  for (const [layer, { weight, bias }] of Object.entries(layers)) {
    parameters[`${layer}.weight`] = weight;
    parameters[`${layer}.bias`] = bias;
  }
  for (const layer of ['norm1', 'norm2']) {
    parameters[`${layer}.weight`] = f32(16).fill(1);
    parameters[`${layer}.bias`] = f32(16);
  }
  return parameters;
};

/** How each entry is drawn; the names are those of the record. */
const draws: Record<string, Draw> = {
  int32_random_: integers(10, 0, 2 ** 31),
  rand_5: rand(5),
  rand_20: rand(20),
  rand_1000: rand(1000),
  'uniform_-0.5_0.5_20': rand(20, -0.5, 0.5),
  'uniform_-0.3_0.7_100': rand(100, -0.3, 0.7),
  'normal_0_0.02_100': randn(100, 0, 0.02),
  'normal_1_0.5_10': randn(10, 1, 0.5),
  'normal_1_0.5_40': randn(40, 1, 0.5),
  randn_2_3_4: randn(24),
  randint_0_100_10: integers(10, 0, 100),
  randint_1003846_32: integers(32, 0, 1003846),
  'randint_-50_50_10': integers(10, -50, 50),
  randint_0_2p31_5: integers(5, 0, 2 ** 31),
  randint_0_2p32m1_5: integers(5, 0, 2 ** 32 - 1),
  randint_0_2p32_5: integers(5, 0, 2 ** 32),
  randint_0_2p40_5: integers(5, 0, 2 ** 40),
  exponential_10: waits(10),
  'exponential_0.5_10': waits(10, 0.5),
  exponential_100: waits(100),
  multinomial_1: sample(probs, 1, 1),
  multinomial_5_norepl: sample(probs, 1, 5),
  multinomial_5_repl: sample(probs, 1, 5, true),
  multinomial_1_repl: sample(probs, 1, 1, true),
  multinomial_2d_1: sample(twoRows, 2, 1),
  multinomial_2d_3_repl: sample(twoRows, 2, 3, true),
  multinomial_uniform65_1_x20: (g) =>
    Int32Array.from({ length: 20 }, () => multinomial(g, f32(65).fill(1 / 65), 1, 65, 1)[0]),
  'bernoulli_tensor_p0.3_20': (g) => filled(f32(20), (out) => bernoulliTensor(g, f32(20).fill(0.3), out)),
  'bernoulli__scalar_p0.3_20': (g) => filled(f32(20), (out) => bernoulliScalar(g, 0.3, out)),
  'dropout_0.5_ones20': dropout(20, 0.5),
  'dropout_0.2_ones20': dropout(20, 0.2),
  'dropout_0.1_ones100': dropout(100, 0.1),
  'dropout_0.2_2x3x4': dropout(24, 0.2, (i) => (i + 1) / 8),
  Linear_4_3: linear(3, 4),
  Linear_3_1: linear(1, 3),
  Linear_64_32: linear(32, 64),
  Linear_2_4: linear(4, 2),
  Linear_16_4: linear(4, 16),
  Linear_32_8_nobias: (g) => ({ weight: filled(f32(256), (out) => initLinear(g, out, null, 32)) }),
  Embedding_65_65: embedding(65, 65),
  Embedding_4_3: embedding(4, 3),
  Embedding_4_16: embedding(4, 16),
  Embedding_10_7_pad0: embedding(10, 7, 0),
  LSTM_16_16: recurrent(4, 16, 16),
  GRU_16_16: recurrent(3, 16, 16),
  RNN_16_16: recurrent(1, 16, 16),
  LSTM_3_4_2layers_bi: recurrent(4, 3, 4, 2, 2),
  Conv2d_3_8_3: convolution(8, 3 * 3 * 3),
  Conv1d_4_6_3: convolution(6, 4 * 3),
  LayerNorm_8: () => ({ weight: f32(8).fill(1), bias: f32(8) }),
  MultiheadAttention_16_4: (g) => attention(g, 16),
  TransformerEncoderLayer_16_4_32: encoderLayer,
  xavier_uniform_4x6: fill24((g, out) => xavierUniform(g, out, 6, 4)),
  xavier_normal_4x6: fill24((g, out) => xavierNormal(g, out, 6, 4)),
  kaiming_uniform_relu_4x6: fill24((g, out) => kaimingUniform(g, out, 6)),
  kaiming_normal_4x6: fill24((g, out) => kaimingNormal(g, out, 6)),
  trunc_normal_4x6: fill24((g, out) => truncNormal(g, out, 0, 0.02)),
};
for (const size of [1, 5, 15, 16, 17, 20, 31, 32, 100, 1000, 100000]) draws[`randn_${size}`] = randn(size);
for (const size of [5, 10, 100, 1000]) draws[`randperm_${size}`] = permutation(size);

const nextRand = (generator: Generator) => filled(f32(1), (out) => uniform(generator, out))[0];

/** Entries that need more than "equal to what was drawn". */
const special: Record<string, (g: Generator, entry: Entry) => void> = {
  raw_u32_20: (g, entry) => expect(entry.u32?.map(() => g.engine.next())).toEqual(entry.u32),
  raw_u32_1300: (g, entry) => {
    const words = Array.from({ length: 1300 }, () => g.engine.next());
    expect(words.slice(-5)).toEqual(entry.last5);
    expect(words.reduce((a, b) => (a ^ b) >>> 0, 0)).toBe(entry.xor);
    expect(words.reduce((a, b) => a + b, 0)).toBe(entry.sum);
  },
  random_int64_full_str_5: (g, entry) => {
    const out = filled(new BigUint64Array(5), (values) => randint(g, values, 0, 2n ** 64n));
    expect(Array.from(out, String)).toEqual(entry.u64_str);
  },
  int64_random__str: (g, entry) => {
    const out = filled(new BigInt64Array(5), (values) => randint(g, values, 0, 2n ** 63n));
    expect(Array.from(out, String)).toEqual(entry.str);
  },
  rand_float64_5: (g, entry) => {
    expectExactly(
      filled(new Float64Array(5), (out) => uniform(g, out)),
      entry as RecordedArray,
    );
  },
  // The double-precision paths go through Math.log, sin and cos, which may miss the C library's last bit.
  randn_float64_5: (g, entry) =>
    expectWithinUlp(
      filled(new Float64Array(5), (out) => normal(g, out)),
      entry,
    ),
  randn_float64_17: (g, entry) =>
    expectWithinUlp(
      filled(new Float64Array(17), (out) => normal(g, out)),
      entry,
    ),
  seq_cache_rand_between: expectSteps,
  seq_cache_survives_randn16: expectSteps,
  // LAPACK's factorisation runs in float32 and ours in double precision.
  orthogonal_4x6: (g, entry) => {
    const out = filled(f32(24), (values) => orthogonal(g, values, 4, 6));
    for (let i = 0; i < 24; i++)
      expect(Math.abs(out[i] - (entry.data?.[i] ?? Number.NaN))).toBeLessThan(1e-6);
  },
};

function expectWithinUlp(actual: Float64Array, entry: Entry): void {
  const data = entry.data ?? [];
  expect(data.length).toBe(actual.length);
  for (let i = 0; i < data.length; i++) expect(ulpsApart(actual[i], data[i])).toBeLessThanOrEqual(1);
}

function expectSteps(generator: Generator, entry: Entry): void {
  for (const step of entry.steps ?? []) {
    const [, name, size] = /^(randn?)\((\d+)\)$/.exec(step.op) ?? [];
    const draw = name === 'rand' ? rand(Number(size)) : randn(Number(size));
    expectExactly(draw(generator) as Float32Array, step);
  }
}

describe.each(Object.keys(recorded.seeds))('torch.manual_seed(%s)', (seed) => {
  it.each(Object.keys(recorded.seeds[seed]))('%s', (name) => {
    const entry = recorded.seeds[seed][name];
    const generator = new Generator().manualSeed(Number(seed));
    if (special[name]) special[name](generator, entry);
    else expectEntry(draws[name](generator), entry);
    expect(nextRand(generator)).toBe(entry.next_rand);
  });
});

function expectEntry(drawn: ReturnType<Draw>, entry: Entry): void {
  if (!ArrayBuffer.isView(drawn)) {
    expect(Object.keys(drawn).sort()).toEqual(Object.keys(entry.params ?? {}).sort());
    for (const [name, values] of Object.entries(drawn))
      expectExactly(values, entry.params?.[name] as RecordedArray);
  } else if (drawn instanceof Float32Array) {
    expectExactly(drawn, entry as RecordedArray);
  } else {
    expectValues(drawn, entry as RecordedArray);
    expect(sha256(asInt64(drawn))).toBe(entry.sha256_le);
  }
}

describe('seeds', () => {
  it.each(Object.entries(recorded.seedEdges))('%s', (seed, { u32, next_rand }) => {
    const generator = new Generator().manualSeed(BigInt(seed));
    expect(u32.map(() => generator.engine.next())).toEqual(u32);
    expect(nextRand(generator)).toBe(next_rand);
  });

  it('start a generator object as they start the default one', () => {
    const generator = new Generator().manualSeed(42);
    const { rand_5, randn_3, randperm_5 } = recorded.generatorObject42;
    expect(Array.from(rand(5)(generator) as Float32Array)).toEqual(rand_5);
    expect(Array.from(randn(3)(generator) as Float32Array)).toEqual(randn_3);
    expect(Array.from(permutation(5)(generator) as Int32Array)).toEqual(randperm_5);
  });
});

describe('DataLoader', () => {
  it('shuffles two epochs as PyTorch does', () => {
    const { epoch1, epoch2, next_rand } = recorded.dataLoader42;
    const generator = new Generator().manualSeed(42);
    for (const epoch of [epoch1, epoch2]) {
      expect(Array.from(samplerPermutation(generator, 10))).toEqual(epoch.flat());
    }
    expect(nextRand(generator)).toBe(next_rand);
  });
});
