/**
 * The key-value cache: what attention has seen of a text, so that one more token costs one more column and not the whole
 * text again.
 *
 * Its memory is laid out beforehand, heads as they are (grouped-query heads are not repeated), and is overwritten in
 * place. How much of it is filled is a number that the host gives at each run: every token replays one and the same plan.
 */
import {
  type Device,
  functional as F,
  fromTypedArray,
  keep,
  state,
  type Tensor,
  zeros,
} from '@inkstone/core';

/** What a model's cache holds for each token. */
export interface CacheShape {
  readonly layers: number;
  /** Heads of keys and values: fewer than those of queries in grouped-query attention. */
  readonly keyHeads: number;
  readonly headSize: number;
}

/** What came before the tokens that a model is given. */
export interface Past {
  readonly cache: KeyValueCache;
  /** The positions of the tokens, as the model's `placed` has made tensors of them. */
  readonly placed: readonly Tensor[];
}

/** Places of tokens in their texts: [batch, count], or [1, count] where all texts begin alike. */
export interface Positions {
  readonly shape: readonly [number, number];
  readonly values: Int32Array;
}

/** A step of one token for each text: by ids, what choosing needs, and what the model has made of positions. */
export type CompiledStep = (idx: Tensor, inputs: Tensor[], placed: Tensor[]) => Tensor;

/**
 * Keys and values of the tokens seen, for a batch of texts that begin in different columns (left padding).
 *
 * A model calls `attend` in each layer with the keys and values of the tokens it is given; whoever feeds the model calls
 * `advance` after that.
 */
export class KeyValueCache {
  /** Columns filled. */
  length = 0;
  readonly #keys: Tensor[];
  readonly #values: Tensor[];
  /** What steps of one token have been compiled to, by what is wanted of the scores. */
  readonly compiled = new Map<string, CompiledStep>();
  /** For each text the column in which it begins. */
  #starts: readonly number[] = [];
  #mask: Tensor | null = null;

  /** @param capacity columns at most */
  constructor(
    readonly shape: CacheShape,
    readonly batch: number,
    readonly capacity: number,
    readonly device: Device,
  ) {
    const { layers, keyHeads, headSize } = shape;
    const make = (): Tensor =>
      state(zeros([batch, keyHeads, capacity, headSize], { device }), 'key-value cache');
    this.#keys = Array.from({ length: layers }, make);
    this.#values = Array.from({ length: layers }, make);
    keep(...this.tensors());
    this.clear();
  }

  /** Forgets everything. @param starts the column in which each text begins (default 0). */
  clear(starts: readonly number[] = new Array<number>(this.batch).fill(0)): void {
    this.length = 0;
    this.#starts = starts;
    this.#mask = starts.every((start) => start === 0) ? null : this.#padding();
  }

  /** Where the next `count` tokens of each text stand in it. */
  positions(count: number): Positions {
    const starts = this.#mask ? this.#starts : [0];
    const values = new Int32Array(starts.length * count);
    starts.forEach((start, row) => {
      // What stands before a text's beginning is never looked at.
      for (let i = 0; i < count; i++) values[row * count + i] = Math.max(0, this.length + i - start);
    });
    return { shape: [starts.length, count], values };
  }

  /**
   * Puts the keys and values of the next tokens in, and lets their queries look at all that is there, each at itself and
   * at what comes before it.
   *
   * @param q [batch, heads, count, headSize]
   * @param k, v [batch, keyHeads, count, headSize]
   * @returns [batch, heads, count, headSize]
   */
  attend(layer: number, q: Tensor, k: Tensor, v: Tensor): Tensor {
    // Functions, so that a compiled step asks for the length of then.
    const length = (): number => this.length;
    const count = k.shape[2];
    const [keys, values] = [this.#keys[layer], this.#values[layer]];
    keys.updateSlice_(2, length, k);
    values.updateSlice_(2, length, v);
    return F.scaledDotProductAttention(q, keys, values, {
      isCausal: true,
      keyLength: () => this.length + count,
      queryOffset: length,
      attnMask: this.#mask,
    });
  }

  /** Says that `count` of the columns given last count; those beyond are overwritten by what comes next. */
  advance(count: number): void {
    this.length += count;
  }

  /** Lets text i go on from what is known of text `rows[i]`. */
  select(rows: Int32Array): void {
    if (rows.every((row, i) => row === i)) return;
    const index = fromTypedArray(rows, [rows.length], { device: this.device });
    for (const tensor of this.tensors()) tensor.copy_(tensor.indexSelect(0, index));
    const { length } = this;
    this.clear(Array.from(rows, (row) => this.#starts[row]));
    this.length = length;
  }

  /** What has to be computed and kept with each forward pass. */
  tensors(): Tensor[] {
    return [...this.#keys, ...this.#values];
  }

  /** bool [batch, 1, 1, capacity]: false where a text has not begun. */
  #padding(): Tensor {
    const { batch, capacity } = this;
    const mask = new Uint8Array(batch * capacity);
    for (let row = 0; row < batch; row++)
      mask.fill(1, row * capacity + this.#starts[row], (row + 1) * capacity);
    return fromTypedArray(mask, [batch, 1, 1, capacity], { dtype: 'bool', device: this.device });
  }
}

/** The cache a model used last, for the next text of the same size: none has to wait for a garbage collector. */
const idle = new WeakMap<object, KeyValueCache>();

export interface CacheWanted {
  readonly shape: CacheShape;
  readonly batch: number;
  readonly capacity: number;
  readonly device: Device;
}

/** A cache for a model, until it is given back. */
export function borrowCache(owner: object, { shape, batch, capacity, device }: CacheWanted): KeyValueCache {
  const last = idle.get(owner);
  idle.delete(owner);
  const fits = last?.batch === batch && last.capacity === capacity && last.device === device;
  return last && fits ? last : new KeyValueCache(shape, batch, capacity, device);
}

export function giveBackCache(owner: object, cache: KeyValueCache): void {
  idle.set(owner, cache);
}
