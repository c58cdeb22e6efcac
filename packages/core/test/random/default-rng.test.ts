import { describe, expect, it } from 'vitest';
import { defaultRng } from '../../src/random.js';
import { golden, sha256 } from './goldens.js';

interface Entry {
  readonly first: readonly number[];
  readonly count: number;
  readonly sha256: string;
  readonly next: number;
}
const recorded = golden<{ seeds: Record<string, Record<string, Entry>> }>('default_rng.json');

function draw(generator: ReturnType<typeof defaultRng>, name: string, count: number): Float64Array {
  const [method, low, high] = name.split(' ');
  if (method === 'normal') return generator.normal(-2, 0.5, count);
  if (method === 'uniform') return generator.uniform(-0.3, 0.7, count);
  if (method === 'integers') return generator.integers(Number(low), Number(high), count);
  return generator[method as 'random' | 'standardNormal'](count);
}

describe.each(Object.entries(recorded.seeds))('default_rng(%s)', (seed, entries) => {
  it.each(Object.entries(entries))('%s', (name, { first, count, sha256: hash, next }) => {
    const generator = defaultRng(BigInt(seed));
    const values = draw(generator, name, count);
    expect(Array.from(values.subarray(0, 5))).toEqual(first);
    expect(sha256(values)).toBe(hash);
    expect(generator.random()).toBe(next);
  });
});

/** One stream, as recorded beside the other seeds' streams. */
it('draws what a program of default_rng(42) prints', () => {
  const generator = defaultRng(42);
  expect(Array.from(generator.random(5))).toEqual([
    0.7739560485559633, 0.4388784397520523, 0.8585979199113825, 0.6973680290593639, 0.09417734788764953,
  ]);
  expect(Array.from(generator.standardNormal(5))).toEqual([
    -1.302179506862318, 0.12784040316728537, -0.3162425923435822, -0.016801157504288795, -0.85304392757358,
  ]);
  expect(Array.from(generator.integers(0, 100, 5))).toEqual([50, 37, 18, 92, 78]);
});

it('draws normal values of mean 0 and variance 1, in the tail as often as they should', () => {
  const values = defaultRng(7).standardNormal(200_000);
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(Math.abs(variance - 1)).toBeLessThan(0.01);
  // The tail begins there; beyond lie 2.58e-4 of all: 52 are expected.
  const far = values.filter((x) => Math.abs(x) > 3.65415288536).length;
  expect(far).toBeGreaterThan(25);
  expect(far).toBeLessThan(90);
});

it('goes on where its state was saved, the waiting half of a draw included', () => {
  const generator = defaultRng(3);
  generator.integers(0, 10);
  const state = generator.getState();
  const [a, b] = [generator.integers(0, 10, 5), generator.random(3)];
  generator.setState(state);
  expect([generator.integers(0, 10, 5), generator.random(3)]).toEqual([a, b]);
});

it('starts from the system without a seed, and refuses what is no seed', () => {
  expect(defaultRng().random()).not.toBe(defaultRng().random());
  expect(() => defaultRng(-1)).toThrow(/whole number from 0 on, got -1/);
  expect(() => defaultRng(0.5)).toThrow(/got 0\.5/);
  expect(() => defaultRng(1).integers(3, 3)).toThrow(/low=3, high=3/);
  expect(() => defaultRng(1).normal(0, -1)).toThrow(/scale/);
  expect(() => defaultRng(1).random([2, -1])).toThrow(/\[2, -1\]/);
});
