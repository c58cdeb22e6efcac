import { Generator } from './generator.js';
import { randperm } from './integers.js';

/** Options of {@link samplerPermutation}. */
export interface SamplerOptions {
  /**
   * Whether `generator` was given to the DataLoader (its `generator` argument) rather than being the default one.
   * PyTorch then draws the permutation from it directly. Default false.
   */
  explicit?: boolean;
}

/**
 * The order of one epoch of a `DataLoader` with `shuffle: true`, and exactly its draws.
 *
 * First the loader draws its base seed, a 64-bit draw that is thrown away. With the default generator, the low 32 bits
 * of the next 64-bit draw then seed a new generator, which makes the permutation; with an explicit one, the
 * permutation comes from it directly (see {@link samplerEpochEnd} for what is drawn at the end).
 *
 * @param n number of samples
 * @returns a permutation of 0 .. n-1
 *
 * Source: PyTorch `torch/utils/data/dataloader.py` (`_BaseDataLoaderIter`) and `sampler.py` (`RandomSampler`).
 */
export function samplerPermutation(
  generator: Generator,
  n: number,
  options: SamplerOptions = {},
): Int32Array {
  drawBaseSeed(generator);
  const order = new Int32Array(n);
  if (options.explicit) {
    randperm(generator, order);
  } else {
    generator.engine.next();
    randperm(new Generator({ seed: generator.engine.next() }), order);
  }
  return order;
}

/**
 * The draw that every epoch of a `DataLoader` makes, shuffled or not: its base seed. Call it for an epoch in order;
 * {@link samplerPermutation} already includes it.
 */
export function drawBaseSeed(generator: Generator): void {
  generator.engine.next();
  generator.engine.next();
}

/**
 * What PyTorch draws when an epoch with an explicit generator has given its last sample: `RandomSampler` makes one
 * more permutation, of which it uses the first `numSamples % n` = 0 entries.
 *
 * @param n number of samples
 */
export function samplerEpochEnd(generator: Generator, n: number): void {
  for (let i = 0; i < n - 1; i++) generator.engine.next();
}
