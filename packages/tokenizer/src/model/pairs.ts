/**
 * A map from two whole numbers to two others. Open addressing; a slot is four numbers side by side, so a look-up
 * touches one line of the processor's cache, and a large map makes no objects.
 */
export class PairTable {
  /** `[a + 1, b, first, second]` per slot; 0 in the first field marks a free slot. */
  #slots: Int32Array;
  #mask: number;
  #size = 0;

  /** @param capacity about how many pairs will come. */
  constructor(capacity: number) {
    let slots = 16;
    while (slots < capacity * 2) slots *= 2;
    this.#slots = new Int32Array(slots * 4);
    this.#mask = slots - 1;
  }

  /** A pair that is there already gets the new numbers. */
  set(a: number, b: number, first: number, second = 0): void {
    if (this.#size * 2 > this.#mask) this.#grow();
    const slots = this.#slots;
    let slot = (hash(a, b) & this.#mask) * 4;
    while (slots[slot] !== 0 && (slots[slot] !== a + 1 || slots[slot + 1] !== b))
      slot = (slot + 4) & (slots.length - 1);
    if (slots[slot] === 0) this.#size++;
    slots[slot] = a + 1;
    slots[slot + 1] = b;
    slots[slot + 2] = first;
    slots[slot + 3] = second;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = 2 * this.#mask + 1;
    this.#size = 0;
    for (let slot = 0; slot < old.length; slot += 4) {
      if (old[slot] === 0) continue;
      const [a, b, first, second] = old.subarray(slot, slot + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      this.set(a - 1, b, first, second);
    }
  }

  /** The slot of a pair, or -1. */
  find(a: number, b: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let index = hash(a, b) & mask;
    for (;;) {
      const slot = index * 4;
      const first = slots[slot] as number;
      if (first === 0) return -1;
      if (first === a + 1 && slots[slot + 1] === b) return slot;
      index = (index + 1) & mask;
    }
  }

  /** The first of a slot's numbers. */
  first(slot: number): number {
    return this.#slots[slot + 2] as number;
  }

  second(slot: number): number {
    return this.#slots[slot + 3] as number;
  }

  /** All pairs `[a, b]` by their first number. */
  pairs(): [a: number, b: number][] {
    const found: number[] = [];
    for (let slot = 0; slot < this.#slots.length; slot += 4) if (this.#slots[slot] !== 0) found.push(slot);
    return found
      .sort((a, b) => this.first(a) - this.first(b))
      .map((slot) => [(this.#slots[slot] as number) - 1, this.#slots[slot + 1] as number]);
  }
}

function hash(a: number, b: number): number {
  const mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
