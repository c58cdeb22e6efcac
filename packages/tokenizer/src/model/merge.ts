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
  /** For two neighbouring tokens, how early their merge was learned, and which token they make. */
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

  /** Makes room for `n` symbols; the arrays may be new ones afterwards. */
  reserve(n: number): void {
    if (n <= this.symbols.length) return;
    let size = 256;
    while (size < n) size *= 2;
    this.symbols = new Int32Array(size);
    this.lengths = new Int32Array(size);
  }

  /** Lets go of what a huge word took. */
  release(): void {
    if (this.symbols.length > 1 << 16) this.symbols = this.lengths = new Int32Array(0);
  }

  /** Merges the first `n` symbols in place; returns how many are left. */
  merge(n: number): number {
    return n <= Merger.#SHORT && this.#dropout === 0 ? this.#mergeShort(n) : this.#mergeLong(n);
  }

  #rankAt(i: number): number {
    const slot = this.#pairs.find(this.symbols[i] as number, this.symbols[i + 1] as number);
    return slot < 0 ? Merger.#NONE : this.#pairs.first(slot);
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
      symbols[at] = this.#pairs.second(slot);
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
   * A heap of the symbols' pairs, each a number: rank * 2^27 + place. A pair whose symbols have changed since
   * stays in the heap and is skipped when it comes up. What a symbol has swallowed stays as a gap behind it,
   * whose first and last place hold the length of symbol and gap, below zero, so that neighbours are found
   * without links: a huge word takes twelve bytes a symbol.
   */
  #mergeLong(n: number): number {
    const { symbols, lengths } = this;
    const after = (at: number): number => {
      const next = symbols[at + 1] as number;
      return at + 1 < n && next < 0 ? at - next : at + 1;
    };
    const before = (at: number): number => {
      const previous = symbols[at - 1] as number;
      return at > 0 && previous < 0 ? at + previous : at - 1;
    };
    /** The slot of the pair of an entry of the heap, or -1 if its symbols are no longer there. */
    const slotOf = (entry: number): number => {
      const at = entry % PLACES;
      const left = symbols[at] as number;
      const right = after(at);
      if (left < 0 || right >= n) return -1;
      const slot = this.#pairs.find(left, symbols[right] as number);
      return slot >= 0 && this.#pairs.first(slot) === (entry - at) / PLACES ? slot : -1;
    };
    const heap = new Heap(n, (entry) => slotOf(entry) >= 0);
    for (let i = 0; i + 1 < n; i++) {
      const rank = this.#rankAt(i);
      if (rank !== Merger.#NONE) heap.add(rank * PLACES + i);
    }
    heap.order();

    const enter = (left: number, right: number) => {
      const slot = this.#pairs.find(symbols[left] as number, symbols[right] as number);
      if (slot >= 0) heap.push(this.#pairs.first(slot) * PLACES + left);
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

      const slot = slotOf(entry);
      if (slot < 0) continue;
      const at = entry % PLACES;
      const right = after(at);
      const next = after(right);
      symbols[at] = this.#pairs.second(slot);
      if (this.measures) lengths[at] = (lengths[at] as number) + (lengths[right] as number);
      // A gap of one place is both its first and its last; so is, in a longer one, what lies between: it is never read.
      symbols[right] = symbols[at + 1] = symbols[next - 1] = at - next;
      const previous = before(at);
      if (previous >= 0) enter(previous, at);
      if (next < n) enter(at, next);
    }

    let left = 0;
    for (let i = 0, next = 0; i < n; i = next) {
      next = after(i);
      symbols[left] = symbols[i] as number;
      if (this.measures) lengths[left] = lengths[i] as number;
      left++;
    }
    return left;
  }
}

const PLACES = 2 ** 27;

/** A binary min-heap of numbers. When it is full it drops those that `isLive` does not hold for any more. */
class Heap {
  #items: Float64Array;
  size = 0;
  readonly #isLive: (item: number) => boolean;

  constructor(capacity: number, isLive: (item: number) => boolean) {
    this.#items = new Float64Array(capacity + 1);
    this.#isLive = isLive;
  }

  /** Puts a number in without ordering; `order` must follow. */
  add(item: number): void {
    this.#items[this.size++] = item;
  }

  order(): void {
    for (let i = (this.size >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  push(item: number): void {
    if (this.size === this.#items.length) this.#sweep();
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

  #sweep(): void {
    const old = this.#items;
    let size = 0;
    for (let i = 0; i < this.size; i++) {
      const item = old[i] as number;
      if (this.#isLive(item)) old[size++] = item;
    }
    this.size = size;
    this.order();
    // Live pairs are fewer than symbols; but the same pair may be there twice.
    if (size > 0.9 * old.length) {
      this.#items = new Float64Array(old.length * 2);
      this.#items.set(old);
    }
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
