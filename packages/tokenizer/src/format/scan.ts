import { Vocab } from '../model/vocab.js';

const [QUOTE, COMMA, ZERO, COLON, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = [
  0x22, 0x2c, 0x30, 0x3a, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d,
];

/** Something that only the general parser can read, or name the fault of. */
class Unexpected extends Error {}

/**
 * The content of a `tokenizer.json` with a BPE model: what `JSON.parse` gives, but with the vocabulary as a `Vocab`
 * and the merges as numbers. In a large file these two are all but everything, and making an object for each of
 * their entries, only to take it apart again, would be most of the time to load it.
 *
 * @returns `undefined` for any file that is not as expected: the caller then parses it as a whole, which also finds
 *   the words for what is wrong with it.
 */
export function scanBPE(bytes: Uint8Array): unknown {
  try {
    return new Scan(bytes).file();
  } catch (error) {
    if (error instanceof Unexpected) return undefined;
    throw error;
  }
}

class Scan {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** The last string: where it lies, in the file or, if it had escapes, in memory of its own. */
  #source: Uint8Array;
  #from = 0;
  #to = 0;
  /** What is to be left out for the general parser: vocabulary and merges. */
  readonly #gaps: number[] = [];
  #vocab: Vocab | undefined;
  #merges: Int32Array | undefined;
  #isBPE = false;
  #models = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = this.#source = bytes;
  }

  file(): unknown {
    this.#object((key) => (key === 'model' ? this.#model() : this.#skip()));
    const { model, ...rest } = this.#others();
    if (!this.#merges || model?.vocab !== 0 || model.merges !== 0 || model.continuing_subword_prefix)
      throw new Unexpected();
    // Of a key that comes twice the last counts.
    if (model.type !== 'BPE' || this.#models !== 1) throw new Unexpected();
    return { ...rest, model: { ...model, vocab: this.#vocab, merges: this.#merges } };
  }

  /** The file with a 0 in place of each gap, parsed. */
  #others(): { model?: Record<string, unknown> } {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const text = (from: number, to?: number) => decoder.decode(this.#bytes.subarray(from, to));
    const [a, b, c, d] = this.#gaps;
    try {
      decoder.decode(this.#vocab?.letters);
      return JSON.parse(`${text(0, a)}0${text(b as number, c)}0${text(d as number)}`);
    } catch {
      throw new Unexpected();
    }
  }

  #model(): void {
    this.#models++;
    this.#object((key) => {
      const from = this.#next();
      if (key === 'vocab' && this.#isBPE && !this.#vocab) this.#vocab = this.#readVocab();
      else if (key === 'merges' && this.#vocab && !this.#merges) this.#merges = this.#readMerges(this.#vocab);
      else {
        this.#skip();
        const value = this.#bytes.subarray(from, this.#at);
        if (key === 'type') this.#isBPE = new TextDecoder().decode(value).trim() === '"BPE"';
        return;
      }
      this.#gaps.push(from, this.#at);
    });
  }

  /** Moves over white space to what follows; returns where that is. */
  #next(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; )
      byte = bytes[++at];
    this.#at = at;
    return at;
  }

  #peek(): number | undefined {
    return this.#bytes[this.#next()];
  }

  #expect(byte: number): void {
    if (this.#peek() !== byte) throw new Unexpected();
    this.#at++;
  }

  /** Whether another entry follows in a list or an object that ends with `close`. */
  #more(close: number, isFirst: boolean): boolean {
    const byte = this.#peek();
    if (byte === close) {
      this.#at++;
      return false;
    }
    if (!isFirst) this.#expect(COMMA);
    return true;
  }

  #object(visit: (key: string) => void): void {
    this.#expect(OPEN);
    for (let first = true; this.#more(CLOSE, first); first = false) {
      this.#string();
      const key = new TextDecoder().decode(this.#source.subarray(this.#from, this.#to));
      this.#expect(COLON);
      visit(key);
    }
  }

  /** Moves over a value of any kind. */
  #skip(): void {
    const bytes = this.#bytes;
    let depth = 0;
    do {
      const byte = this.#peek();
      if (byte === undefined) throw new Unexpected();
      if (byte === QUOTE) {
        this.#string();
        continue;
      }
      if (byte === OPEN || byte === OPEN_LIST) depth++;
      if (byte === CLOSE || byte === CLOSE_LIST) depth--;
      this.#at++;
      // A number or a word, whose end is what cannot be part of it.
      if (depth === 0) while (/[\w.+-]/.test(String.fromCharCode(bytes[this.#at] ?? 0))) this.#at++;
    } while (depth > 0);
  }

  #string(): void {
    this.#expect(QUOTE);
    const bytes = this.#bytes;
    let at = this.#at;
    this.#source = bytes;
    this.#from = at;
    for (;;) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        // The rest is rare: some whitespace, quotes, and files that write all but ASCII as escapes.
        at = this.#escaped(at);
        return;
      }
      if (!(byte >= 0x20)) throw new Unexpected();
      at++;
    }
    this.#to = at;
    this.#at = at + 1;
  }

  #escaped(at: number): number {
    const bytes = this.#bytes;
    while (bytes[at] !== QUOTE) {
      if (at >= bytes.length) throw new Unexpected();
      at += bytes[at] === BACKSLASH ? 2 : 1;
    }
    let text: string;
    try {
      text = JSON.parse(new TextDecoder().decode(bytes.subarray(this.#from - 1, at + 1)));
    } catch {
      throw new Unexpected();
    }
    // What UTF-8 cannot hold is left to the general parser.
    if (/[\ud800-\udfff]/u.test(text)) throw new Unexpected();
    this.#source = new TextEncoder().encode(text);
    this.#from = 0;
    this.#to = this.#source.length;
    this.#at = at + 1;
    return at;
  }

  #readVocab(): Vocab {
    const bytes = this.#bytes;
    const vocab = new Vocab(bytes.length >> 6);
    // An entry takes five bytes at least, so this bounds what a file can claim; the true bound is looked at below.
    const limit = bytes.length;
    this.#expect(OPEN);
    for (let first = true; this.#more(CLOSE, first); first = false) {
      this.#string();
      this.#expect(COLON);
      let at = this.#next();
      const start = at;
      let id = 0;
      for (let digit = 0; (digit = (bytes[at] as number) - ZERO) >= 0 && digit < 10; at++)
        id = 10 * id + digit;
      const isNumber = at > start && (at === start + 1 || bytes[start] !== ZERO);
      if (!isNumber || id >= limit || (vocab.starts[id] ?? -1) >= 0) throw new Unexpected();
      this.#at = at;
      if (!vocab.add(this.#source, this.#from, this.#to, id)) throw new Unexpected();
    }
    if (vocab.length > 2 * vocab.size + 0x10000) throw new Unexpected();
    return vocab;
  }

  /** `[left, right, merged]` of each merge. */
  #readMerges(vocab: Vocab): Int32Array {
    let merges = new Int32Array(3 * vocab.size);
    const joined: number[] = [];
    const { letters, starts, ends } = vocab;
    let n = 0;
    let guess = -1;
    this.#expect(OPEN_LIST);
    for (let first = true; this.#more(CLOSE_LIST, first); first = false) {
      let left: number;
      let right: number;
      if (this.#peek() === OPEN_LIST) {
        this.#at++;
        left = this.#token(vocab);
        this.#expect(COMMA);
        right = this.#token(vocab);
        this.#expect(CLOSE_LIST);
      } else {
        this.#string();
        const space = this.#source.indexOf(0x20, this.#from);
        const second = this.#source.indexOf(0x20, space + 1);
        if (space <= this.#from || space >= this.#to || (second >= 0 && second < this.#to))
          throw new Unexpected();
        left = vocab.find(this.#source, this.#from, space);
        right = vocab.find(this.#source, space + 1, this.#to);
      }
      if (left < 0 || right < 0) throw new Unexpected();
      // Most vocabularies are numbered in the order of their merges, so the next id is a good guess.
      guess++;
      let length = 0;
      for (let at = starts[left] as number; at < (ends[left] as number); at++)
        joined[length++] = letters[at] as number;
      for (let at = starts[right] as number; at < (ends[right] as number); at++)
        joined[length++] = letters[at] as number;
      if (!vocab.reads(guess, joined, 0, length)) guess = vocab.find(joined, 0, length);
      if (guess < 0) throw new Unexpected();
      if (n + 3 > merges.length) {
        const larger = new Int32Array(2 * n + 3);
        larger.set(merges);
        merges = larger;
      }
      merges[n++] = left;
      merges[n++] = right;
      merges[n++] = guess;
    }
    return merges.subarray(0, n);
  }

  #token(vocab: Vocab): number {
    this.#string();
    return vocab.find(this.#source, this.#from, this.#to);
  }
}
