/**
 * Ids as they are found. A plain array grows by moving numbers of eight bytes; this one takes half of that, so
 * that a text of a token for each byte stays in memory.
 */
export class Ids {
  #ids = new Int32Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Makes the list shorter. */
  set length(length: number) {
    this.#length = length;
  }

  push(id: number): void {
    if (this.#length === this.#ids.length) this.#grow(1);
    this.#ids[this.#length++] = id;
  }

  /** Appends the first `count` of `ids`. */
  pushAll(ids: Int32Array, count: number): void {
    this.reserve(count);
    this.#ids.set(ids.subarray(0, count), this.#length);
    this.#length += count;
  }

  /** Makes room for `count` more, so that pushing them moves nothing. */
  reserve(count: number): void {
    if (this.#length + count > this.#ids.length) this.#grow(count);
  }

  #grow(by: number): void {
    const larger = new Int32Array(Math.max(2 * this.#length, this.#length + by));
    larger.set(this.#ids.subarray(0, this.#length));
    this.#ids = larger;
  }

  /** The id at `i`, which must be below `length`. */
  at(i: number): number {
    return this.#ids[i] as number;
  }

  toArray(): number[] {
    const length = this.#length;
    // V8 makes a hash table of an array that is made this long at once.
    const array = length < 1 << 25 ? new Array<number>(length) : [];
    for (let i = 0; i < length; i++) array[i] = this.#ids[i] as number;
    return array;
  }
}
