/** Layers as functions. */
import { drawnValue } from '../graph/record.js';
import { checkRng, currentRng, type Rng } from '../graph/rng-mode.js';
import { broadcastShapes, type Shape } from '../graph/shape.js';
import { reshape } from '../ops/broadcast.js';
import { cast } from '../ops/cast.js';
import { arange, full } from '../ops/create.js';
import { dropout as deviceDropout, drawSeed } from '../ops/dropout.js';
import { expectIndices, expectOneOf, expectShare, expectWhole } from '../ops/expect.js';
import { scatter } from '../ops/gather.js';
import { checkHostIndices, embedding as embeddingOp, oneHotClasses } from '../ops/indexing.js';
import { linear as linearOp } from '../ops/matmul.js';
import { named } from '../ops/named.js';
import * as normOps from '../ops/norm.js';
import { eq } from '../ops/pointwise.js';
import { type PadMode, pad as padOp } from '../ops/rearrange.js';
import { defaultGenerator, dropoutMask, type Generator } from '../random/index.js';
import { Tensor } from '../tensor/tensor.js';

const wrap = (value: Tensor['value']): Tensor => new Tensor(value);

/** x W^T + b. x [..., in], weight [out, in], bias [out] -> [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  return wrap(linearOp(x.value, weight.value, bias?.value ?? null));
}

/** Rows of `weight` [size, width] for indices of any shape (int32) -> [..., width]. */
export function embedding(index: Tensor, weight: Tensor, options: { paddingIdx?: number } = {}): Tensor {
  const { paddingIdx = null } = options;
  const rows = weight.shape[0];
  if (paddingIdx !== null && !(Number.isInteger(paddingIdx) && paddingIdx >= -rows && paddingIdx < rows))
    throw new Error(`embedding: paddingIdx ${paddingIdx} is out of range for ${rows} rows`);
  const skip = paddingIdx !== null && paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  return wrap(embeddingOp(weight.value, index.value, skip));
}

/** Layer normalisation over the last dimensions, eps 1e-5. https://arxiv.org/abs/1607.06450 */
export function layerNorm(
  x: Tensor,
  normalizedShape: Shape,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  eps = 1e-5,
): Tensor {
  return wrap(normOps.layerNorm(x.value, normalizedShape, weight?.value ?? null, bias?.value ?? null, eps));
}

/** x / sqrt(mean(x^2) + eps) * weight. eps default: float32's machine epsilon. https://arxiv.org/abs/1910.07467 */
export function rmsNorm(
  x: Tensor,
  normalizedShape: Shape,
  weight: Tensor | null = null,
  eps = 2 ** -23,
): Tensor {
  return wrap(normOps.rmsNorm(x.value, normalizedShape, weight?.value ?? null, eps));
}

export interface DropoutOptions {
  p?: number;
  training?: boolean;
  generator?: Generator;
  /** Where the draws are made: see `withRng`, whose mode is the default. */
  rng?: Rng;
}

/** Zeroes each element with probability p (0.5) and scales the rest by 1 / (1 - p); the identity outside training. */
export function dropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  const { p = 0.5, training = true } = options;
  expectShare('dropout', 'p', p);
  if (!training || p === 0) return x;
  const { rng = currentRng(), generator = defaultGenerator } = options;
  return checkRng('dropout', rng) === 'device'
    ? wrap(deviceDropout(x.value, drawSeed(x.device, generator), p))
    : x.mul(dropoutFactors(x, x.shape, p, generator));
}

/** Factors of 0 and 1 / (1 - p), drawn by the host. */
export function dropoutFactors(like: Tensor, shape: Shape, p: number, generator: Generator): Tensor {
  return wrap(
    drawnValue(like.device, shape, like.dtype, (out) => dropoutMask(generator, p, out as Float32Array)),
  );
}

/**
 * One row of 0 and 1 for each index (int32): [...] makes [..., numClasses].
 * @param numClasses default: the largest index and one more, which the host must know.
 * @throws Error for a negative index or one that is not below numClasses; where only the device knows the indices, the
 * next read rejects.
 */
export function oneHot(index: Tensor, numClasses?: number): Tensor {
  expectIndices('oneHot', index.dtype);
  const classes = numClasses ?? oneHotClasses(index.value);
  expectWhole('oneHot', 'numClasses', classes);
  const column = reshape(index.value, [...index.shape, 1]);
  // Indices that the host does not know are checked as they are scattered: a row of zeros would hide a wrong one.
  if (!checkHostIndices('oneHot', index.value, classes))
    return wrap(scatter(full(index.device, [...index.shape, classes], 0, 'int32'), -1, column, 1));
  return wrap(cast(eq(column, arange(index.device, 0, 1, classes, 'int32')), 'int32'));
}

export interface PadOptions {
  /** 'constant' (default), 'reflect', 'replicate' or 'circular'. */
  mode?: PadMode;
  /** What a constant border holds (default 0). */
  value?: number;
}

/**
 * A border around the last dimensions: [before, after] of the last, then of the one before it, ...; negative sizes cut.
 * @example
 * F.pad(x, [1, 2]);                    // one column of zeros on the left, two on the right
 */
export function pad(x: Tensor, sizes: readonly number[], options: PadOptions = {}): Tensor {
  const { mode = 'constant', value = 0 } = options;
  expectOneOf('pad', 'mode', mode, ['constant', 'reflect', 'replicate', 'circular']);
  return wrap(padOp(x.value, sizes, mode, value));
}

/** x divided by its norm along a dimension. */
export function normalize(x: Tensor, options: { p?: number; dim?: number; eps?: number } = {}): Tensor {
  const { p = 2, dim = 1, eps = 1e-12 } = options;
  return named('normalize', () => x.div(x.norm(p, dim, true).clamp(eps)));
}

/** The cosine of the angle between vectors along a dimension; the other dimensions broadcast. */
export function cosineSimilarity(a: Tensor, b: Tensor, options: { dim?: number; eps?: number } = {}): Tensor {
  const { dim = 1, eps = 1e-8 } = options;
  const shape = broadcastShapes('cosineSimilarity', a.shape, b.shape);
  const unit = (t: Tensor): Tensor => t.div(t.norm(2, dim, true).clamp(eps));
  return named('cosineSimilarity', () =>
    unit(a.expand(shape))
      .mul(unit(b.expand(shape)))
      .sum(dim),
  );
}
