/** What changes scores before a token is chosen. Each works in place on the scores of one text. */
import type { GenerationConfig } from './options.js';

const NEVER = Number.NEGATIVE_INFINITY;

/** Rules that hold for greedy choice, drawing and beams alike, in Hugging Face's order. */
export function applyRules(
  scores: Float32Array,
  text: readonly number[],
  newTokens: number,
  config: GenerationConfig,
): void {
  const { repetitionPenalty } = config;
  if (repetitionPenalty !== 1) {
    for (const token of new Set(text))
      scores[token] =
        scores[token] < 0 ? scores[token] * repetitionPenalty : scores[token] / repetitionPenalty;
  }
  for (const token of barredTokens(text, newTokens, config)) scores[token] = NEVER;
}

/** Tokens that rules bar from being next: an end that comes too early, the last of a run that was there before. */
export function* barredTokens(
  text: readonly number[],
  newTokens: number,
  { noRepeatNgramSize, minNewTokens, ends }: GenerationConfig,
): Generator<number> {
  if (noRepeatNgramSize > 0) yield* repeating(text, noRepeatNgramSize);
  if (newTokens < minNewTokens) yield* ends;
}

/** Whether `applyRules` changes anything. */
export function hasRules({ repetitionPenalty, noRepeatNgramSize, minNewTokens }: GenerationConfig): boolean {
  return repetitionPenalty !== 1 || noRepeatNgramSize > 0 || minNewTokens > 0;
}

/** Tokens that would make the last `size` tokens occur a second time. */
function* repeating(text: readonly number[], size: number): Generator<number> {
  const start = text.length - size + 1;
  for (let at = 0; at + size <= text.length; at++) {
    let same = true;
    for (let i = 0; same && i < size - 1; i++) same = text[at + i] === text[start + i];
    if (same) yield text[at + size - 1];
  }
}

/** Narrows a distribution for drawing: temperature, the best k, the fewest that sum to p, the probable enough. */
export function narrow(scores: Float32Array, { temperature, topK, topP, minP }: GenerationConfig): void {
  if (temperature !== 1) for (let i = 0; i < scores.length; i++) scores[i] /= temperature;
  if (topK > 0 && topK < scores.length) {
    const least = kthLargest(scores, topK);
    for (let i = 0; i < scores.length; i++) if (scores[i] < least) scores[i] = NEVER;
  }
  if (topP < 1) keepNucleus(scores, topP);
  if (minP > 0) {
    let max = NEVER;
    for (const score of scores) if (score > max) max = score;
    const least = max + Math.log(minP);
    for (let i = 0; i < scores.length; i++) if (scores[i] < least) scores[i] = NEVER;
  }
}

/** Drops the least probable tokens as long as those dropped sum to at most 1 - p; of equals the first go first. */
function keepNucleus(scores: Float32Array, p: number): void {
  const probabilities = scores.slice();
  softmax(probabilities);
  const order = Array.from(scores.keys())
    .filter((i) => probabilities[i] > 0)
    .sort((a, b) => scores[a] - scores[b] || a - b);
  let dropped = 0;
  for (const token of order.slice(0, -1)) {
    dropped += probabilities[token];
    if (dropped > 1 - p) break;
    scores[token] = NEVER;
  }
}

/** In place. */
export function softmax(values: Float32Array): void {
  let max = NEVER;
  for (const value of values) if (value > max) max = value;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i] - max);
  for (let i = 0; i < values.length; i++) values[i] /= sum;
}

/** In place. */
export function logSoftmax(values: Float32Array): void {
  let max = NEVER;
  for (const value of values) if (value > max) max = value;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - max);
  const log = max + Math.log(sum);
  for (let i = 0; i < values.length; i++) values[i] -= log;
}

/** The first of the largest. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** The k-th largest value: one pass that keeps the best k in ascending order. */
function kthLargest(values: Float32Array, k: number): number {
  const best = values.slice(0, k).sort();
  for (let i = k; i < values.length; i++) {
    const value = values[i];
    if (!(value > best[0])) continue;
    let at = 0;
    for (; at + 1 < k && best[at + 1] < value; at++) best[at] = best[at + 1];
    best[at] = value;
  }
  return best[0];
}
