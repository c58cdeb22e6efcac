import { describeValue, TokenizerError } from '../error.js';
import { asArray, asBoolean, asObject, fail } from '../format/check.js';
import type { JSONPart } from '../format/json.js';
import { utf8Of } from './byte-alphabet.js';
import type { Ids } from './ids.js';
import type { Model, Spans } from './model.js';
import { Trie } from './trie.js';
import { Vocab } from './vocab.js';
import { WordCache } from './word-cache.js';

/** How much worse than the worst piece an unknown character is; SentencePiece's `kUnkPenalty`. */
const UNKNOWN_PENALTY = 10;

/** In place of a piece's id: no piece ends here; a character that is in no piece. */
const NONE = -1;
const UNKNOWN = -2;

/** What a Unigram model may be told. */
export interface UnigramOptions {
  /** The id that stands for unknown characters. Default: none, and such a character is an error. */
  unkId?: number | undefined;
  /** Unknown characters as the tokens `<0x00>` ... `<0xFF>` of their bytes. Default: false. */
  byteFallback?: boolean;
}

/**
 * The unigram language model of SentencePiece: of all ways to cut a word into pieces, the one whose
 * log-probabilities add up highest, found by Viterbi's algorithm. (Kudo: "Subword Regularization", 2018.)
 */
export class Unigram implements Model {
  readonly vocab: Vocab;
  /** The log-probability of each piece. */
  readonly scores: Float64Array;
  readonly unkId: number | undefined;
  readonly byteFallback: boolean;
  readonly #trie = new Trie();
  readonly #unknownScore: number;
  readonly #lengths: Int32Array;
  readonly #cache = new WordCache();
  /** One less than a power of two that is above every piece's length. */
  #reach = 1;
  /**
   * Scratch for Viterbi, by end of piece: best score, and which piece it is. Scores are wanted no further back
   * than the longest piece, so they lie in a ring.
   */
  readonly #best: Float64Array;
  #piece = new Int32Array(256);

  /** @param pieces each with its log-probability, in the order of ids. */
  constructor(pieces: readonly (readonly [string, number])[], options: UnigramOptions = {}) {
    this.vocab = new Vocab();
    this.scores = new Float64Array(pieces.length);
    this.#lengths = new Int32Array(pieces.length);
    this.unkId = options.unkId;
    this.byteFallback = options.byteFallback ?? false;
    if (this.unkId !== undefined && !(this.unkId >= 0 && this.unkId < pieces.length)) {
      throw new TokenizerError(
        `Unigram: unkId must be the id of one of the ${pieces.length} pieces, but is ${this.unkId}.`,
      );
    }
    let lowest = Number.POSITIVE_INFINITY;
    for (const [id, [piece, score]] of pieces.entries()) {
      this.vocab.set(piece, id);
      this.scores[id] = score;
      this.#lengths[id] = piece.length;
      if (score < lowest) lowest = score;
      if (piece !== '') this.#trie.add(piece, id);
      while (this.#reach <= piece.length) this.#reach = 2 * this.#reach + 1;
    }
    this.#best = new Float64Array(this.#reach + 1);
    this.#unknownScore = lowest - UNKNOWN_PENALTY;
  }

  encode(text: string, start: number, end: number, ids: Ids): void {
    const short = end - start <= WordCache.MAX_WORD;
    if (short && this.#cache.get(text, start, end, ids)) return;
    const from = ids.length;
    this.encodeSpans(text, start, end, ids);
    if (short) this.#cache.put(text, start, end, ids, from);
  }

  encodeSpans(text: string, start: number, end: number, ids: Ids, spans?: Spans): void {
    this.#findBest(text, start, end);
    const piece = this.#piece;
    // Back along the best path. It is moved to the end of the scratch, where it lies in order.
    const length = end - start;
    let first = length + 1;
    for (let at = length; at > 0; ) {
      const id = piece[at] as number;
      at -= this.#widthOf(id, text, start + at);
      piece[--first] = id;
    }
    ids.reserve(length + 1 - first);
    let at = start;
    for (let i = first; i <= length; ) {
      const id = piece[i++] as number;
      let stop = at + this.#widthAt(id, text, at);
      if (!this.#isUnknown(id)) {
        ids.push(id);
        spans?.push(at, stop);
      } else {
        // Neighbouring unknown characters make one unknown piece.
        while (i <= length && this.#isUnknown(piece[i] as number))
          stop += this.#widthAt(piece[i++] as number, text, stop);
        this.#pushUnknown(text, at, stop, ids, spans);
      }
      at = stop;
    }
    // Lets go of what a huge word took.
    if (piece.length > 1 << 16) this.#piece = new Int32Array(256);
  }

  #isUnknown(id: number): boolean {
    return id === UNKNOWN || id === this.unkId;
  }

  /** The length of a piece that ends at `end`. */
  #widthOf(id: number, text: string, end: number): number {
    if (id !== UNKNOWN) return this.#lengths[id] as number;
    const isPair =
      (text.charCodeAt(end - 1) & 0xfc00) === 0xdc00 && (text.codePointAt(end - 2) ?? 0) > 0xffff;
    return isPair ? 2 : 1;
  }

  /** The length of a piece that starts at `start`. */
  #widthAt(id: number, text: string, start: number): number {
    if (id !== UNKNOWN) return this.#lengths[id] as number;
    return (text.codePointAt(start) as number) > 0xffff ? 2 : 1;
  }

