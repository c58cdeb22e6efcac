/** NumPy's legacy streams against numbers that NumPy 1.24 drew, each entry from a fresh seed. */
import { describe, expect, it } from 'vitest';
import { RandomState } from '../../src/random/numpy.js';
import type { NumpyIntegerType } from '../../src/random/numpy-integers.js';
import { asInt64, expectValues, golden, type RecordedArray, sha256, ulpsApart } from './goldens.js';

interface Entry extends RecordedArray {
  dtype: 'float64' | 'int64' | 'int32' | 'uint8';
  next_random: number;
  fsum?: number;
}

const recorded = golden<{ seeds: Record<string, Record<string, Entry>> }>('numpy.json');
const WEIGHTS = [0.1, 0.2, 0.3, 0.25, 0.15];

type Draw = (random: RandomState) => ArrayLike<number>;

const integers =
  (low: number, high: number | undefined, size: number, dtype?: NumpyIntegerType): Draw =>
  (random) =>
    dtype === undefined ? random.randint(low, high, size) : random.randint(low, high, size, dtype);

const draws: Record<string, Draw> = {
  raw_u32_10: (random) => Array.from({ length: 10 }, () => random.engine.next()),
  random_5: (random) => random.random(5),
  rand_3_2: (random) => random.rand(3, 2),
  'uniform_-1_1_5': (random) => random.uniform(-1, 1, 5),
  randn_1: (random) => random.randn(1),
  randn_5: (random) => random.randn(5),
  randn_8_8: (random) => random.randn(8, 8),
  randn_10000: (random) => random.randn(10000),
  randn3_then_randn3: (random) => Float64Array.of(...random.randn(3), ...random.randn(3)),
  randn1_rand1_randn2: (random) => Float64Array.of(random.randn(), random.rand(), ...random.randn(2)),
  normal_5_2_6: (random) => random.normal(5, 2, 6),
  randint_0_100_10: integers(0, 100, 10),
  randint_10: integers(10, undefined, 20),
  randint_0_256_10: integers(0, 256, 10),
  randint_0_2p40_5: integers(0, 2 ** 40, 5),
  randint_0_100_10_int32: integers(0, 100, 10, 'int32'),
  randint_0_100_10_uint8: integers(0, 100, 10, 'uint8'),
  permutation_10: (random) => random.permutation(10),
  permutation_100: (random) => random.permutation(100),
  shuffle_arange10: (random) => {
    const values = Int32Array.from({ length: 10 }, (_, i) => i);
    random.shuffle(values);
    return values;
  },
  permutation_of_list: (random) => random.permutation([5, 3, 9, 1]),
  choice_10_5_repl: (random) => random.choice(10, { size: 5 }),
  choice_10_5_norepl: (random) => random.choice(10, { size: 5, replace: false }),
  choice_p: (random) => random.choice(5, { size: 10, p: WEIGHTS }),
  choice_p_norepl: (random) => random.choice(5, { size: 3, replace: false, p: WEIGHTS }),
  exponential_5: (random) => random.exponential(1, 5),
  'binomial_10_0.3_5': (random) => random.binomial(10, 0.3, 5),
  'standard_normal_(2,3)': (random) => random.standardNormal([2, 3]),
};

describe.each(Object.keys(recorded.seeds))('numpy.random.seed(%s)', (seed) => {
  it.each(Object.keys(recorded.seeds[seed]))('%s', (name) => {
    const entry = recorded.seeds[seed][name];
    const random = new RandomState(Number(seed));
    const values = draws[name](random);
    if (entry.dtype === 'float64') expectNear(values, entry);
    else {
      expectValues(values, entry);
      expect(sha256(entry.dtype === 'int64' ? asInt64(values) : (values as Int32Array))).toBe(
        entry.sha256_le,
      );
    }
    expect(random.random()).toBe(entry.next_random);
  });
});

/** Every recorded double within 1 ulp; where only the ends are recorded, their sum as well. */
function expectNear(actual: ArrayLike<number>, entry: Entry): void {
  const values = Array.from(actual);
  expect(values.length).toBe(entry.shape.reduce((a, b) => a * b, 1));
  const pairs = entry.data
    ? values.map((value, i) => [value, entry.data?.[i] ?? Number.NaN])
    : [
        ...(entry.first ?? []).map((value, i) => [values[i], value]),
        ...(entry.last ?? []).map((value, i) => [values.at(i - 5) ?? Number.NaN, value]),
      ];
  expect(pairs.length).toBeGreaterThan(0);
  for (const [value, expected] of pairs) expect(ulpsApart(value, expected)).toBeLessThanOrEqual(1);
  if (entry.fsum !== undefined) {
    expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(entry.fsum, 10);
  }
}

interface ExtraEntry {
  data: number[];
  next_random: number;
}

