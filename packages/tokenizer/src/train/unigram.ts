import { TokenizerError } from '../error.js';
import { allKinds } from '../kinds/all.js';
import { Unigram } from '../model/unigram.js';
import { PipelineTokenizer } from '../pipeline/batches.js';
import {
  addedTokens,
  byCodePoint,
  type Corpus,
  countWords,
  Pace,
  type TrainOptions,
  vocabSizeOf,
} from './corpus.js';
import { Lattice, PieceSet } from './lattice.js';
import { repeatedSubstrings } from './suffixes.js';

/** What `trainUnigram` may be told; the names and defaults are those of Hugging Face's `UnigramTrainer`. */
export interface UnigramTrainOptions extends TrainOptions {
  /** Longest piece, in characters. Default: 16. */
  maxPieceLength?: number;
  /** How much of the pieces to keep in each round. Default: 0.75. */
  shrinkingFactor?: number;
  /** Rounds of expectation and maximisation before each pruning. Default: 2. */
  nSubIterations?: number;
  /** How many pieces to start from. Default: 1,000,000. */
  seedSize?: number;
  /** Stands for unknown characters. Default: `<unk>`; `null` for none. */
  unkToken?: string | null;
}

interface Piece {
  text: string;
  score: number;
}

interface Word {
  text: string;
  count: number;
}

/** The piece that stands for unknown characters while training. It leaves no trace in the result. */
const UNKNOWN: Piece = { text: '<UNK>', score: Number.NaN };

/** A piece expected less often than this is dropped. */
const LEAST_EXPECTED = 0.5;

/**
 * Learns a unigram vocabulary: from many pieces, those without which the corpus would become least likely.
 * (Kudo: "Subword Regularization", 2018; the details are those of SentencePiece and Hugging Face's trainer.)
 * The same corpus and settings give the same tokenizer on every machine.
 *
 * @example
 * ```ts
 * const tokenizer = await trainUnigram(lines, { vocabSize: 8000, specialTokens: ['<unk>', '</s>'] });
 * ```
 */
export async function trainUnigram(
  corpus: Corpus,
  options: UnigramTrainOptions = {},
): Promise<PipelineTokenizer> {
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
  const settings: UnigramTrainOptions = { preTokenizer: metaspace, decoder: metaspace, ...options };
  const vocabSize = vocabSizeOf(settings, 8000);
  const { shrinkingFactor = 0.75, nSubIterations = 2, unkToken = '<unk>' } = settings;
  if (!(shrinkingFactor > 0 && shrinkingFactor < 1)) {
    throw new TokenizerError(`Training: shrinkingFactor must be between 0 and 1, but is ${shrinkingFactor}.`);
  }
  const pace = new Pace(settings);
  const counts = await countWords(corpus, settings, pace);
  const words = [...counts]
    .map(([text, count]) => ({ text, count }))
    .sort((a, b) => byCodePoint(a.text, b.text));
  const required = requiredCharacters(words, settings.initialAlphabet ?? []);
  if (required.length > vocabSize) {
    throw new TokenizerError(
      `Training: vocabSize is ${vocabSize}, but the corpus has ${required.length} different characters, which must all be in it.`,
    );
  }

  let pieces = [UNKNOWN, ...seedPieces(words, settings)];
  await pace.step('find pieces', 1, 1);
  // A little more than asked for, so that the last cut goes by score.
  const desired = Math.floor((vocabSize * 11) / 10);
  for (let round = 0; ; round++) {
    for (let i = 0; i < nSubIterations; i++) {
      pieces = await estimate(pieces, words, pace, round);
    }
    if (pieces.length <= desired) break;
    pieces = await prune(
      pieces,
      words,
      Math.max(desired, Math.floor(pieces.length * shrinkingFactor)),
      pace,
      round,
    );
  }
  return finish(pieces, required, vocabSize, unkToken, settings);
}

function requiredCharacters(words: readonly Word[], alphabet: Iterable<string>): string[] {
  const characters = new Set<string>(alphabet);
  for (const { text } of words) for (const character of text) characters.add(character);
  return [...characters].sort(byCodePoint);
}

/** All characters, and the repeated substrings that cover most. */
function seedPieces(
  words: readonly Word[],
  { maxPieceLength = 16, seedSize = 1_000_000 }: UnigramTrainOptions,
): Piece[] {
  const characters = new Map<string, number>();
  for (const { text, count } of words) {
    for (const character of text)
      if (character !== '\0') characters.set(character, (characters.get(character) ?? 0) + count);
  }
  const byScore = (a: Piece, b: Piece) => b.score - a.score || byCodePoint(b.text, a.text);
  const seeds = [...characters].map(([text, score]) => ({ text, score })).sort(byScore);
  const substrings: Piece[] = [];
  repeatedSubstrings(
    words.map(({ text }) => text),
    maxPieceLength,
    (text, count) => substrings.push({ text, score: count * Array.from(text).length }),
  );
  substrings.sort(byScore);
  for (const piece of substrings) {
    if (seeds.length >= seedSize) break;
    seeds.push(piece);
  }
  const sum = Math.log(seeds.reduce((total, piece) => total + piece.score, 0));
  return seeds.map(({ text, score }) => ({ text, score: Math.log(score) - sum }));
}

function pieceSet(pieces: readonly Piece[]): PieceSet {
  return new PieceSet(
    pieces.map(({ text }) => text),
    pieces.map(({ score }) => score),
  );
}