  #pushUnknown(text: string, start: number, end: number, ids: Ids, spans: Spans | undefined): void {
    const known = this.vocab.get(text.slice(start, end));
    const bytes: number[] = [];
    if (known === undefined && this.byteFallback) utf8Of(text, start, end, bytes);
    const byteIds = bytes.map((byte) =>
      this.vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
    const all =
      byteIds.length > 0 && !byteIds.includes(undefined)
        ? (byteIds as number[])
        : [known ?? (this.unkId as number)];
    for (const id of all) {
      ids.push(id);
      spans?.push(start, end);
    }
  }

  /** Fills the scratch: for each end of a piece, the best way there. */
  #findBest(text: string, start: number, end: number): void {
    const length = end - start;
    if (length >= this.#piece.length) this.#piece = new Int32Array(length + 1);
    const best = this.#best;
    const reach = this.#reach;
    const piece = this.#piece;
    const trie = this.#trie;
    piece.fill(NONE, 0, length + 1);
    best[0] = 0;
    for (let i = 0; i < length; ) {
      const score = best[i & reach] as number;
      const code = text.codePointAt(start + i) as number;
      const width = code > 0xffff && i + 1 < length ? 2 : 1;
      let single = false;
      for (let k = i, node = Trie.ROOT; k < length; ) {
        node = trie.next(node, text.charCodeAt(start + k++));
        if (node < 0) break;
        const id = trie.valueAt(node);
        if (id < 0) continue;
        const total = (this.scores[id] as number) + score;
        if (piece[k] === NONE || total > (best[k & reach] as number)) {
          best[k & reach] = total;
          piece[k] = id;
        }
        if (k === i + width) single = true;
      }
      if (!single) {
        const k = i + width;
        const total = this.#unknownScore + score;
        if (piece[k] === NONE || total > (best[k & reach] as number)) {
          if (this.unkId === undefined) {
            throw new TokenizerError(
              `Unigram: the character ${describeValue(text.slice(start + i, start + k))} is in no piece, and the model has no unkId.`,
            );
          }
          best[k & reach] = total;
          piece[k] = UNKNOWN;
        }
      }
      i += width;
    }
  }

  toJSON(): JSONPart {
    return {
      type: 'Unigram',
      unk_id: this.unkId ?? null,
      vocab: this.vocab.tokens.map((token, id) => [token as string, this.scores[id] as number]),
      byte_fallback: this.byteFallback,
    };
  }

  static fromJSON(json: unknown): Unigram {
    const model = asObject(json, 'model');
    const pieces = asArray(model.vocab, 'model.vocab').map((entry, i): [string, number] => {
      if (Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number')
        return [entry[0], entry[1]];
      return fail(`model.vocab[${i}]`, 'a piece and its score', entry);
    });
    const unkId = model.unk_id ?? undefined;
    if (unkId !== undefined && typeof unkId !== 'number') fail('model.unk_id', 'a number or null', unkId);
    return new Unigram(pieces, {
      unkId,
      byteFallback: asBoolean(model.byte_fallback, 'model.byte_fallback', false),
    });
  }
}
