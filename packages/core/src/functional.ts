/** `functional as F`: layers, activations and losses as functions, with PyTorch's names and defaults. */
import { hostArray } from './graph/host-data.js';
import { hostValue } from './graph/record.js';
import { type Shape, showShape, sizeOf } from './graph/shape.js';
import { attention } from './ops/attention.js';
import { crossEntropyRows } from './ops/cross-entropy.js';
import * as fn from './ops/functions.js';
import { embedding as embeddingOp } from './ops/indexing.js';
import { linear as linearOp } from './ops/matmul.js';
import * as normOps from './ops/norm.js';
import { defaultGenerator, dropoutMask, type Generator } from './random/index.js';
import { onesLike } from './tensor/creation.js';
import { Tensor } from './tensor/tensor.js';

const wrap = (value: Tensor['value']): Tensor => new Tensor(value);

export type Reduction = 'none' | 'mean' | 'sum';

function reduceLoss(name: string, loss: Tensor, reduction: Reduction): Tensor {
  switch (reduction) {
    case 'none':
      return loss;
    case 'mean':
      return loss.mean();
    case 'sum':
      return loss.sum();
    default:
      throw new Error(`${name}: reduction is 'none', 'mean' or 'sum', not '${String(reduction)}'`);
  }
}

// ---- layers ---------------------------------------------------------------------------------------------------------

/** x W^T + b. x [..., in], weight [out, in], bias [out] -> [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  return wrap(linearOp(x.value, weight.value, bias?.value ?? null));
}

/** Rows of `weight` [size, width] for indices of any shape (int32) -> [..., width]. */
export function embedding(index: Tensor, weight: Tensor, options: { paddingIdx?: number } = {}): Tensor {
  return wrap(embeddingOp(weight.value, index.value, options.paddingIdx ?? null));
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
}

/** Zeroes each element with probability p (0.5) and scales the rest by 1 / (1 - p); the identity outside training. */
export function dropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  const { p = 0.5, training = true } = options;
  checkProbability('dropout', p);
  if (!training || p === 0) return x;
  return x.mul(dropoutFactors(x, x.shape, p, options.generator));
}

function checkProbability(name: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new Error(`${name}: p is ${p}, but a probability lies between 0 and 1`);
}

function dropoutFactors(
  like: Tensor,
  shape: Shape,
  p: number,
  generator: Generator = defaultGenerator,
): Tensor {
  const host = hostArray('float32', sizeOf(shape)) as Float32Array;
  dropoutMask(generator, p, host);
  return wrap(hostValue(like.device, host, shape, like.dtype));
}

export interface AttentionOptions {
  /** Bool (true takes part) or float (added to the scores), broadcast to [..., queries, keys]. */
  attnMask?: Tensor | null;
  dropoutP?: number;
  /** Query i sees keys 0 ... i. */
  isCausal?: boolean;
  /** Default 1 / sqrt(head size). */
  scale?: number;
  generator?: Generator;
}

/**
 * softmax(q k^T scale + mask) v. q [..., heads, queries, size], k and v [..., keyHeads, keys, size], where keyHeads
 * divides heads (grouped-query attention). The probabilities never lie in memory.
 * https://arxiv.org/abs/1706.03762, https://arxiv.org/abs/2205.14135
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor {
  if (q.ndim < 2 || k.ndim !== q.ndim || v.ndim !== q.ndim) {
    throw new Error(
      `scaledDotProductAttention: q ${showShape(q.shape)}, k ${showShape(k.shape)}, v ${showShape(v.shape)} need one number of dimensions, at least 2`,
    );
  }
  const { attnMask = null, dropoutP = 0, isCausal = false } = options;
  checkProbability('scaledDotProductAttention', dropoutP);
  if (attnMask && isCausal) throw new Error('scaledDotProductAttention: give attnMask or isCausal, not both');
  const four = (t: Tensor): Tensor => {
    if (t.ndim === 4) return t;
    if (t.ndim < 4) return t.reshape([...new Array<number>(4 - t.ndim).fill(1), ...t.shape]);
    return t.reshape([sizeOf(t.shape.slice(0, -3)), ...t.shape.slice(-3)]);
  };
  const [q4, k4, v4] = [four(q), four(k), four(v)];
  const shape = [q4.shape[0], q4.shape[1], q4.shape[2], k4.shape[2]];
  const mask = attnMask && attnMask.ndim > 4 ? four(attnMask) : attnMask;
  const out = attention(q4.value, k4.value, v4.value, {
    mask: mask?.value ?? null,
    dropout: dropoutP > 0 ? dropoutFactors(q, shape, dropoutP, options.generator).value : null,
    causal: isCausal,
    scale: options.scale ?? 1 / Math.sqrt(q.shape[q.ndim - 1]),
  });
  return wrap(out).reshape(q.shape);
}

// ---- activations ----------------------------------------------------------------------------------------------------

export const relu = (x: Tensor): Tensor => x.relu();
export const sigmoid = (x: Tensor): Tensor => x.sigmoid();
export const tanh = (x: Tensor): Tensor => x.tanh();
/** Gaussian error linear unit; `approximate` 'none' (default) or 'tanh'. https://arxiv.org/abs/1606.08415 */
export const gelu = (x: Tensor, options: { approximate?: 'none' | 'tanh' } = {}): Tensor =>
  wrap(fn.gelu(x.value, options.approximate));
