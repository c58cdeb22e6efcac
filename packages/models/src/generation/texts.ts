/**
 * A batch of texts that grow token by token, and the model's scores of what follows each: with a key-value cache, where
 * the model has one and the texts fit into its block, else by seeing each text as a whole.
 */
import { type Device, fromTypedArray, keep, noGrad, type Tensor, tensor } from '@inkstone/core';
import { compile } from '@inkstone/core/compile';
import { borrowCache, type CompiledStep, giveBackCache, type KeyValueCache } from '../cache.js';
import type { CausalLM } from '../causal-lm.js';
import type { Choice } from './choice.js';

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
    let longest = 0;
    for (const { length } of this.rows) longest = Math.max(longest, length);
    return longest;
  }

  /** Scores of what follows each text, [texts, vocabSize]. */
  scores(): Promise<Float32Array> {
    return this.#read(all) as Promise<Float32Array>;
  }

  /** How many scores there are of what follows a text. */
  get vocabSize(): number {
    return this.model.config.vocabSize;
  }

  /**
   * The next token of each text. Only these leave the device.
   * @param newTokens how many each has got before
   * @throws (rejects) if tokens are drawn and the scores of a text are no numbers.
   */
  async chosen(choice: Choice, newTokens: number): Promise<Int32Array> {
    const inputs = choice.inputs(this.rows, newTokens, this.#device);
    const name = choice.name;
    const last = { name, of: (scores: Tensor, own: Tensor[]) => choice.choose(scores, own), inputs };
    const tokens = (await this.#read(last)) as Int32Array;
    const bad = tokens.findIndex((token) => token < 0);
    if (bad < 0) return tokens;
    throw new Error(
      `generate: the scores of what follows text ${bad} are not numbers, or all tokens are ruled out; nothing can be drawn`,
    );
  }

  /** Adds a token to each text. */
  append(tokens: ArrayLike<number>): void {
    for (let i = 0; i < this.rows.length; i++) this.rows[i].push(tokens[i]);
  }

  /** Text i goes on from text `from[i]`. */
  select(from: Int32Array): void {
    const before = this.rows.map((row) => row);
    from.forEach((row, i) => {
      this.rows[i] = row === i ? before[i] : [...before[row]];
    });
    this.cache?.select(from);
  }

  async #read(last: Last): Promise<ArrayLike<number>> {
    const { cache, model } = this;
    if (cache && this.length <= model.config.blockSize) return this.#next(cache, last).data();
    return this.#whole(last);
  }

  /** By what the cache lacks of the texts. */
  #next(cache: KeyValueCache, last: Last): Tensor {
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
    const inputs = last.inputs(rows.map((_, row) => row));
    let result: Tensor;
    if (padded === 1) result = inUse(model, () => this.#step(cache, last)(idx, inputs, placed));
    else {
      const at = tensor([count - 1], { dtype: 'int32', device });
      result = inUse(model, () => last.of(model.next(idx, at, { cache, placed }), inputs));
      keep(result, ...cache.tensors());
    }
    cache.advance(count);
    return result;
  }

  /** A step of one token for each text, recorded once for as long as the cache is in use. */
  #step(cache: KeyValueCache, last: Last): CompiledStep {
    const { compiled } = cache;
    const known = compiled.get(last.name);
    if (known) return known;
    const { model } = this;
    const step = compile(
      (idx: Tensor, inputs: Tensor[], placed: Tensor[]) =>
        last.of(model.next(idx, null, { cache, placed }), inputs),
      { name: `a step of ${model.constructor.name}` },
    );
    // Who tries one setting after the other uses the newest few.
    if (compiled.size === maxCompiled) compiled.delete([...compiled.keys()][0]);
    compiled.set(last.name, step);
    return step;
  }

  /** Scores by the end of each text that fits the block; those of one length are seen together. */
  async #whole(last: Last): Promise<ArrayLike<number>> {
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
          last.of(model.next(idx, tensor([length - 1], { dtype: 'int32', device })), last.inputs(members)),
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

/** What is wanted of the scores. */
interface Last {
  /** Tells what `of` computes: steps of one name are compiled once. */
  readonly name: string;
  of(scores: Tensor, inputs: Tensor[]): Tensor;
  /** What that needs besides, for some of the texts. */
  inputs(rows: readonly number[]): Tensor[];
}

const all: Last = { name: 'all', of: (scores) => scores, inputs: () => [] };

/** Compiled steps that a cache keeps. */
const maxCompiled = 8;

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
