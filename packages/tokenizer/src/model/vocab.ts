import { describeValue, TokenizerError } from '../error.js';
import { asId, asObject, fail } from '../format/check.js';

/** The tokens of a model and their ids, both ways. Ids may have gaps; no two tokens may share one. */
export class Vocab {
  /** The token of each id; `undefined` in gaps. */
  readonly tokens: (string | undefined)[] = [];
  #ids: Map<string, number> | undefined = new Map();
  /** A file's `{ token: id }`, which serves for looking up until a map is asked for: large ones take long to make. */
  #file: Record<string, unknown> = {};
  #size = 0;

  /** The id of each token. */
  get ids(): Map<string, number> {
    if (!this.#ids) {
      this.#ids = new Map();
      for (const [id, token] of this.tokens.entries()) if (token !== undefined) this.#ids.set(token, id);
      this.#file = {};
    }
    return this.#ids;
  }

  /** @throws TokenizerError where the id is taken. A token that is there already moves to the new id. */
  set(token: string, id: number): void {
    const there = this.tokens[id];
    if (there !== undefined && there !== token) {
      throw new TokenizerError(
        `Tokens ${describeValue(there)} and ${describeValue(token)} have the same id, ${id}.`,
      );
    }
    this.tokens[id] = token;
    this.ids.set(token, id);
  }

  get(token: string): number | undefined {
    if (this.#ids) return this.#ids.get(token);
    const id = this.#file[token];
    // What an object inherits is no number.
    return typeof id === 'number' ? id : undefined;
  }

  /** How many tokens there are. */
  get size(): number {
    return this.#ids?.size ?? this.#size;
  }

  /** `{ token: id }` in the order of ids, as files have it. */
  toJSON(): Record<string, number> {
    return Object.fromEntries([...this.ids].sort(([, a], [, b]) => a - b));
  }

  static fromTokens(tokens: Iterable<string>): Vocab {
    const vocab = new Vocab();
    let id = 0;
    for (const token of tokens) vocab.set(token, id++);
    return vocab;
  }

  /** Reads `{ token: id }`. @param path of the field, for errors. */
  static fromJSON(json: unknown, path: string): Vocab {
    const object = asObject(json, path);
    const tokens = Object.keys(object);
    const vocab = new Vocab();
    // A vocabulary may have gaps, but one that is nearly all gap is a mistake or an attack.
    const limit = 2 * tokens.length + 0x10000;
    const byId: (string | undefined)[] = vocab.tokens;
    for (const token of tokens) {
      const id = object[token];
      if (typeof id !== 'number' || !(id >= 0 && id < limit) || (id | 0) !== id) {
        asId(id, `${path}[${describeValue(token)}]`);
        fail(`${path}[${describeValue(token)}]`, `below ${limit}, with ${tokens.length} tokens`, id);
      }
      if (byId[id] !== undefined) {
        throw new TokenizerError(
          `tokenizer.json: ${path}: tokens ${describeValue(byId[id])} and ${describeValue(token)} have the same id, ${id}.`,
        );
      }
      byId[id] = token;
    }
    vocab.#ids = undefined;
    vocab.#file = object;
    vocab.#size = tokens.length;
    return vocab;
  }
}