/** x * sigmoid(x). */
export const silu = (x: Tensor): Tensor => wrap(fn.silu(x.value));
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor =>
  wrap(fn.leakyRelu(x.value, negativeSlope));
export const elu = (x: Tensor, alpha = 1): Tensor => wrap(fn.elu(x.value, alpha));
export const softplus = (x: Tensor, options: { beta?: number; threshold?: number } = {}): Tensor =>
  wrap(fn.softplus(x.value, options.beta, options.threshold));
export const softmax = (x: Tensor, dim: number): Tensor => x.softmax(dim);
export const logSoftmax = (x: Tensor, dim: number): Tensor => x.logSoftmax(dim);

// ---- losses ---------------------------------------------------------------------------------------------------------

export interface CrossEntropyOptions {
  /** A weight for each class. */
  weight?: Tensor | null;
  /** Targets that do not count (default -100). */
  ignoreIndex?: number;
  labelSmoothing?: number;
  reduction?: Reduction;
}

/**
 * Cross-entropy of class scores (not probabilities) and class indices.
 *
 * @param logits [N, C], [C] or [N, C, d1, ...], float
 * @param target [N], [] or [N, d1, ...], int32
 * @returns a scalar, or the losses in the shape of the target for reduction 'none'.
 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { weight = null, ignoreIndex = -100, labelSmoothing = 0, reduction = 'mean' } = options;
  const classDim = logits.ndim === 1 ? 0 : 1;
  const classes = logits.shape[classDim];
  const last = logits.ndim > 2 ? logits.permute(0, ...range(2, logits.ndim), 1) : logits;
  const scores = last.reshape(-1, classes);
  if (
    target.numel() !== scores.shape[0] ||
    (logits.ndim > 2 && showShape(target.shape) !== showShape(last.shape.slice(0, -1)))
  ) {
    throw new Error(
      `crossEntropy: scores ${showShape(logits.shape)} and targets ${showShape(target.shape)} do not match`,
    );
  }
  const { loss, total } = crossEntropyRows(scores.value, target.reshape(-1).value, {
    weight: weight?.value ?? null,
    ignoreIndex,
    labelSmoothing,
  });
  if (reduction === 'mean') return wrap(loss).sum().div(wrap(total).sum());
  return reduceLoss('crossEntropy', wrap(loss).reshape(target.shape), reduction);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Mean squared error. */
export function mseLoss(input: Tensor, target: Tensor, options: { reduction?: Reduction } = {}): Tensor {
  sameShapes('mseLoss', input, target);
  return reduceLoss('mseLoss', input.sub(target).square(), options.reduction ?? 'mean');
}

/** Mean absolute error. */
export function l1Loss(input: Tensor, target: Tensor, options: { reduction?: Reduction } = {}): Tensor {
  sameShapes('l1Loss', input, target);
  return reduceLoss('l1Loss', input.sub(target).abs(), options.reduction ?? 'mean');
}

/** Binary cross-entropy of probabilities; logarithms are limited to -100, as in PyTorch. */
export function bceLoss(
  input: Tensor,
  target: Tensor,
  options: { weight?: Tensor | null; reduction?: Reduction } = {},
): Tensor {
  sameShapes('bceLoss', input, target);
  const yes = target.mul(input.log().clamp(-100));
  const no = onesLike(target).sub(target).mul(onesLike(input).sub(input).log().clamp(-100));
  const loss = yes.add(no).neg();
  return reduceLoss('bceLoss', options.weight ? loss.mul(options.weight) : loss, options.reduction ?? 'mean');
}

function sameShapes(name: string, input: Tensor, target: Tensor): void {
  if (showShape(input.shape) !== showShape(target.shape)) {
    throw new Error(`${name}: input ${showShape(input.shape)} and target ${showShape(target.shape)} differ`);
  }
}
