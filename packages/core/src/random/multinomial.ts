import { firstAtLeast } from './bisect.js';
import { exponential } from './exponential.js';
import type { Generator } from './generator.js';

/**
 * Draws category indices row by row, like `torch.multinomial(probs, numSamples, replacement)`.
 *
 * Without replacement every probability is divided by an exponential draw and the largest quotients win (the
 * "exponential race"); with replacement each sample is one uniform draw in the row's running sum.
 *
 * @param generator the stream
 * @param probs `rows * cols` weights in row-major order, at least 0, finite; rows need not sum to 1
 * @param rows number of distributions
 * @param cols number of categories
 * @param numSamples samples per row; without replacement at most `cols`
 * @param replacement default false, as in PyTorch
 * @returns `rows * numSamples` indices in [0, cols), in row-major order
 * @throws if a size does not fit, a weight is negative or not finite, or a row sums to 0
 *
 * Source: PyTorch `ATen/native/Distributions.cpp` (`multinomial_out`) and `ATen/native/cpu/MultinomialKernel.cpp`.
 */
export function multinomial(
  generator: Generator,
  probs: Float32Array | Float64Array,
  rows: number,
  cols: number,
  numSamples: number,
  replacement = false,
): Int32Array {
  checkSizes(probs, rows, cols, numSamples, replacement);
  checkWeights(probs, rows, cols);
  const out = new Int32Array(rows * numSamples);
  if (replacement) sampleWithReplacement(generator, probs, cols, numSamples, out);
  else sampleWithoutReplacement(generator, probs, cols, numSamples, out);
  return out;
}

function sampleWithoutReplacement(
  generator: Generator,
  probs: Float32Array | Float64Array,
  cols: number,
  numSamples: number,
  out: Int32Array,
): void {
  const keys = emptyLike(probs, probs.length);
  exponential(generator, keys);
  for (let i = 0; i < keys.length; i++) keys[i] = probs[i] / keys[i];
  for (let row = 0, at = 0; row < probs.length; row += cols, at += numSamples) {
    const rowKeys = keys.subarray(row, row + cols);
    if (numSamples === 1) out[at] = argmax(rowKeys);
    else out.set(largest(rowKeys, numSamples), at);
  }
}

function argmax(values: Float32Array | Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** Indices of the `count` largest values, in descending order of the values; of equals, the first comes first. */
function largest(values: Float32Array | Float64Array, count: number): Int32Array {
  const indices = Int32Array.from(values, (_, i) => i);
  indices.sort((a, b) => values[b] - values[a] || a - b);
  return indices.subarray(0, count);
}

function sampleWithReplacement(
  generator: Generator,
  probs: Float32Array | Float64Array,
  cols: number,
  numSamples: number,
  out: Int32Array,
): void {
  const cumulative = emptyLike(probs, cols);
  // The running sum is kept in the type of the weights: a sum in double would put samples in other categories.
  const round = probs instanceof Float32Array ? Math.fround : (x: number) => x;
  for (let row = 0, at = 0; row < probs.length; row += cols) {
    let sum = 0;
    for (let i = 0; i < cols; i++) {
      sum = round(sum + probs[row + i]);
      cumulative[i] = sum;
    }
    for (let i = 0; i < cols; i++) cumulative[i] = cumulative[i] / sum;
    cumulative[cols - 1] = 1;
    for (let s = 0; s < numSamples; s++) out[at++] = firstAtLeast(cumulative, generator.engine.uniform53());
  }
}

function emptyLike(like: Float32Array | Float64Array, length: number): Float32Array | Float64Array {
  return like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

function checkSizes(
  probs: Float32Array | Float64Array,
  rows: number,
  cols: number,
  numSamples: number,
  replacement: boolean,
): void {
  if (!Number.isSafeInteger(rows) || rows < 0 || !Number.isSafeInteger(cols) || cols < 1) {
    throw new RangeError(
      `multinomial: rows must be at least 0 and cols at least 1, got rows=${rows}, cols=${cols}`,
    );
  }
  if (probs.length !== rows * cols) {
    throw new RangeError(`multinomial: ${rows} x ${cols} weights expected, got ${probs.length}`);
  }
  if (!Number.isSafeInteger(numSamples) || numSamples < 1) {
    throw new RangeError(`multinomial: numSamples must be an integer of at least 1, got ${numSamples}`);
  }
  if (!replacement && numSamples > cols) {
    throw new RangeError(
      `multinomial: without replacement numSamples may be at most the ${cols} categories, got ${numSamples}`,
    );
  }
}

function checkWeights(probs: Float32Array | Float64Array, rows: number, cols: number): void {
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < cols; i++) {
      const weight = probs[row * cols + i];
      if (!(weight >= 0 && weight < Infinity)) {
        throw new RangeError(
          `multinomial: weights must be finite and at least 0, got ${weight} at [${row}, ${i}]`,
        );
      }
      sum += weight;
    }
    if (sum === 0) throw new RangeError(`multinomial: the weights of row ${row} sum to 0`);
  }
}
