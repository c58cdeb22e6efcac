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

  /**
   * The pieces of the best way, last first. Without the edge `except`, if given; `undefined` if there is no way.
   *
   * Of ways that are equally good that with the earlier edge wins. In the reference implementation ways are
   * compared after the next edge's score has been added, which rounds, so near ties are compared like that.
   */
  best(except = -1): number[] | undefined {
    const into: number[][] = Array.from({ length: this.#length + 1 }, () => []);
    const back: number[] = [];
    const previous: number[] = [];
    let edge = 0;
    for (let at = 0; at < this.#length; at++) {
      const edgesIn = into[at] as number[];
      if (at > 0 && edgesIn.length === 0) {
        while (edge < this.#edges && this.#from[edge] === at) edge++;
        continue;
      }
      const top = bestOf(edgesIn, back, 0);
      const limit = (back[top] ?? 0) - 1e-9;
      const close = edgesIn.some((one) => one !== top && (back[one] as number) > limit);
      for (; edge < this.#edges && this.#from[edge] === at; edge++) {
        if (edge === except) continue;
        const score = this.#set.scoreOf(this.#piece[edge] as number);
        const before = close ? bestOf(edgesIn, back, score) : top;
        previous[edge] = before;
        back[edge] = (before < 0 ? 0 : (back[before] as number)) + score;
        (into[this.#to[edge] as number] as number[]).push(edge);
      }
    }
    const path: number[] = [];
    let last = bestOf(into[this.#length] as number[], back, 0);
    if (last < 0) return undefined;
    for (; last >= 0; last = previous[last] as number) path.push(this.#piece[last] as number);
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

/** The first of the edges whose `back` is highest once `score` is added, or -1. */
function bestOf(edges: readonly number[], back: readonly number[], score: number): number {
  let best = -1;
  let most = 0;
  for (const edge of edges) {
    const total = (back[edge] as number) + score;
    if (best < 0 || total > most) {
      best = edge;
      most = total;
    }
  }
  return best;
}

function logSum(a: number, b: number): number {
  const low = Math.min(a, b);
  const high = Math.max(a, b);
  // Beyond this the smaller one changes nothing.
  return high > low + 50 ? high : high + Math.log(Math.exp(low - high) + 1);
}
