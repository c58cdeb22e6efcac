/**
 * The merges of a byte-pair encoding: for two neighbouring tokens, which token they make and how early that
 * merge was learned. Open addressing; a slot is four numbers side by side, so a look-up touches one line
 * of the processor's cache.
 */
export class PairTable {
  /** `[left + 1, right, rank, merged]` per slot; 0 in the first field marks a free slot. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  size = 0;

  /** @param capacity how many pairs will come at most. */
  constructor(capacity: number) {
    let slots = 16;
    while (slots < capacity * 2) slots *= 2;
    this.#slots = new Int32Array(slots * 4);
    this.#mask = slots - 1;
  }

  /** A pair that comes twice keeps its later rank, as in the reference implementation. */
  set(left: number, right: number, rank: number, merged: number): void {
    const slots = this.#slots;
    let index = hash(left, right) & this.#mask;
    while (slots[index * 4] !== 0) {
      if (slots[index * 4] === left + 1 && slots[index * 4 + 1] === right) {
        this.size--;
        break;
      }
      index = (index + 1) & this.#mask;
    }
    slots[index * 4] = left + 1;
    slots[index * 4 + 1] = right;
    slots[index * 4 + 2] = rank;
    slots[index * 4 + 3] = merged;
    this.size++;
  }

  /** The slot of a pair, or -1. */
  find(left: number, right: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let index = hash(left, right) & mask;
    for (;;) {
      const slot = index * 4;
      const first = slots[slot] as number;
      if (first === 0) return -1;
      if (first === left + 1 && slots[slot + 1] === right) return slot;
      index = (index + 1) & mask;
    }
  }

  rank(slot: number): number {
    return this.#slots[slot + 2] as number;
  }

  merged(slot: number): number {
    return this.#slots[slot + 3] as number;
  }

  /** All pairs `[left, right]` by rank. */
  pairs(): [left: number, right: number][] {
    const found: [number, number, number][] = [];
    for (let slot = 0; slot < this.#slots.length; slot += 4) {
      if (this.#slots[slot] !== 0) {
        found.push([this.rank(slot), (this.#slots[slot] as number) - 1, this.#slots[slot + 1] as number]);
      }
    }
    return found.sort((a, b) => a[0] - b[0]).map(([, left, right]) => [left, right]);
  }
}

function hash(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
