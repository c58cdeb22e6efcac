/**
 * The `'mkl'` flavour against the record of its emulation, which was itself checked against what official wheels
 * printed; and the text of the untrained bigram model, in both flavours.
 */
import { describe, expect, it } from 'vitest';
import {
  bernoulliScalar,
  dropoutMask,
  exponential,
  Generator,
  multinomial,
  normal,
  uniform,
} from '../../src/random/index.js';
import { Mcg31 } from '../../src/random/mcg31.js';
import { golden } from './goldens.js';

interface RawEntry {
  seed_draw: number;
  exponential_10: number[];
  'bernoulli_0.8_keep_20': number[];
  next_rand: number;
  mcg31_first6: number[];
}

const recorded = golden<{
  untrainedText: { published: string };
  issue150538: { published: number[]; emulated: number[] };
  dropoutSeed123: { published_x86: number[] };
  raw: Record<string, RawEntry>;
}>('mkl.json');
const aten = golden<{ untrainedText1337: string }>('torch.json');

const mkl = (seed: number) => new Generator({ flavour: 'mkl' }).manualSeed(seed);
const nextRand = (generator: Generator) => {
  const out = new Float32Array(1);
  uniform(generator, out);
  return out[0];
};

describe.each(Object.keys(recorded.raw))('seed %s', (seed) => {
  const entry = recorded.raw[seed];

  it('seeds MCG31m1 with one raw draw', () => {
    const draw = mkl(Number(seed)).engine.next();
    expect(draw).toBe(entry.seed_draw);
    const stream = new Mcg31(draw);
    expect(entry.mcg31_first6.map(() => stream.next())).toEqual(entry.mcg31_first6);
  });

  it('draws exponential values', () => {
    const generator = mkl(Number(seed));
    const out = new Float32Array(10);
    exponential(generator, out);
    expect(Array.from(out)).toEqual(entry.exponential_10);
    expect(nextRand(generator)).toBe(entry.next_rand);
  });

  it('draws Bernoulli values', () => {
    const generator = mkl(Number(seed));
    const out = new Float32Array(20);
    bernoulliScalar(generator, 0.8, out);
    expect(Array.from(out)).toEqual(entry['bernoulli_0.8_keep_20']);
    expect(nextRand(generator)).toBe(entry.next_rand);
  });
});

it('draws the dropout mask that an x86 wheel prints', () => {
  const mask = new Float32Array(36);
  dropoutMask(mkl(123), 0.5, mask);
  expect(Array.from(mask)).toEqual(recorded.dropoutSeed123.published_x86);
});

it('draws the exponential values that a PyTorch user published: seed 42, after torch.rand(5)', () => {
  const { published, emulated } = recorded.issue150538;
  const generator = mkl(42);
  uniform(generator, new Float32Array(5));
  const out = new Float32Array(5);
  exponential(generator, out);
  expect(Array.from(out)).toEqual(emulated);
  expect(Array.from(out, (value) => Number(value.toFixed(4)))).toEqual(published);
});

const VOCABULARY = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The text that the bigram model of the lecture writes before it is trained: torch.manual_seed(1337), 100 tokens. */
function untrainedText(generator: Generator): string {
  const size = VOCABULARY.length;
  const table = new Float32Array(size * size);
  normal(generator, table);
  const ids = [0];
  while (ids.length < 101) {
    const logits = table.subarray(ids[ids.length - 1] * size).subarray(0, size);
    const highest = Math.max(...logits);
    const weights = logits.map((logit) => Math.exp(logit - highest));
    const total = weights.reduce((a, b) => a + b);
    ids.push(
      multinomial(
        generator,
        weights.map((weight) => weight / total),
        1,
        size,
        1,
      )[0],
    );
  }
  return ids.map((id) => VOCABULARY[id]).join('');
}

it('writes the published text of the untrained bigram model', () => {
  expect(untrainedText(mkl(1337))).toBe(recorded.untrainedText.published);
});

it("writes PyTorch's own build's text of the untrained bigram model in the aten flavour", () => {
  expect(untrainedText(new Generator().manualSeed(1337))).toBe(aten.untrainedText1337);
});
