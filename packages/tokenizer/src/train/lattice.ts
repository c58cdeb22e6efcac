import { Trie } from '../model/trie.js';

/** Pieces with their log-probabilities, ready to be looked up; piece 0 stands for unknown characters. */
export class PieceSet {
  readonly pieces: readonly string[];
  readonly scores: readonly number[];
  readonly trie = new Trie();
  readonly #unknownScore: number;

  constructor(pieces: readonly string[], scores: readonly number[]) {
    this.pieces = pieces;
    this.scores = scores;
    let lowest = Number.POSITIVE_INFINITY;
    for (let id = 0; id < pieces.length; id++) {
      this.trie.add(pieces[id] as string, id);
      if ((scores[id] as number) < lowest) lowest = scores[id] as number;
    }
    this.#unknownScore = lowest - 10;
  }

  get lowest(): number {
    return this.#unknownScore + 10;
  }

  scoreOf(id: number): number {
    return id === 0 ? this.#unknownScore : (this.scores[id] as number);
  }
}

/**
 * All ways to cut one word into pieces: an edge per piece and place. Its arrays are used again for the next
 * word, so that training makes no garbage.
 */
export class Lattice {
  /** Edges by their start, from left to right: where they start and end, and their piece. */
  #edges = 0;
  #from: number[] = [];
  #to: number[] = [];
  #piece: number[] = [];
  #length = 0;
  readonly #set: PieceSet;
  readonly #best: number[] = [];
  readonly #bestEdge: number[] = [];
  readonly #alpha: number[] = [];
  readonly #beta: number[] = [];

  constructor(set: PieceSet) {
    this.#set = set;
  }

  /** Takes up a word. */
  fill(word: string): void {
    const { trie } = this.#set;
    this.#edges = 0;
    this.#length = word.length;
    for (let i = 0; i < word.length; ) {
      const width = (word.codePointAt(i) as number) > 0xffff ? 2 : 1;
      let single = false;
      for (let k = i, node = Trie.ROOT; k < word.length; ) {
        node = trie.next(node, word.charCodeAt(k++));
        if (node < 0) break;
        const id = trie.valueAt(node);
        if (id < 0) continue;
        this.#add(i, k, id);
        if (k === i + width) single = true;
      }
      if (!single) this.#add(i, i + width, 0);
      i += width;
    }
  }

  #add(from: number, to: number, piece: number): void {
    const edge = this.#edges++;
    this.#from[edge] = from;
    this.#to[edge] = to;
    this.#piece[edge] = piece;
  }

  /** The pieces of the best way, last first. Without the edge `except`, if given; `undefined` if there is no way. */
  best(except = -1): number[] | undefined {
    const best = this.#best;
    const bestEdge = this.#bestEdge;
    best.fill(Number.NEGATIVE_INFINITY, 0, this.#length + 1);
    for (let i = 0; i <= this.#length; i++) {
      best[i] = Number.NEGATIVE_INFINITY;
      bestEdge[i] = -1;
    }
    best[0] = 0;
    for (let edge = 0; edge < this.#edges; edge++) {
      if (edge === except) continue;
      const to = this.#to[edge] as number;
      const score =
        (best[this.#from[edge] as number] as number) + this.#set.scoreOf(this.#piece[edge] as number);
      if (score > (best[to] as number)) {
        best[to] = score;
        bestEdge[to] = edge;
      }
    }
    const path: number[] = [];
    for (let at = this.#length; at > 0; ) {
      const edge = bestEdge[at] as number;
      if (edge < 0) return undefined;
      path.push(this.#piece[edge] as number);
      at = this.#from[edge] as number;
    }
    return path;
  }

  /** The edge of one piece over the whole word, or -1. */
  wholeEdge(): number {
    for (let edge = 0; edge < this.#edges; edge++) {
      if (this.#from[edge] === 0 && this.#to[edge] === this.#length) return edge;
    }
    return -1;
  }

  /**
   * Adds to `expected` how often each piece occurs over all ways, each weighed by its probability (the
   * forward-backward algorithm), times `weight`. Returns the logarithm of the word's probability.
   */
  addExpected(weight: number, expected: Float64Array): number {
    const alpha = this.#alpha;
    const beta = this.#beta;
    for (let i = 0; i <= this.#length; i++) alpha[i] = beta[i] = Number.NEGATIVE_INFINITY;
    alpha[0] = 0;
    beta[this.#length] = 0;
    for (let edge = 0; edge < this.#edges; edge++) {
      const to = this.#to[edge] as number;
      const score =
        (alpha[this.#from[edge] as number] as number) + this.#set.scoreOf(this.#piece[edge] as number);
      alpha[to] = logSum(alpha[to] as number, score);
    }
    for (let edge = this.#edges - 1; edge >= 0; edge--) {
      const from = this.#from[edge] as number;
      const score =
        (beta[this.#to[edge] as number] as number) + this.#set.scoreOf(this.#piece[edge] as number);
      beta[from] = logSum(beta[from] as number, score);
    }
    const all = alpha[this.#length] as number;
    for (let edge = 0; edge < this.#edges; edge++) {
      const piece = this.#piece[edge] as number;
      const score =
        (alpha[this.#from[edge] as number] as number) +
        this.#set.scoreOf(piece) +
        (beta[this.#to[edge] as number] as number);
      expected[piece] = (expected[piece] as number) + weight * Math.exp(score - all);
    }
    return all;
  }
}

function logSum(a: number, b: number): number {
  const low = Math.min(a, b);
  const high = Math.max(a, b);
  // Beyond this the smaller one changes nothing.
  return high > low + 50 ? high : high + Math.log(Math.exp(low - high) + 1);
}
