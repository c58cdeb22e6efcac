import { byCodePoint, type Pace } from './corpus.js';

/** What learning merges needs to know. */
export interface MergeSettings {
  vocabSize: number;
  minFrequency: number;
  specialTokens: readonly string[];
  initialAlphabet: readonly string[];
  limitAlphabet: number;
  continuingSubwordPrefix: string;
  endOfWordSuffix: string;
  maxTokenLength: number;
}

/** What was learned: tokens in the order of their ids, and merges as pairs of tokens. */
export interface LearnedMerges {
  tokens: string[];
  merges: [string, string][];
}

/**
 * Learns byte-pair merges from counted words, with the results of Hugging Face's trainer: again and again the
 * most frequent pair of neighbours is merged, of equally frequent ones that with the lower ids.
 *
 * A pair waits in a queue together with the words it was found in. Its count may have changed when its turn
 * comes; then it goes back with the right one. A pair that turns up in new words later gets a second entry,
 * with these words alone. That is what the reference does, so a pair can be merged twice; the later merge
 * stands.
 */
export async function learnMerges(
  counts: ReadonlyMap<string, number>,
  settings: MergeSettings,
  pace: Pace,
): Promise<LearnedMerges> {
  const { vocabSize, minFrequency, continuingSubwordPrefix: prefix } = settings;
  const tokens: string[] = [];
  const ids = new Map<string, number>();
  const idOf = (token: string): number => {
    let id = ids.get(token);
    if (id === undefined) {
      id = tokens.length;
      tokens.push(token);
      ids.set(token, id);
    }
    return id;
  };
  for (const token of settings.specialTokens) idOf(token);
  for (const character of alphabetOf(counts, settings)) idOf(character);

  const words = new Words(counts, ids, idOf, settings);
  const pairs = new Pairs();
  const queue = new Queue();
  /** Length of each token in its first symbols. */
  const lengths: number[] = [];
  const lengthOf = (id: number) => lengths[id] ?? 1;

  for (let word = 0; word < words.count; word++) {
    words.forPairs(word, (left, right) => pairs.change(left, right, words.frequency[word] as number, word));
    await pace.step('count pairs', word, words.count);
  }
  pairs.flush(queue);

  const merges: [string, string][] = [];
  while (tokens.length < vocabSize) {
    const top = queue.pop();
    if (!top) break;
    const count = pairs.counts[top.pair] as number;
    if (top.count !== count) {
      top.count = count;
      queue.push(top);
      continue;
    }
    if (count < 1 || minFrequency > count) break;
    const { left, right } = top;
    const first = tokens[left] as string;
    const second = tokens[right] as string;
    const merged = idOf(
      first + (prefix !== '' && second.startsWith(prefix) ? second.slice(prefix.length) : second),
    );
    lengths[merged] = lengthOf(left) + lengthOf(right);
    merges.push([first, second]);
    for (const word of top.words)
      words.merge(word, left, right, merged, settings.maxTokenLength, lengthOf, pairs);
    pairs.flush(queue);
    await pace.step('merge', tokens.length, vocabSize);
  }
  return { tokens, merges: lastOfEach(merges) };
}

/** The characters of the words, or the most frequent of them, by code point. */
function alphabetOf(counts: ReadonlyMap<string, number>, settings: MergeSettings): string[] {
  const frequency = new Map<string, number>();
  for (const [word, count] of counts) {
    for (const character of word) frequency.set(character, (frequency.get(character) ?? 0) + count);
  }
  for (const character of settings.initialAlphabet) frequency.set(character, Number.POSITIVE_INFINITY);
  let kept = [...frequency];
  if (kept.length > settings.limitAlphabet) {
    kept = kept
      .sort(([a, m], [b, n]) => (m === n ? byCodePoint(a, b) : n - m))
      .slice(0, settings.limitAlphabet);
  }
  return kept.map(([character]) => character).sort(byCodePoint);
}

