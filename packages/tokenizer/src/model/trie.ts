import { PairTable } from './pairs.js';

/**
 * A set of strings for finding which of them start at a place of a text. Nodes are numbers; the edges lie
 * in one table by node and character, so that a large vocabulary makes no objects.
 */
export class Trie {
  readonly #children = new PairTable(512);
  #nodes = 1;
  /** Per node: the value of the string that ends there, or -1. */
  #values = new Int32Array(1 << 10).fill(-1);

  static readonly ROOT = 0;

  /** Adds a string. `value` is a number of the caller's, not negative. A later value replaces an earlier. */
  add(text: string, value: number): void {
    let node = Trie.ROOT;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      let child = this.next(node, code);
      if (child < 0) {
        child = this.#nodes++;
        this.#children.set(node, code, child);
      }
      node = child;
    }
    if (this.#nodes > this.#values.length) {
      const old = this.#values;
      this.#values = new Int32Array(this.#nodes * 2).fill(-1);
      this.#values.set(old);
    }
    this.#values[node] = value;
  }

  /** The node that `code`, a UTF-16 unit, leads to, or -1. */
  next(node: number, code: number): number {
    const slot = this.#children.find(node, code);
    return slot < 0 ? -1 : this.#children.first(slot);
  }

  /** Where the string ends that `longest` has found last. */
  stop = 0;

  /** The value of the longest string that starts at `at` in a text and ends by `end`, or -1. */
  longest(text: string, at: number, end: number): number {
    let value = -1;
    for (let node = Trie.ROOT; at < end; ) {
      node = this.next(node, text.charCodeAt(at++));
      if (node < 0) break;
      const found = this.#values[node] as number;
      if (found >= 0) {
        value = found;
        this.stop = at;
      }
    }
    return value;
  }

  /** The value of the string that ends at `node`, or -1. */
  valueAt(node: number): number {
    return this.#values[node] as number;
  }
}
