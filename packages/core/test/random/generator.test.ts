/** The generator as an object: seeding, saving and going back, the default one, and what each function refuses. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bernoulliScalar,
  bernoulliTensor,
  calculateGain,
  defaultGenerator,
  dropoutMask,
  exponential,
  Generator,
  getRngState,
  initEmbedding,
  initialSeed,
  Mt19937,
  manualSeed,
  multinomial,
  normal,
  orthogonal,
  randint,
  randperm,
  samplerPermutation,
  seed,
  setRngState,
  truncNormal,
  uniform,
} from '../../src/random/index.js';
import { KeyedMt19937 } from '../../src/random/mt19937-keyed.js';

/** Everything that moves a generator, by a number that picks what and how much. */
function draw(generator: Generator, what: number, size: number): number[] {
  const out = new Float32Array(size);
  switch (what % 8) {
    case 0:
      uniform(generator, out, -1, 1);
      break;
    case 1:
      normal(generator, out);
      break;
    case 2:
      randint(generator, out, 0, 1000);
      break;
    case 3:
      randperm(generator, out);
      break;
    case 4:
      exponential(generator, out);
      break;
    case 5:
      dropoutMask(generator, 0.3, out);
      break;
    case 6:
      return Array.from(samplerPermutation(generator, size));
    default:
      return Array.from(multinomial(generator, out.fill(1), 1, size, 1 + (what % size)));
  }
  return Array.from(out);
}

const steps = fc.array(fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 40 })), { maxLength: 12 });
const anySeed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
const flavour = fc.constantFrom('aten' as const, 'mkl' as const);

describe('Generator', () => {
  it('goes on from a saved state exactly as it would have', () => {
    fc.assert(
      fc.property(anySeed, flavour, steps, steps, (start, of, before, after) => {
        const generator = new Generator({ seed: start, flavour: of });
        for (const [what, size] of before) draw(generator, what, size);
        const state = generator.getState();
        const copy = generator.clone();
        const expected = after.map(([what, size]) => draw(generator, what, size));
        expect(after.map(([what, size]) => draw(copy, what, size))).toEqual(expected);
        const other = new Generator({ flavour: of }).setState(state);
        expect(after.map(([what, size]) => draw(other, what, size))).toEqual(expected);
        expect(other.getState()).toEqual(generator.getState());
        expect(other.initialSeed()).toBe(generator.initialSeed());
      }),
      { numRuns: 60 },
    );
  });

  it('forgets the kept normal value when it is seeded again', () => {
    const generator = new Generator({ seed: 1 });
    const first = draw(generator, 1, 3);
    expect(draw(generator.manualSeed(1), 1, 3)).toEqual(first);
  });

  it('says its seed as PyTorch does', () => {
    expect(new Generator().initialSeed()).toBe(67280421310721);
    expect(new Generator({ seed: 5 }).initialSeed()).toBe(5);
    expect(new Generator({ seed: -1 }).initialSeed()).toBe(2n ** 64n - 1n);
    expect(new Generator({ seed: 2n ** 53n }).initialSeed()).toBe(2n ** 53n);
  });

  it('takes a seed of 53 bits from the system and draws its stream', () => {
    const generator = new Generator();
    const start = generator.seed();
    expect(start).toBe(generator.initialSeed());
    expect(generator.seed()).not.toBe(start);
    expect(draw(new Generator({ seed: start }), 0, 5)).toEqual(draw(generator.manualSeed(start), 0, 5));
  });

  it('draws the mkl flavour only where PyTorch does', () => {
    for (let what = 0; what < 8; what++) {
      const [aten, mkl] = [new Generator({ seed: 3 }), new Generator({ seed: 3, flavour: 'mkl' })];
      const same = [0, 1, 2, 3, 6].includes(what);
      const drawn = draw(aten, what, 30);
      if (same) expect(draw(mkl, what, 30)).toEqual(drawn);
      else expect(draw(mkl, what, 30)).not.toEqual(drawn);
      if (!same) mkl.manualSeed(3).flavour = 'aten';
      else mkl.manualSeed(3);
      expect(draw(mkl, what, 30)).toEqual(drawn);
    }
  });
});

describe('the default generator', () => {
  it('is seeded and saved by functions of its own', () => {
    expect(manualSeed(42)).toBe(defaultGenerator);
    expect(initialSeed()).toBe(42);
    const state = getRngState();
    const drawn = draw(defaultGenerator, 1, 5);
    setRngState(state);
    expect(draw(defaultGenerator, 1, 5)).toEqual(drawn);
    expect(draw(manualSeed(42), 1, 5)).toEqual(drawn);
    expect(seed()).toBe(initialSeed());
  });
});

describe('Mt19937', () => {
  it('starts as its authors start it and draws their 10,000th number', () => {
    const engine = new Mt19937();
    for (let i = 1; i < 10_000; i++) engine.next();
    expect(engine.next()).toBe(4123659995);
  });

  it('draws the authors’ first numbers for a key of words', () => {
    const engine = new KeyedMt19937();
    engine.seedByArray([0x123, 0x234, 0x345, 0x456]);
    expect([engine.next(), engine.next(), engine.next()]).toEqual([1067595299, 955945823, 477289528]);
  });

  it('takes 64-bit draws from two 32-bit ones, the high half first', () => {
    const [one, two] = [new Mt19937(9), new Mt19937(9)];
    const [high, low] = [one.next(), one.next()];
    expect(two.next64()).toBe(BigInt(high) * 2n ** 32n + BigInt(low));
    expect(new Mt19937(9).uniform53()).toBe(((high % 2 ** 21) * 2 ** 32 + low) / 2 ** 53);
  });
});