function lastOfEach(merges: readonly [string, string][]): [string, string][] {
  const seen = new Set<string>();
  return [...merges]
    .reverse()
    .filter(([a, b]) => {
      const key = `${a.length} ${a}${b}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .reverse();
}

/** All words as runs of token ids in one array; merging shortens a run in place. */
class Words {
  readonly count: number;
  readonly frequency: Float64Array;
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  readonly #symbols: Int32Array;

  constructor(
    counts: ReadonlyMap<string, number>,
    ids: ReadonlyMap<string, number>,
    idOf: (token: string) => number,
    { continuingSubwordPrefix: prefix, endOfWordSuffix: suffix }: MergeSettings,
  ) {
    this.count = counts.size;
    this.frequency = new Float64Array(counts.size);
    this.#starts = new Int32Array(counts.size);
    this.#lengths = new Int32Array(counts.size);
    let total = 0;
    for (const word of counts.keys()) total += word.length;
    this.#symbols = new Int32Array(total);

    if (prefix !== '' || suffix !== '') {
      // Numbered by code point rather than as they come, so that the order of the corpus does not matter.
      const marked = new Set<string>();
      for (const word of counts.keys())
        for (const symbol of symbolsOf(word, ids, prefix, suffix)) marked.add(symbol);
      for (const symbol of [...marked].sort(byCodePoint)) idOf(symbol);
    }
    let at = 0;
    let index = 0;
    for (const [word, count] of counts) {
      this.frequency[index] = count;
      this.#starts[index] = at;
      for (const symbol of symbolsOf(word, ids, prefix, suffix))
        this.#symbols[at++] = ids.get(symbol) as number;
      this.#lengths[index] = at - (this.#starts[index] as number);
      index++;
    }
  }

  forPairs(word: number, visit: (left: number, right: number) => void): void {
    const start = this.#starts[word] as number;
    const end = start + (this.#lengths[word] as number);
    for (let i = start; i + 1 < end; i++) visit(this.#symbols[i] as number, this.#symbols[i + 1] as number);
  }

  /** Merges `left right` in a word, from its start on, and counts what that changes about its pairs. */
  merge(
    word: number,
    left: number,
    right: number,
    merged: number,
    maxLength: number,
    lengthOf: (id: number) => number,
    pairs: Pairs,
  ): void {
    const symbols = this.#symbols;
    const frequency = this.frequency[word] as number;
    const start = this.#starts[word] as number;
    const end = start + (this.#lengths[word] as number);
    const limited = maxLength !== Number.POSITIVE_INFINITY;
    let to = start;
    for (let from = start; from < end; from++) {
      const symbol = symbols[from] as number;
      if (symbol !== left || from + 1 >= end || symbols[from + 1] !== right) {
        symbols[to++] = symbol;
        continue;
      }
      if (to > start) {
        const before = symbols[to - 1] as number;
        pairs.change(before, left, -frequency, -1);
        if (!limited || lengthOf(before) + lengthOf(merged) < maxLength)
          pairs.change(before, merged, frequency, word);
      }
      symbols[to++] = merged;
      from++;
      if (from + 1 < end) {
        const after = symbols[from + 1] as number;
        pairs.change(right, after, -frequency, -1);
        if (!limited || lengthOf(after) + lengthOf(merged) < maxLength)
          pairs.change(merged, after, frequency, word);
      }
    }
    this.#lengths[word] = to - start;
  }
}

/** A word's first symbols: its characters, as far as they are in the alphabet, with prefix and suffix. */
function* symbolsOf(
  word: string,
  ids: ReadonlyMap<string, number>,
  prefix: string,
  suffix: string,
): Generator<string> {
  if (prefix === '' && suffix === '') {
    for (const character of word) if (ids.has(character)) yield character;
    return;
  }
  const characters = Array.from(word);
  for (const [i, character] of characters.entries()) {
    if (!ids.has(character)) continue;
    yield (i > 0 ? prefix : '') + character + (i === characters.length - 1 ? suffix : '');
  }
}

/** How often each pair of neighbours occurs, and in which words it has turned up since the last `flush`. */
class Pairs {
  readonly counts: number[] = [];
  /** Open addressing: left + 1, right and number of each pair. 0 in the first field marks a free slot. */
  #slots = new Int32Array(3 << 12);
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  #words: (number[] | undefined)[] = [];
  #fresh: number[] = [];

  /** Adds to a pair's count; `word` is where it turned up, or -1 where it went away. */
  change(left: number, right: number, by: number, word: number): void {
    const pair = this.#numberOf(left, right);
    this.counts[pair] = (this.counts[pair] as number) + by;
    if (word < 0) return;
    const words = this.#words[pair];
    if (!words) {
      this.#words[pair] = [word];
      this.#fresh.push(pair);
    } else if (words[words.length - 1] !== word) {
      words.push(word);
    }
  }

  #numberOf(left: number, right: number): number {
    const slots = this.#slots;
    const mask = slots.length / 3 - 1;
    let index = spread(left, right) & mask;
    for (; slots[index * 3] !== 0; index = (index + 1) & mask) {
      if (slots[index * 3] === left + 1 && slots[index * 3 + 1] === right)
        return slots[index * 3 + 2] as number;
    }
    const pair = this.counts.length;
    slots.set([left + 1, right, pair], index * 3);
    this.counts.push(0);
    this.#left.push(left);
    this.#right.push(right);
    if (2 * pair > mask) this.#grow();
    return pair;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length);
    const mask = this.#slots.length / 3 - 1;
    for (let at = 0; at < old.length; at += 3) {
      if (old[at] === 0) continue;
      let index = spread((old[at] as number) - 1, old[at + 1] as number) & mask;
      while (this.#slots[index * 3] !== 0) index = (index + 1) & mask;
      this.#slots.set(old.subarray(at, at + 3), index * 3);
    }
  }

  /** Enters the pairs that turned up into the queue. */
  flush(queue: Queue): void {
    for (const pair of this.#fresh) {
      const words = this.#words[pair] as number[];
      this.#words[pair] = undefined;
      const count = this.counts[pair] as number;
      if (count > 0)
        queue.push({
          pair,
          left: this.#left[pair] as number,
          right: this.#right[pair] as number,
          count,
          words,
        });
    }
    this.#fresh = [];
  }
}

function spread(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

interface Entry {
  readonly pair: number;
  readonly left: number;
  readonly right: number;
  count: number;
  readonly words: readonly number[];
}

/** A binary heap: the highest count first, among equals the lower ids. */
class Queue {
  readonly #items: Entry[] = [];

  push(entry: Entry): void {
    const items = this.#items;
    let i = items.length;
    items.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!comesBefore(entry, items[parent] as Entry)) break;
      items[i] = items[parent] as Entry;
      i = parent;
    }
    items[i] = entry;
  }

  pop(): Entry | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (!last || items.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && comesBefore(items[child + 1] as Entry, items[child] as Entry)) child++;
      if (!comesBefore(items[child] as Entry, last)) break;
      items[i] = items[child] as Entry;
      i = child;
    }
    items[i] = last;
    return top;
  }
}

function comesBefore(a: Entry, b: Entry): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.left !== b.left ? a.left < b.left : a.right < b.right;
}
