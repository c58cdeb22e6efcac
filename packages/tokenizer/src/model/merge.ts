import type { PairTable } from './pairs.js';

/**
 * Byte-pair merging of one word (Sennrich, Haddow, Birch: "Neural Machine Translation of Rare Words with
 * Subword Units", 2016): of all neighbours that have a merge, the earliest learned is made, the leftmost
 * first among equals, until none is left.
 *
 * The word lies in `symbols` and, where places are asked for, its symbols' lengths in bytes in `lengths`. Short words look through all
 * pairs for each merge; long ones keep them in a heap, so that n symbols take O(n log n).
 */
export class Merger {
  symbols = new Int32Array(256);
  lengths = new Int32Array(256);
  /** Whether `lengths` is in use. A huge word then takes a fifth more memory. */
  measures = false;
  readonly #ranks: Int32Array;
  readonly #pairs: PairTable;
  /** Probability of leaving a merge out (BPE-dropout, Provilkov et al. 2020); 0 for none. */
  readonly #dropout: number;
  readonly #random: () => number;

  static readonly #SHORT = 48;
  static readonly #NONE = 0x7fffffff;

  constructor(pairs: PairTable, dropout = 0, random: () => number = Math.random) {
    this.#ranks = new Int32Array(Merger.#SHORT);
    this.#pairs = pairs;
    this.#dropout = dropout;
    this.#random = random;
  }

  /** Makes room for `n` symbols; the arrays may be new ones afterwards. Lets go of what a huge word took. */
  reserve(n: number): void {
    if (n <= this.symbols.length && this.symbols.length <= 1 << 16) return;
    let size = 256;
    while (size < n) size *= 2;
    this.symbols = new Int32Array(size);
    this.lengths = new Int32Array(size);
  }

  /** Merges the first `n` symbols in place; returns how many are left. */
  merge(n: number): number {
    return n <= Merger.#SHORT && this.#dropout === 0 ? this.#mergeShort(n) : this.#mergeLong(n);
  }

  #rankAt(i: number): number {
    const slot = this.#pairs.find(this.symbols[i] as number, this.symbols[i + 1] as number);
    return slot < 0 ? Merger.#NONE : this.#pairs.rank(slot);
  }

  #mergeShort(n: number): number {
    const { symbols, lengths } = this;
    const ranks = this.#ranks;
    for (let i = 0; i + 1 < n; i++) ranks[i] = this.#rankAt(i);
    while (n > 1) {
      let best = Merger.#NONE;
      let at = -1;
      for (let i = 0; i + 1 < n; i++) {
        if ((ranks[i] as number) < best) {
          best = ranks[i] as number;
          at = i;
        }
      }
      if (at < 0) break;
      const slot = this.#pairs.find(symbols[at] as number, symbols[at + 1] as number);
      symbols[at] = this.#pairs.merged(slot);
      n--;
      for (let i = at + 1; i < n; i++) {
        symbols[i] = symbols[i + 1] as number;
        ranks[i] = ranks[i + 1] as number;
      }
      if (this.measures) {
        lengths[at] = (lengths[at] as number) + (lengths[at + 1] as number);
        lengths.copyWithin(at + 1, at + 2, n + 1);
      }
      if (at > 0) ranks[at - 1] = this.#rankAt(at - 1);
      if (at + 1 < n) ranks[at] = this.#rankAt(at);
    }
    return n;
  }

  /**
   * A linked list of symbols and a heap of their pairs, each a number: rank * 2^27 + place. A pair whose
   * symbols have changed since stays in the heap and is skipped when it comes up.
   */
  #mergeLong(n: number): number {
    const { symbols, lengths } = this;
    const next = new Int32Array(n);
    const previous = new Int32Array(n);
    const heap = new Heap(n);
    for (let i = 0; i < n; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      if (i + 1 < n) {
        const rank = this.#rankAt(i);
        if (rank !== Merger.#NONE) heap.add(rank * PLACES + i);
      }
    }
    heap.order();

    const enter = (left: number, right: number) => {
      const slot = this.#pairs.find(symbols[left] as number, symbols[right] as number);
      if (slot >= 0) heap.push(this.#pairs.rank(slot) * PLACES + left);
    };
    const dropped: number[] = [];
    while (heap.size > 0) {
      const entry = heap.pop();
      if (this.#dropout > 0 && this.#random() < this.#dropout) {
        dropped.push(entry);
        continue;
      }
      for (const one of dropped) heap.push(one);
      dropped.length = 0;

      const at = entry % PLACES;
      const right = next[at] as number;
      if (right === GONE || right >= n) continue;
      const slot = this.#pairs.find(symbols[at] as number, symbols[right] as number);
      if (slot < 0 || this.#pairs.rank(slot) !== (entry - at) / PLACES) continue;

      symbols[at] = this.#pairs.merged(slot);
      if (this.measures) lengths[at] = (lengths[at] as number) + (lengths[right] as number);
      const after = next[right] as number;
      next[at] = after;
      next[right] = GONE;
      if (after < n) previous[after] = at;
      if ((previous[at] as number) >= 0) enter(previous[at] as number, at);
      if (after < n) enter(at, after);
    }

    let left = 0;
    for (let i = 0; i < n; i = next[i] as number) {
      symbols[left] = symbols[i] as number;
      if (this.measures) lengths[left] = lengths[i] as number;
      left++;
    }
    return left;
  }
}

const PLACES = 2 ** 27;
/** In place of what comes next: this symbol has become part of the one before it. */
const GONE = -1;

/** A binary min-heap of numbers. */
class Heap {
  #items: Float64Array;
  size = 0;

  constructor(capacity: number) {
    this.#items = new Float64Array(capacity + 1);
  }

  /** Puts a number in without ordering; `order` must follow. */
  add(item: number): void {
    this.#items[this.size++] = item;
  }

  order(): void {
    for (let i = (this.size >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  push(item: number): void {
    if (this.size === this.#items.length) {
      const larger = new Float64Array(this.size * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    const items = this.#items;
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((items[parent] as number) <= item) break;
      items[i] = items[parent] as number;
      i = parent;
    }
    items[i] = item;
  }

  pop(): number {
    const top = this.#items[0] as number;
    this.#items[0] = this.#items[--this.size] as number;
    this.#sink(0);
    return top;
  }

  #sink(i: number): void {
    const items = this.#items;
    const { size } = this;
    const item = items[i] as number;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && (items[child + 1] as number) < (items[child] as number)) child++;
      if ((items[child] as number) >= item) break;
      items[i] = items[child] as number;
      i = child;
    }
    items[i] = item;
  }
}
