/**
 * A batch of texts that grow token by token, and the model's scores of what follows each: with a key-value cache, where
 * the model has one and the texts fit into its block, else by seeing each text as a whole.
 */
import { compile, type Device, fromTypedArray, keep, noGrad, type Tensor, tensor } from '@inkstone/core';
import { borrowCache, giveBackCache, type KeyValueCache } from '../cache.js';
import type { CausalLM } from '../causal-lm.js';

export class Texts {
  /** The ids of each text, the prompt included. */
  readonly rows: number[][];
  readonly #device: Device;

  private constructor(
    private readonly model: CausalLM,
    rows: readonly (readonly number[])[],
    private readonly cache: KeyValueCache | null,
  ) {
    this.rows = rows.map((row) => [...row]);
    this.#device = model.device;
    const { length } = this;
    cache?.clear(this.rows.map((row) => length - row.length));
  }

  /**
   * Texts that begin with `rows`; give them back when done, so that the next ones find a cache.
   * @param more tokens that a text may grow by
   */
  static borrow(
    model: CausalLM,
    rows: readonly (readonly number[])[],
    { more, useCache }: { more: number; useCache: boolean },
  ): Texts {
    const { cacheShape: shape, device, config } = model;
    // Weights that were changed and not computed since would be computed with each token.
    keep(...model.parameters());
    if (!shape || !useCache) return new Texts(model, rows, null);
    const longest = Math.max(...rows.map(({ length }) => length));
    const capacity = paddedLength(Math.min(longest + more, config.blockSize), config.blockSize);
    return new Texts(model, rows, borrowCache(model, { shape, batch: rows.length, capacity, device }));
  }

  giveBack(): void {
    if (this.cache) giveBackCache(this.model, this.cache);
  }

  /** The length of the longest text. */
  get length(): number {
    return Math.max(...this.rows.map(({ length }) => length));
  }

  /** Scores of what follows each text, [texts, vocabSize]. */
  scores(): Promise<Float32Array> {
    return this.#read(all) as Promise<Float32Array>;
  }

  /** The most probable token of each text. Only these leave the device. */
  async best(): Promise<Int32Array> {
    return (await this.#read(best)) as Int32Array;
  }

  /** Adds a token to each text. */
  append(tokens: ArrayLike<number>): void {
    this.rows.forEach((row, i) => {
      row.push(tokens[i]);
    });
  }

  /** Text i goes on from text `from[i]`. */
  select(from: Int32Array): void {
    const before = this.rows.map((row) => row);
    from.forEach((row, i) => {
      this.rows[i] = row === i ? before[i] : [...before[row]];
    });
    this.cache?.select(from);
  }

  async #read(last: (logits: Tensor) => Tensor): Promise<ArrayLike<number>> {
    const { cache, model } = this;
    if (cache && this.length <= model.config.blockSize) return this.#next(cache, last).data();
    return this.#whole(last);
  }

  /** By what the cache lacks of the texts. */
  #next(cache: KeyValueCache, last: (logits: Tensor) => Tensor): Tensor {
    const { rows, length, model } = this;
    const device = this.#device;
    const count = length - cache.length;
    // A prompt is padded to a few fixed lengths, each of which is planned once; what follows is written over.
    const room = cache.capacity - cache.length;
    const padded = count === 1 ? 1 : Math.min(paddedLength(count, model.config.blockSize), room);
    const ids = new Int32Array(rows.length * padded);
    rows.forEach((row, i) => {
      const start = length - row.length;
      for (let column = Math.max(start, cache.length); column < length; column++)
        ids[i * padded + column - cache.length] = row[column - start];
    });
    const idx = fromTypedArray(ids, [rows.length, padded], { device });
    const placed = model.placed(cache.positions(padded), device);
    let result: Tensor;
    if (padded === 1) result = inUse(model, () => this.#step(cache, last)(idx, ...placed));
    else {
      const at = tensor([count - 1], { dtype: 'int32', device });
      result = inUse(model, () => last(model.next(idx, at, { cache, placed })));
      keep(result, ...cache.tensors());
    }
    cache.advance(count);
    return result;
  }

  /** A step of one token for each text, recorded once for as long as the cache is in use. */
  #step(cache: KeyValueCache, last: (logits: Tensor) => Tensor): (...inputs: Tensor[]) => Tensor {
    const known = cache.compiled.get(last);
    if (known) return known;
    const { model } = this;
    const step = compile(
      (idx: Tensor, ...placed: Tensor[]) => last(model.next(idx, null, { cache, placed })),
      { name: `a step of ${model.constructor.name}` },
    );
    cache.compiled.set(last, step);
    return step;
  }

  /** Scores by the end of each text that fits the block; those of one length are seen together. */
  async #whole(last: (logits: Tensor) => Tensor): Promise<ArrayLike<number>> {
    const { rows, model } = this;
    const { blockSize } = model.config;
    const byLength = new Map<number, number[]>();
    rows.forEach((row, i) => {
      const length = Math.min(row.length, blockSize);
      byLength.set(length, [...(byLength.get(length) ?? []), i]);
    });
    const results = await Promise.all(
      [...byLength].map(async ([length, members]) => {
        // A causal model does not see what comes after.
        const padded = paddedLength(length, blockSize);
        const ids = new Int32Array(members.length * padded);
        members.forEach((row, i) => {
          ids.set(rows[row].slice(-length), i * padded);
        });
        const device = this.#device;
        const idx = fromTypedArray(ids, [members.length, padded], { device });
        const result = inUse(model, () =>
          last(model.next(idx, tensor([length - 1], { dtype: 'int32', device }))),
        );
        return { members, data: (await result.data()) as Float32Array | Int32Array };
      }),
    );
    if (results.length === 1) return results[0].data;
    const width = results[0].data.length / results[0].members.length;
    const out =
      results[0].data instanceof Int32Array
        ? new Int32Array(rows.length * width)
        : new Float32Array(rows.length * width);
    for (const { members, data } of results)
      members.forEach((row, i) => {
        out.set(data.subarray(i * width, (i + 1) * width), row * width);
      });
    return out;
  }
}

const all = (logits: Tensor): Tensor => logits;
const best = (logits: Tensor): Tensor => logits.argmax(-1);

/** The next power of two, 16 at least, the block at most. */
function paddedLength(length: number, blockSize: number): number {
  return Math.min(blockSize, 2 ** Math.ceil(Math.log2(Math.max(length, 16))));
}

/** Runs a forward pass without gradients and dropout, and leaves the model in the mode that it was in. */
function inUse(model: CausalLM, forward: () => Tensor): Tensor {
  const { training } = model;
  if (training) model.eval();
  try {
    return noGrad(forward);
  } finally {
    if (training) model.train();
  }
}
