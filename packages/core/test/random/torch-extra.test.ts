/** PyTorch's streams where the shared record is silent: `goldens/random/make_extra.py` drew these with PyTorch 1.13.1. */
import { describe, expect, it } from 'vitest';
import { erfInvF32 } from '../../src/random/erfinv.js';
import {
  bernoulliScalar,
  bernoulliTensor,
  calculateGain,
  drawBaseSeed,
  exponential,
  Generator,
  initEmbedding,
  initLinear,
  kaimingNormal,
  kaimingUniform,
  multinomial,
  normal,
  orthogonal,
  randint,
  samplerEpochEnd,
  samplerPermutation,
  truncNormal,
  uniform,
  xavierNormal,
  xavierUniform,
} from '../../src/random/index.js';
import { type Floats, golden, sha256, ulpsApart } from './goldens.js';

interface Fill {
  kind: 'uniform' | 'normal' | 'exponential' | 'bernoulli';
  dtype: 'float32' | 'float64';
  args: number[];
  size: number;
  first: number[];
  data?: number[];
  sha256: string;
  next_rand: number;
}
interface Drawn {
  data: number[];
  next_rand: number;
}

const extra = golden<{
  states: { seed: string; states: Record<string, string> };
  fills: Fill[];
  integers: { low: string; high: string; data: string[]; next_rand: number }[];
  multinomial: {
    cases: (Drawn & { rows: number; cols: number; count: number; replacement: boolean })[];
    float64: { one: number[]; replaced: number[] };
    bernoulli_float64: number[];
  };
  init: Record<string, Drawn> & {
    linear_1_to_300: string;
    embedding_negative_padding: string;
    erfinv_grid: number[];
    erfinv_grid_input: number[];
  };
  loader: {
    in_order: { epochs: number[][]; next_rand: number };
    explicit: { epochs: number[][]; next_own: number; next_rand: number };
  };
}>('extra.json');

const fresh = () => new Generator({ seed: 7 });

function rand(generator: Generator, size: number): Float32Array {
  const out = new Float32Array(size);
  uniform(generator, out);
  return out;
}

const nextRand = (generator: Generator) => rand(generator, 1)[0];

describe('state', () => {
  const steps: Record<string, [rands: number, randns: number]> = {
    rand_1: [1, 0],
    randn_1: [0, 1],
    randn_3: [0, 3],
    rand_623: [623, 0],
    rand_624: [624, 0],
    rand_625: [625, 0],
    rand_2000_randn_1: [2000, 1],
  };

  it.each(Object.entries(extra.states.states))(
    'after %s has the bytes of torch.get_rng_state()',
    (name, hash) => {
      const generator = new Generator({ seed: -12345678901234 });
      expect(String(generator.initialSeed())).toBe(extra.states.seed);
      const [rands, randns] = steps[name];
      rand(generator, rands);
      normal(generator, new Float32Array(randns));
      expect(sha256(generator.getState())).toBe(hash);
    },
  );
});

describe('fills', () => {
  const fill: Record<Fill['kind'], (generator: Generator, out: Floats, ...args: number[]) => void> = {
    uniform,
    normal,
    exponential,
    bernoulli: (generator, out, p) => bernoulliScalar(generator, p, out),
  };

  it.each(
    extra.fills.map(
      (entry) => [`${entry.kind}(${entry.args}) x ${entry.size} in ${entry.dtype}`, entry] as const,
    ),
  )('%s', (_, { kind, dtype, args, size, first, data, sha256: hash, next_rand }) => {
    const generator = fresh();
    const out = dtype === 'float32' ? new Float32Array(size) : new Float64Array(size);
    fill[kind](generator, out, ...args);
    if (dtype === 'float64' && (kind === 'normal' || kind === 'exponential')) {
      expect(data?.length).toBe(size);
      data?.forEach((value, i) => {
        // Scaling can turn one unit in the last place of a logarithm into two of the result.
        expect(ulpsApart(out[i], value)).toBeLessThanOrEqual(kind === 'exponential' ? 2 : 1);
      });
    } else {
      expect(Array.from(out.subarray(0, 5))).toEqual(first);
      expect(sha256(out)).toBe(hash);
    }
    expect(nextRand(generator)).toBe(next_rand);
  });
});

describe('randint', () => {
  it.each(extra.integers)('in [$low, $high)', ({ low, high, data, next_rand }) => {
    const generator = fresh();
    const out = new BigInt64Array(20);
    randint(generator, out, BigInt(low), BigInt(high));
    expect(Array.from(out, String)).toEqual(data);
    expect(nextRand(generator)).toBe(next_rand);
    if (data.every((value) => Number.isSafeInteger(Number(value)))) {
      const numbers = new Float64Array(20);
      randint(fresh(), numbers, BigInt(low), BigInt(high));
      expect(Array.from(numbers)).toEqual(data.map(Number));
    }
  });
});

