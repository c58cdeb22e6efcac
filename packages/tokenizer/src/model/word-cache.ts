import type { Ids } from './ids.js';

/**
 * Remembers the ids of words seen before. Natural text repeats its words, so this is what makes encoding
 * fast: a hit costs one hash over the word's characters and one comparison, and makes no string.
 *
 * Open addressing over typed arrays: a slot is five numbers in `slots`: hash, start and length of the word
 * in `letters`, and start and count of its ids in `values`, where a single id stands in place of its start.
 * When it is full it starts afresh, so that text of any size takes bounded memory.
 */
export class WordCache {
  /** Words longer than this are not kept: they hardly repeat. */
  static readonly MAX_WORD = 48;
  static readonly #MAX_SLOTS = 1 << 18;
  static readonly #FIELDS = 5;

  #slots = new Int32Array(0);
  #mask = 0;
  #count = 0;
  #letters = new Uint16Array(0);
  #lettersUsed = 0;
  #values = new Int32Array(0);
  #valuesUsed = 0;
  /** Where the last word that was not found goes, and its hash. */
  #free = 0;
  #hash = 0;

  constructor() {
    this.clear();
  }

  clear(): void {
    this.#slots = new Int32Array(WordCache.#FIELDS << 12);
    this.#mask = (1 << 12) - 1;
    this.#letters = new Uint16Array(1 << 14);
    this.#values = new Int32Array(1 << 12);
    this.#count = this.#lettersUsed = this.#valuesUsed = 0;
  }

  /** Appends the ids of `text[start, end)` if the word is known. If not, `put` may follow at once. */
  get(text: string, start: number, end: number, ids: Ids): boolean {
    const slots = this.#slots;
    const letters = this.#letters;
    const length = end - start;
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash ^= hash >>> 15;
    let index = hash & this.#mask;
    for (;;) {
      const slot = index * 5;
      const slotLength = slots[slot + 2] as number;
      if (slotLength === 0) {
        this.#free = slot;
        this.#hash = hash;
        return false;
      }
      if (slots[slot] === hash && slotLength === length) {
        const at = slots[slot + 1] as number;
        let i = 0;
        while (i < length && letters[at + i] === text.charCodeAt(start + i)) i++;
        if (i === length) {
          const count = slots[slot + 4] as number;
          const value = slots[slot + 3] as number;
          if (count === 1) ids.push(value);
          else for (let k = value; k < value + count; k++) ids.push(this.#values[k] as number);
          return true;
        }
      }
      index = (index + 1) & this.#mask;
    }
  }

  /** Keeps `ids[from...]` for the word that `get` has just not found. */
  put(text: string, start: number, end: number, ids: Ids, from: number): void {
    const length = end - start;
    const count = ids.length - from;
    const slot = this.#free;
    const slots = this.#slots;
    if (this.#lettersUsed + length > this.#letters.length) this.#letters = grown(this.#letters);
    for (let i = 0; i < length; i++) this.#letters[this.#lettersUsed + i] = text.charCodeAt(start + i);
    slots[slot] = this.#hash;
    slots[slot + 1] = this.#lettersUsed;
    slots[slot + 2] = length;
    slots[slot + 4] = count;
    this.#lettersUsed += length;
    if (count === 1) {
      slots[slot + 3] = ids.at(from);
    } else {
      while (this.#valuesUsed + count > this.#values.length) this.#values = grown(this.#values);
      slots[slot + 3] = this.#valuesUsed;
      for (let i = from; i < ids.length; i++) this.#values[this.#valuesUsed++] = ids.at(i);
    }
    if (++this.#count * 2 > this.#mask) this.#grow();
  }

  #grow(): void {
    if (this.#mask + 1 >= WordCache.#MAX_SLOTS) {
      this.clear();
      return;
    }
    const old = this.#slots;
    this.#mask = 2 * this.#mask + 1;
    this.#slots = new Int32Array(WordCache.#FIELDS * (this.#mask + 1));
    for (let from = 0; from < old.length; from += WordCache.#FIELDS) {
      if (old[from + 2] === 0) continue;
      let index = (old[from] as number) & this.#mask;
      while (this.#slots[index * WordCache.#FIELDS + 2] !== 0) index = (index + 1) & this.#mask;
      this.#slots.set(old.subarray(from, from + WordCache.#FIELDS), index * WordCache.#FIELDS);
    }
  }
}

function grown<T extends Uint16Array | Int32Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
  larger.set(array);
  return larger;
}
