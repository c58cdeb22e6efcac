/** `DataLoader`: batches of a dataset, in PyTorch's order. */

import { expectWhole } from '../ops/expect.js';
import {
  defaultGenerator,
  drawBaseSeed,
  type Generator,
  samplerEpochEnd,
  samplerPermutation,
} from '../random/index.js';
import { type Collated, type Dataset, defaultCollate } from './dataset.js';

export interface DataLoaderOptions<T, B> {
  /** Samples in a batch (default 1). */
  batchSize?: number;
  /** A new order each epoch, drawn as PyTorch draws it (default false). */
  shuffle?: boolean;
  /** Leaves a last batch out that is not full (default false). */
  dropLast?: boolean;
  /** Makes a batch of samples; `defaultCollate` if absent. */
  collate?: (samples: readonly T[]) => B;
  /** The stream that orders come from; the default generator if absent. */
  generator?: Generator;
  /** How many batches are fetched before they are asked for (default 2; 0 for none). */
  prefetch?: number;
}

/**
 * Batches of a dataset; each `for await` is an epoch.
 *
 * Making an iterator draws from the generator even without shuffling, as PyTorch's does, so a program's later draws are
 * the same too.
 *
 * @example
 * for await (const [x, y] of new DataLoader(new TensorDataset(xs, ys), { batchSize: 32, shuffle: true })) { ... }
 */
export class DataLoader<T, B = Collated<T>> implements AsyncIterable<B> {
  readonly batchSize: number;
  readonly #options: DataLoaderOptions<T, B>;

  constructor(
    readonly dataset: Dataset<T>,
    options: DataLoaderOptions<T, B> = {},
  ) {
    const { batchSize = 1, prefetch = 2 } = options;
    expectWhole('DataLoader', 'batchSize', batchSize);
    expectWhole('DataLoader', 'prefetch', prefetch, 0);
    this.batchSize = batchSize;
    this.#options = options;
  }

  /** How many batches an epoch has. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.#options.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<B> {
    const { shuffle = false, generator, prefetch = 2 } = this.#options;
    const n = this.dataset.length;
    const order = this.#order();
    const waiting: Promise<B>[] = [];
    let next = 0;
    const fetch = (): void => {
      if (next >= this.length) return;
      const batch = this.#batch(order, next++);
      // Whoever takes the batch sees the error; until then it is not one that nobody handles.
      batch.catch(() => undefined);
      waiting.push(batch);
    };
    for (let i = 0; i < prefetch; i++) fetch();
    for (let i = 0; i < this.length; i++) {
      if (waiting.length === 0) fetch();
      const batch = await (waiting.shift() as Promise<B>);
      if (prefetch > 0) fetch();
      yield batch;
    }
    if (shuffle && generator) samplerEpochEnd(generator, n);
  }

  #order(): Int32Array {
    const { shuffle = false, generator } = this.#options;
    const n = this.dataset.length;
    if (shuffle)
      return samplerPermutation(generator ?? defaultGenerator, n, { explicit: generator !== undefined });
    drawBaseSeed(generator ?? defaultGenerator);
    return Int32Array.from({ length: n }, (_, i) => i);
  }

  async #batch(order: Int32Array, number: number): Promise<B> {
    const from = number * this.batchSize;
    const indices = Array.from(order.subarray(from, from + this.batchSize));
    const samples = await Promise.all(indices.map((index) => this.dataset.get(index)));
    const collate = this.#options.collate ?? (defaultCollate as unknown as (samples: readonly T[]) => B);
    return collate(samples);
  }
}
