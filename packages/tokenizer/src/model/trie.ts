/**
 * A set of strings for finding which of them start at a place of a text. Nodes are numbers; the edges lie
 * in one hash table keyed by node and character, so that a large vocabulary makes no objects.
 */
export class Trie {
  /** `[node << 16 ^ character, node, child]`: the key alone may be the same for two edges. */
  #edges = new Int32Array(3 << 10);
  #mask = (1 << 10) - 1;
  #nodes = 1;
  /** Per node: the value of the string that ends there, or -1. */
  #values = new Int32Array(1 << 10).fill(-1);

  static readonly ROOT = 0;

  /** Adds a string. `value` is a number of the caller's, not negative. A later value replaces an earlier. */
  add(text: string, value: number): void {
    let node = Trie.ROOT;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      const child = this.next(node, code);
      node = child >= 0 ? child : this.#grow(node, code);
    }
    this.#values[node] = value;
  }

  /** The node that `code`, a UTF-16 unit, leads to, or -1. */
  next(node: number, code: number): number {
    const edges = this.#edges;
    const key = keyOf(node, code);
    let index = spread(key) & this.#mask;
    for (;;) {
      const at = index * 3;
      const child = edges[at + 2] as number;
      if (child === 0) return -1;
      if (edges[at] === key && edges[at + 1] === node) return child;
      index = (index + 1) & this.#mask;
    }
  }

  /** The value of the string that ends at `node`, or -1. */
  valueAt(node: number): number {
    return this.#values[node] as number;
  }

  /** The value of exactly this string, or -1. */
  get(text: string): number {
    let node = Trie.ROOT;
    for (let i = 0; i < text.length && node >= 0; i++) node = this.next(node, text.charCodeAt(i));
    return node < 0 ? -1 : this.valueAt(node);
  }

  #grow(parent: number, code: number): number {
    const child = this.#nodes++;
    if (child === this.#values.length) {
      const old = this.#values;
      this.#values = new Int32Array(old.length * 2).fill(-1);
      this.#values.set(old);
    }
    if (this.#nodes * 2 > this.#mask) {
      const old = this.#edges;
      this.#mask = 2 * this.#mask + 1;
      this.#edges = new Int32Array(3 * (this.#mask + 1));
      for (let at = 0; at < old.length; at += 3) {
        if (old[at + 2] !== 0) this.#put(old[at] as number, old[at + 1] as number, old[at + 2] as number);
      }
    }
    this.#put(keyOf(parent, code), parent, child);
    return child;
  }

  #put(key: number, parent: number, child: number): void {
    let index = spread(key) & this.#mask;
    while (this.#edges[index * 3 + 2] !== 0) index = (index + 1) & this.#mask;
    this.#edges[index * 3] = key;
    this.#edges[index * 3 + 1] = parent;
    this.#edges[index * 3 + 2] = child;
  }
}

function keyOf(node: number, code: number): number {
  return (node << 16) ^ code ^ (node >>> 16);
}

function spread(key: number): number {
  const mixed = Math.imul(key, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