/** Cases that the shared record leaves out, drawn by `goldens/random/make_extra.py`. */
const extra = golden<{ numpy: Record<string, ExtraEntry> }>('extra.json').numpy;
const ninths = Array.from({ length: 9 }, () => 1 / 9);

const extraDraws: Record<string, Draw> = {
  binomial_100_04: (random) => random.binomial(100, 0.4, 200),
  binomial_100_08: (random) => random.binomial(100, 0.8, 200),
  binomial_1e6_03: (random) => random.binomial(1e6, 0.3, 200),
  binomial_12_09: (random) => random.binomial(12, 0.9, 50),
  randint_int8: integers(-100, 100, 21, 'int8'),
  randint_int16: integers(-1000, 1000, 21, 'int16'),
  randint_uint16: integers(0, 65536, 21, 'uint16'),
  randint_uint32: integers(0, 2 ** 32, 21, 'uint32'),
  randint_int32_whole: integers(-(2 ** 31), 2 ** 31, 21, 'int32'),
  randint_uint8_whole: integers(0, 256, 21, 'uint8'),
  randint_one_value: integers(5, 6, 4),
  randint_2p32: integers(0, 2 ** 32, 21),
  randint_2p32_plus: integers(-5, 2 ** 32, 21),
  randint_2p50: integers(-(2 ** 50), 2 ** 50, 21),
  permutation_1000: (random) => random.permutation(1000),
  choice_scalars: (random) => [
    random.choice(9),
    random.choice(9, { p: ninths }),
    random.choice(9, { replace: false }),
  ],
  choice_p_norepl_hard: (random) =>
    random.choice(6, { size: 6, replace: false, p: [0.9, 0.06, 0.01, 0.01, 0.01, 0.01] }),
  exponential_3: (random) => random.exponential(3, 20),
  seed_array: (random) => {
    random.seed([1, 2, 3]);
    return random.rand(5);
  },
  randn_2000: (random) => random.randn(2000).filter((_, i) => i % 10 === 0),
};

describe('beyond the shared record', () => {
  it.each(Object.keys(extra))('%s', (name) => {
    const random = new RandomState(7);
    const values = Array.from(extraDraws[name](random));
    expect(values.length).toBe(extra[name].data.length);
    values.forEach((value, i) => {
      expect(ulpsApart(value, extra[name].data[i])).toBeLessThanOrEqual(Number.isInteger(value) ? 0 : 1);
    });
    expect(random.random()).toBe(extra[name].next_random);
  });
});

describe('state', () => {
  it('goes back to where it was saved, the kept normal value included', () => {
    const random = new RandomState(3);
    random.randn(701);
    const state = random.getState();
    const following = [random.randn(), random.rand(), random.randn()];
    random.seed(4);
    random.setState(state);
    expect([random.randn(), random.rand(), random.randn()]).toEqual(following);
  });

  it('seeds itself from the system when no seed is given', () => {
    expect(new RandomState().random()).not.toBe(new RandomState().random());
  });
});

describe('errors', () => {
  const random = new RandomState(0);
  it.each<[string, () => unknown, RegExp]>([
    ['a seed below 0', () => random.seed(-1), /seed must be an integer in \[0, 2\^32\), got -1/],
    ['a seed that is no integer', () => new RandomState(1.5), /got 1\.5/],
    ['low above high', () => random.randint(5, 5), /randint: low must be less than high, got low=5, high=5/],
    ['a bound that the type cannot hold', () => random.randint(0, 300, 3, 'uint8'), /uint8 holds 0 to 255/],
    [
      'a type that is unknown',
      () => random.randint(0, 3, 3, 'float' as 'int8'),
      /dtype must be one of int64/,
    ],
    ['a negative size', () => random.rand(2, -1), /size .*got -1/],
    ['a negative scale', () => random.normal(0, -1), /normal: scale/],
    ['an infinite range', () => random.uniform(0, Number.POSITIVE_INFINITY), /uniform: needs finite bounds/],
    [
      'too many without replacement',
      () => random.choice(3, { size: 4, replace: false }),
      /cannot take 4 of 3/,
    ],
    ['an empty choice', () => random.choice([]), /nothing to choose from/],
    ['probabilities that do not sum to 1', () => random.choice(2, { p: [0.5, 0.6] }), /sum to 1/],
    [
      'too few probabilities',
      () => random.choice(3, { p: [0.5, 0.5] }),
      /3 values need as many probabilities, got 2/,
    ],
    [
      'too few that are above 0',
      () => random.choice(3, { size: 2, replace: false, p: [1, 0, 0] }),
      /fewer than 2/,
    ],
    ['a binomial p above 1', () => random.binomial(3, 1.5), /binomial: p/],
    ['a state of the wrong length', () => random.setState(new Uint32Array(625)), /628 words, got 625/],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