it('draws nothing for dropout of probability 0 and 1, nor for an empty mask', () => {
  const generator = new Generator({ seed: 2 });
  const state = generator.getState();
  const mask = new Float32Array(20);
  dropoutMask(generator, 0, mask);
  expect(mask).toEqual(new Float32Array(20).fill(1));
  dropoutMask(generator, 1, mask);
  expect(mask).toEqual(new Float32Array(20));
  dropoutMask(generator, 0.5, new Float32Array(0));
  expect(generator.getState()).toEqual(state);
});

it('draws the same Bernoulli values into every kind of array', () => {
  const generator = new Generator({ seed: 2 });
  const floats = new Float32Array(50);
  bernoulliScalar(generator, 0.4, floats);
  for (const out of [new Uint8Array(50), new Int32Array(50), new Float64Array(50)]) {
    bernoulliScalar(generator.manualSeed(2), 0.4, out);
    expect(Array.from(out)).toEqual(Array.from(floats));
  }
});

describe('errors', () => {
  const generator = new Generator();
  const out = new Float32Array(4);
  const badState = (change: (view: DataView) => void) => {
    const state = generator.getState();
    change(new DataView(state.buffer));
    return state;
  };
  it.each<[string, () => unknown, RegExp]>([
    ['a seed that is no integer', () => manualSeed(1.5), /manualSeed: the seed must be an integer.*got 1\.5/],
    [
      'a seed beyond 2^53 as a number',
      () => manualSeed(2 ** 60),
      /beyond 2\^53 a bigint; got 1152921504606847000/,
    ],
    ['a seed beyond 64 bits', () => manualSeed(2n ** 64n), /got 18446744073709551616/],
    ['a seed below -2^63', () => manualSeed(-(2n ** 63n) - 1n), /got -9223372036854775809/],
    [
      'an unknown flavour',
      () => new Generator({ flavour: 'cuda' as 'mkl' }),
      /must be 'aten' or 'mkl', got "cuda"/,
    ],
    ['a short state', () => generator.setState(new Uint8Array(5000)), /5056 bytes, got 5000/],
    [
      'a state with a bad count',
      () => generator.setState(badState((v) => v.setInt32(8, 700, true))),
      /'left'.*got 700/,
    ],
    [
      'a state that contradicts itself',
      () =>
        generator.setState(
          badState((v) => {
            v.setInt32(8, 5, true);
            v.setInt32(16, 5, true);
          }),
        ),
      /'next' must be 620, got 5/,
    ],
    [
      'a state of zeros',
      () =>
        generator.setState(
          badState((v) => {
            for (let i = 24; i < 5016; i++) v.setUint8(i, 0);
          }),
        ),
      /all words of the state are 0/,
    ],
    ['an empty key', () => new KeyedMt19937().seedByArray([]), /at least one 32-bit word/],
    ['bounds the wrong way round', () => uniform(generator, out, 2, 1), /low <= high, got low=2, high=1/],
    ['an infinite bound', () => uniform(generator, out, 0, Number.POSITIVE_INFINITY), /finite bounds/],
    ['a negative std', () => normal(generator, out, 0, -1), /normal: std must be at least 0, got -1/],
    ['a rate of 0', () => exponential(generator, out, 0), /lambda must be greater than 0, got 0/],
    ['an empty range', () => randint(generator, out, 3, 3), /low must be less than high, got low=3, high=3/],
    [
      'a bound that is no integer',
      () => randint(generator, out, 0, 2.5),
      /bounds must be integers.*high=2\.5/,
    ],
    ['a range beyond 2^64', () => randint(generator, out, -1, 2n ** 64n), /at most 2\^64/],
    [
      'a probability above 1',
      () => bernoulliScalar(generator, 1.1, out),
      /bernoulliScalar.*\[0, 1\], got 1\.1/,
    ],
    ['a dropout of NaN', () => dropoutMask(generator, Number.NaN, out), /dropoutMask.*got NaN/],
    [
      'a tensor of bad probabilities',
      () => bernoulliTensor(generator, Float32Array.of(2, 0, 0, 0), out),
      /got 2/,
    ],
    ['too few probabilities', () => bernoulliTensor(generator, new Float32Array(3), out), /4 outputs.*got 3/],
    ['weights of another size', () => multinomial(generator, out, 2, 3, 1), /2 x 3 weights expected, got 4/],
    ['no samples', () => multinomial(generator, out.fill(1), 1, 4, 0), /numSamples.*got 0/],
    [
      'too many samples',
      () => multinomial(generator, out.fill(1), 1, 4, 5),
      /at most the 4 categories, got 5/,
    ],
    [
      'a negative weight',
      () => multinomial(generator, Float32Array.of(1, -1), 1, 2, 1),
      /got -1 at \[0, 1\]/,
    ],
    [
      'an infinite weight',
      () => multinomial(generator, Float32Array.of(1, Infinity), 1, 2, 1),
      /got Infinity/,
    ],
    ['a row of zeros', () => multinomial(generator, Float32Array.of(1, 1, 0, 0), 2, 2, 1), /row 1 sum to 0/],
    ['no categories', () => multinomial(generator, new Float32Array(0), 0, 0, 1), /cols at least 1/],
    [
      'a padding row outside',
      () => initEmbedding(generator, out, 2, 2),
      /paddingIndex must be in \[-2, 2\), got 2/,
    ],
    ['a matrix of another size', () => orthogonal(generator, out, 3, 3), /3 x 3 weights expected, got 4/],
    ['an unknown nonlinearity', () => calculateGain('swish' as 'relu'), /unknown nonlinearity "swish"/],
    ['a truncation that is empty', () => truncNormal(generator, out, 0, 1, 2, -2), /low <= high/],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