/** One round of expectation and maximisation, with the sparse prior of variational Bayes (Liang and Klein 2007). */
async function estimate(
  pieces: readonly Piece[],
  words: readonly Word[],
  pace: Pace,
  round: number,
): Promise<Piece[]> {
  const lattice = new Lattice(pieceSet(pieces));
  const expected = new Float64Array(pieces.length);
  for (const word of words) {
    lattice.fill(word.text);
    lattice.addExpected(word.count, expected);
    await pace.step('estimate', round, 0);
  }
  const kept: Piece[] = [];
  let sum = 0;
  for (const [id, { text }] of pieces.entries()) {
    const count = expected[id] as number;
    if (id === 0) kept.push(UNKNOWN);
    else if (count >= LEAST_EXPECTED) {
      kept.push({ text, score: count });
      sum += count;
    }
  }
  const logSum = digamma(sum);
  return kept.map(({ text, score }) => ({ text, score: digamma(score) - logSum }));
}

function digamma(x: number): number {
  let result = 0;
  let at = x;
  for (; at < 7; at++) result -= 1 / at;
  at -= 0.5;
  const square = 1 / (at * at);
  return (
    result +
    Math.log(at) +
    square / 24 -
    (7 / 960) * square ** 2 +
    (31 / 8064) * square ** 3 -
    (127 / 30720) * square ** 4
  );
}

/** Keeps the `size` pieces whose loss would make the corpus least likely. */
async function prune(
  pieces: readonly Piece[],
  words: readonly Word[],
  size: number,
  pace: Pace,
  round: number,
): Promise<Piece[]> {
  const lattice = new Lattice(pieceSet(pieces));
  // What each piece would be replaced by: the best way to write it without itself.
  const alternatives: (number[] | undefined)[] = [];
  const keep = new Uint8Array(pieces.length).fill(1);
  for (let id = 1; id < pieces.length; id++) {
    lattice.fill((pieces[id] as Piece).text);
    const best = lattice.best() as number[];
    if (best.length >= 2) {
      keep[id] = 0;
      continue;
    }
    alternatives[id] = lattice.best(lattice.wholeEdge());
    await pace.step('estimate', round, 0);
  }

  const frequency = new Float64Array(pieces.length);
  /** How often the words that a piece occurs in occur, once for each place. */
  const within = new Float64Array(pieces.length);
  let total = 0;
  for (const { text, count } of words) {
    lattice.fill(text);
    total += count;
    for (const id of lattice.best() as number[]) {
      frequency[id] = (frequency[id] as number) + count;
      within[id] = (within[id] as number) + count;
    }
    await pace.step('estimate', round, 0);
  }
  const sum = frequency.reduce((all, one) => all + one, 0);
  const logSum = Math.log(sum);
  const kept: Piece[] = [pieces[0] as Piece];
  const candidates: [id: number, loss: number][] = [];
  for (let id = 1; id < pieces.length; id++) {
    const count = frequency[id] as number;
    if (count === 0 && keep[id] === 0) continue;
    const others = alternatives[id];
    if (!others || others.length === 0) {
      kept.push(pieces[id] as Piece);
      continue;
    }
    if (within[id] === 0) continue;
    // By the paper this would be the length of `others`; the reference takes the number of all pieces, which
    // protects frequent pieces, and so its vocabularies are only had this way.
    const logSumWithout = Math.log(sum + count * (pieces.length - 1));
    let logProbability = 0;
    for (const other of others)
      logProbability += Math.log((frequency[other] as number) + count) - logSumWithout;
    candidates.push([id, ((within[id] as number) / total) * (Math.log(count) - logSum - logProbability)]);
  }
  candidates.sort(([, a], [, b]) => b - a);
  for (const [id] of candidates) {
    if (kept.length === size) break;
    kept.push(pieces[id] as Piece);
  }
  return kept;
}

/** Special tokens first, then all characters and the best pieces, by score. */
function finish(
  pieces: readonly Piece[],
  required: readonly string[],
  vocabSize: number,
  unkToken: string | null,
  options: UnigramTrainOptions,
): PipelineTokenizer {
  const special = [...(options.specialTokens ?? [])];
  if (unkToken !== null && !special.includes(unkToken)) special.unshift(unkToken);
  const room = vocabSize - special.length;
  const scores = new Map(pieces.map(({ text, score }) => [text, score]));
  let lowest = Number.POSITIVE_INFINITY;
  for (const { score } of pieces) if (score < lowest) lowest = score;

  const chosen = new Map<string, number>();
  let penalty = 0;
  for (const character of required) {
    const score = scores.get(character);
    chosen.set(character, score ?? lowest + penalty);
    if (score === undefined) penalty += 0.0001;
  }
  for (const { text, score } of pieces) {
    if (chosen.size >= room) break;
    if (text !== UNKNOWN.text && !chosen.has(text)) chosen.set(text, score);
  }
  const sorted = [...chosen].sort(([, a], [, b]) => b - a);
  const vocab: [string, number][] = [...special.map((token): [string, number] => [token, 0]), ...sorted];
  return new PipelineTokenizer({
    kinds: allKinds,
    model: new Unigram(vocab, { unkId: unkToken === null ? undefined : special.indexOf(unkToken) }),
    normalizer: options.normalizer,
    preTokenizer: options.preTokenizer,
    postProcessor: options.postProcessor,
    decoder: options.decoder,
    addedTokens: addedTokens(special),
    regex: options.regex,
  });
}