describe('multinomial', () => {
  it.each(extra.multinomial.cases)(
    '$rows x $cols, $count samples, replacement $replacement',
    ({ rows, cols, count, replacement, data, next_rand }) => {
      const generator = fresh();
      const probs = rand(generator, rows * cols);
      expect(Array.from(multinomial(generator, probs, rows, cols, count, replacement))).toEqual(data);
      expect(nextRand(generator)).toBe(next_rand);
    },
  );

  it('of float64 weights', () => {
    const generator = fresh();
    const probs = new Float64Array(80);
    uniform(generator, probs);
    expect(Array.from(multinomial(generator, probs, 4, 20, 1))).toEqual(extra.multinomial.float64.one);
    expect(Array.from(multinomial(generator, probs, 4, 20, 6, true))).toEqual(
      extra.multinomial.float64.replaced,
    );
  });
});

it('draws Bernoulli values of float64 probabilities', () => {
  const generator = fresh();
  const probs = new Float64Array(200);
  uniform(generator, probs);
  const out = new Float64Array(200);
  bernoulliTensor(generator, probs, out);
  expect(Array.from(out)).toEqual(extra.multinomial.bernoulli_float64);
});

describe('initialisation', () => {
  it('of Linear layers with 1 to 300 inputs', () => {
    const generator = fresh();
    const all: number[] = [];
    for (let fan = 1; fan <= 300; fan++) {
      const weight = new Float32Array(2 * fan);
      const bias = new Float32Array(2);
      initLinear(generator, weight, bias, fan);
      all.push(...weight, ...bias);
    }
    expect(sha256(Float32Array.from(all))).toBe(extra.init.linear_1_to_300);
  });

  it('of an Embedding whose padding row counts from the end', () => {
    const weight = new Float32Array(70);
    initEmbedding(fresh(), weight, 7, -2);
    expect(sha256(weight)).toBe(extra.init.embedding_negative_padding);
  });

  /** Each fills a [13, 7] weight; the number is how far off a value may be. */
  const fills: Record<string, [fill: (generator: Generator, out: Float32Array) => void, tolerance: number]> =
    {
      kaiming_uniform_a: [(g, out) => kaimingUniform(g, out, 7, 0.2), 0],
      kaiming_normal_a_fan_out: [(g, out) => kaimingNormal(g, out, 13, 0.2), 0],
      kaiming_uniform_tanh: [(g, out) => kaimingUniform(g, out, 7, 0, calculateGain('tanh')), 0],
      xavier_uniform_gain: [(g, out) => xavierUniform(g, out, 7, 13, calculateGain('tanh')), 0],
      xavier_normal_gain: [(g, out) => xavierNormal(g, out, 7, 13, calculateGain('relu')), 0],
      trunc_normal: [(g, out) => truncNormal(g, out), 0],
      trunc_normal_shifted: [(g, out) => truncNormal(g, out, 0.5, 1.5, -1, 1), 0],
      orthogonal: [(g, out) => orthogonal(g, out, 13, 7, 2), 1e-6],
    };

  it.each(Object.keys(fills))('%s', (name) => {
    const [fill, tolerance] = fills[name];
    const { data, next_rand } = extra.init[name];
    const generator = fresh();
    const out = new Float32Array(91);
    fill(generator, out);
    if (tolerance === 0) expect(Array.from(out)).toEqual(data);
    else {
      data.forEach((value, i) => {
        expect(Math.abs(out[i] - value)).toBeLessThan(tolerance);
      });
    }
    expect(nextRand(generator)).toBe(next_rand);
  });

  it('inverts the error function', () => {
    expect(extra.init.erfinv_grid_input.map(erfInvF32)).toEqual(extra.init.erfinv_grid);
  });
});

describe('DataLoader', () => {
  it('draws its base seed in an epoch that is not shuffled', () => {
    const { epochs, next_rand } = extra.loader.in_order;
    const generator = fresh();
    for (const epoch of epochs) {
      drawBaseSeed(generator);
      expect(epoch).toEqual(Array.from({ length: 11 }, (_, i) => i));
    }
    expect(nextRand(generator)).toBe(next_rand);
  });

  it('shuffles with a generator of its own', () => {
    const { epochs, next_own, next_rand } = extra.loader.explicit;
    const own = new Generator({ seed: 99 });
    for (const epoch of epochs) {
      expect(Array.from(samplerPermutation(own, 11, { explicit: true }))).toEqual(epoch);
      samplerEpochEnd(own, 11);
    }
    expect(nextRand(own)).toBe(next_own);
    expect(nextRand(fresh())).toBe(next_rand);
  });
});
