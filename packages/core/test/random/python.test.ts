/** Python's `random` against numbers that CPython 3.11 drew, each entry from a fresh seed. */
import { describe, expect, it } from 'vitest';
import { PythonRandom } from '../../src/random/python.js';
import { golden, ulpsApart } from './goldens.js';

const recorded = golden<{ seeds: Record<string, Record<string, (number | string)[]>> }>('python.json');
const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const times = <T>(n: number, draw: () => T) => Array.from({ length: n }, draw);
const shuffled = (random: PythonRandom, values: number[]) => {
  random.shuffle(values);
  return values;
};

const draws: Record<string, (random: PythonRandom) => (number | string)[]> = {
  getrandbits32_10: (random) => times(10, () => random.getrandbits(32)),
  random_5: (random) => times(5, () => random.random()),
  randint_0_99_10: (random) => times(10, () => random.randint(0, 99)),
  randint_1_6_20: (random) => times(20, () => random.randint(1, 6)),
  shuffle_10: (random) => shuffled(random, range(10)),
  shuffle_100: (random) => shuffled(random, range(100)),
  choice_10: (random) => times(10, () => random.choice(LETTERS)),
  choices_w: (random) => random.choices(['a', 'b', 'c'], { weights: [1, 2, 3], k: 10 }),
  sample_10_4: (random) => random.sample(range(10), 4),
  sample_100_5: (random) => random.sample(range(100), 5),
  'uniform_-1_1_5': (random) => times(5, () => random.uniform(-1, 1)),
  gauss_5: (random) => times(5, () => random.gauss(0, 1)),
};

describe.each(Object.keys(recorded.seeds))('random.seed(%s)', (seed) => {
  it.each(Object.keys(recorded.seeds[seed]))('%s', (name) => {
    const expected = recorded.seeds[seed][name];
    const values = draws[name](new PythonRandom(BigInt(seed)));
    if (name !== 'gauss_5') expect(values).toEqual(expected);
    else {
      expect(values.length).toBe(expected.length);
      values.forEach((value, i) => {
        expect(ulpsApart(Number(value), Number(expected[i]))).toBeLessThanOrEqual(1);
      });
    }
  });
});

/** Cases that the shared record leaves out, drawn by `goldens/random/make_extra.py` with seed 7. */
const { big_seeds: bigSeeds, ...extra } = golden<{
  python: Record<string, (number | string)[]> & { big_seeds: Record<string, [number, number]> };
}>('extra.json').python;

const extraDraws: Record<string, (random: PythonRandom) => (number | string)[]> = {
  getrandbits: (random) => [0, 1, 31, 33, 40, 53].map((k) => random.getrandbits(k)),
  getrandbits_100: (random) => [100, 64].map((k) => String(random.getrandbitsBig(k))),
  randrange_step: (random) => times(20, () => random.randrange(10, 100, 7)),
  randrange_down: (random) => times(20, () => random.randrange(100, 10, -7)),
  randrange_wide: (random) => times(20, () => random.randrange(2 ** 50)),
  randrange_2p32: (random) => times(20, () => random.randrange(2 ** 32)),
  sample_1000_200: (random) => random.sample(range(1000), 200),
  sample_1000_30: (random) => random.sample(range(1000), 30),
  choices_even: (random) => random.choices(range(10), { k: 20 }),
  gauss_5_2: (random) => times(21, () => random.gauss(5, 2)),
  gauss_then_seed: (random) => {
    const before = random.gauss();
    random.seed(3);
    return [before, random.gauss()];
  },
};

describe('beyond the shared record', () => {
  it.each(Object.keys(extra))('%s', (name) => {
    const values = extraDraws[name](new PythonRandom(7));
    if (!name.startsWith('gauss')) expect(values).toEqual(extra[name]);
    values.forEach((value, i) => {
      expect(ulpsApart(Number(value), Number(extra[name][i]))).toBeLessThanOrEqual(1);
    });
  });

  it.each(Object.entries(bigSeeds))('seed %s', (seed, [first, bits]) => {
    expect(new PythonRandom(BigInt(seed)).random()).toBe(first);
    expect(new PythonRandom(BigInt(seed)).getrandbits(32)).toBe(bits);
  });
});

describe('state', () => {
  it('goes back to where it was saved, the kept normal value included', () => {
    const random = new PythonRandom(3);
    for (let i = 0; i < 701; i++) random.gauss();
    const state = random.getState();
    const following = [random.gauss(), random.random(), random.gauss()];
    random.seed(4);
    random.setState(state);
    expect([random.gauss(), random.random(), random.gauss()]).toEqual(following);
  });

  it('seeds itself from the system when no seed is given', () => {
    expect(new PythonRandom().random()).not.toBe(new PythonRandom().random());
  });
});

describe('errors', () => {
  const random = new PythonRandom(0);
  it.each<[string, () => unknown, RegExp]>([
    ['a seed that is no integer', () => random.seed(1.5), /seed must be an integer.*got 1\.5/],
    ['too many bits', () => random.getrandbits(54), /k must be in 0\.\.53/],
    ['an empty range', () => random.randrange(5, 5), /range \(5, 5, 1\) is empty/],
    ['a step of 0', () => random.randrange(1, 5, 0), /step other than 0/],
    ['randbelow(0)', () => random.randbelow(0), /at least 1, got 0/],
    ['an empty choice', () => random.choice([]), /nothing to choose from/],
    ['a sample that is too large', () => random.sample([1, 2], 3), /integer in 0\.\.2.*got 3/],
    [
      'weights of another length',
      () => random.choices([1, 2], { weights: [1] }),
      /2 values need as many weights, got 1/,
    ],
    ['weights that sum to 0', () => random.choices([1, 2], { weights: [0, 0] }), /above 0, got 0/],
    ['a state of the wrong length', () => random.setState(new Uint32Array(3)), /628 words, got 3/],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
