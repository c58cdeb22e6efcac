/** Losses as functions. */
import { showShape } from '../graph/shape.js';
import { bce, logitsBce } from '../ops/bce.js';
import { crossEntropyRows } from '../ops/cross-entropy.js';
import { expectNumber, expectOneOf } from '../ops/expect.js';
import { checkHostIndices } from '../ops/indexing.js';
import { named } from '../ops/named.js';
import { onesLike } from '../tensor/creation.js';
import { Tensor } from '../tensor/tensor.js';

const wrap = (value: Tensor['value']): Tensor => new Tensor(value);

export type Reduction = 'none' | 'mean' | 'sum';

function reduceLoss(name: string, loss: Tensor, reduction: Reduction): Tensor {
  expectOneOf(name, 'reduction', reduction, ['none', 'mean', 'sum']);
  return reduction === 'none' ? loss : named(name, () => loss[reduction]());
}

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
 * @param target [N], [] or [N, d1, ...], int32; or probabilities in the shape of the scores
 * @returns a scalar, or the losses in the shape of the target for reduction 'none'.
 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { weight = null, ignoreIndex = -100, labelSmoothing = 0, reduction = 'mean' } = options;
  if (target.dtype !== 'int32' && showShape(target.shape) === showShape(logits.shape))
    return softCrossEntropy(logits, target, options);
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

/** Targets that are probabilities: [N, C, ...] like the scores. */
function softCrossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight = null, labelSmoothing = 0, reduction = 'mean' } = options;
  const dim = logits.ndim === 1 ? 0 : 1;
  const classes = logits.shape[dim];
  const smoothed = labelSmoothing > 0 ? target.mul(1 - labelSmoothing).add(labelSmoothing / classes) : target;
  let terms = logits.logSoftmax(dim).mul(smoothed);
  if (weight) terms = terms.mul(weight.reshape(logits.shape.map((_, i) => (i === dim ? classes : 1))));
  const loss = terms.sum(dim).neg();
  if (reduction === 'mean') return loss.sum().div(logits.numel() / classes);
  return reduceLoss('crossEntropy', loss, reduction);
}

export type NllLossOptions = Omit<CrossEntropyOptions, 'labelSmoothing'>;

/**
 * Negative log-likelihood of class indices, given log-probabilities.
 *
 * @param input [N, C], [C] or [N, C, d1, ...], float
 * @param target [N], [] or [N, d1, ...], int32
 */
export function nllLoss(input: Tensor, target: Tensor, options: NllLossOptions = {}): Tensor {
  const { weight = null, ignoreIndex = -100, reduction = 'mean' } = options;
  const dim = input.ndim === 1 ? 0 : 1;
  const classes = input.shape[dim];
  const rest = input.shape.filter((_, i) => i !== dim);
  if (input.ndim === 0 || target.dtype !== 'int32' || showShape(rest) !== showShape(target.shape)) {
    throw new Error(
      `nllLoss: log-probabilities ${showShape(input.shape)} and targets ${target.dtype} ${showShape(target.shape)} do not match: int32 ${showShape(rest)} is needed`,
    );
  }
  if (weight && showShape(weight.shape) !== showShape([classes]))
    throw new Error(`nllLoss: weight has shape ${showShape(weight.shape)}, but there are ${classes} classes`);
  checkHostIndices('nllLoss', target.value, classes, ignoreIndex);
  const ignored = target.eq(ignoreIndex);
  const safe = target.maskedFill(ignored, 0);
  const picked = input.gather(dim, safe.unsqueeze(dim)).squeeze(dim);
  const share = weight ? weight.indexSelect(0, safe.flatten()).reshape(target.shape) : onesLike(picked);
  const loss = picked.mul(share).neg().maskedFill(ignored, 0);
  if (reduction === 'mean') return loss.sum().div(share.maskedFill(ignored, 0).sum());
  return reduceLoss('nllLoss', loss, reduction);
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

/**
 * Quadratic below `beta` (default 1), linear above: beta 0 is l1Loss.
 * https://arxiv.org/abs/1504.08083
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  options: { beta?: number; reduction?: Reduction } = {},
): Tensor {
  const { beta = 1, reduction = 'mean' } = options;
  expectNumber('smoothL1Loss', 'beta', beta);
  if (beta === 0) return l1Loss(input, target, { reduction });
  sameShapes('smoothL1Loss', input, target);
  const gap = input.sub(target);
  const size = gap.abs();
  const near = gap.square().mul(0.5 / beta);
  return reduceLoss('smoothL1Loss', near.where(size.lt(beta), size.sub(0.5 * beta)), reduction);
}

/** Quadratic below `delta` (default 1), linear with slope delta above. */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  options: { delta?: number; reduction?: Reduction } = {},
): Tensor {
  const { delta = 1, reduction = 'mean' } = options;
  if (!(delta > 0)) throw new Error(`huberLoss: delta is ${delta}, but must be a number above 0`);
  sameShapes('huberLoss', input, target);
  const gap = input.sub(target);
  const size = gap.abs();
  const far = size.sub(0.5 * delta).mul(delta);
  return reduceLoss('huberLoss', gap.square().mul(0.5).where(size.le(delta), far), reduction);
}

export interface BceOptions {
  /** Times each loss; broadcasts. */
  weight?: Tensor | null;
  reduction?: Reduction;
}

/** Binary cross-entropy of probabilities; logarithms are limited to -100, as in PyTorch. */
export function bceLoss(input: Tensor, target: Tensor, options: BceOptions = {}): Tensor {
  sameShapes('bceLoss', input, target);
  const loss = wrap(bce(input.value, target.value));
  return reduceLoss('bceLoss', options.weight ? loss.mul(options.weight) : loss, options.reduction ?? 'mean');
}

/**
 * Binary cross-entropy of scores: `bceLoss(sigmoid(input), target)` without overflow.
 * @param options.posWeight times the loss of positive targets; broadcasts.
 */
export function bceWithLogitsLoss(
  input: Tensor,
  target: Tensor,
  options: BceOptions & { posWeight?: Tensor | null } = {},
): Tensor {
  const { weight = null, posWeight = null, reduction = 'mean' } = options;
  sameShapes('bceWithLogitsLoss', input, target);
  const loss = wrap(logitsBce(input.value, target.value, posWeight?.value ?? null));
  return reduceLoss('bceWithLogitsLoss', weight ? loss.mul(weight) : loss, reduction);
}

export interface KlDivOptions {
  /** 'batchmean' divides the sum by the batch size, which makes it the divergence; 'mean' (default) by all elements. */
  reduction?: Reduction | 'batchmean';
  /** Whether the target is given as logarithms (default false). */
  logTarget?: boolean;
}

/** Kullback-Leibler divergence of `target` (probabilities) from `input` (log-probabilities), element by element. */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  const { reduction = 'mean', logTarget = false } = options;
  sameShapes('klDiv', input, target);
  let loss: Tensor;
  if (logTarget) loss = target.exp().mul(target.sub(input));
  else {
    // 0 log 0 is 0: the logarithm of 1 stands in where the target is 0.
    const positive = target.gt(0);
    const log = target.maskedFill(positive.logicalNot(), 1).log();
    loss = target.mul(log).sub(target.mul(input));
  }
  if (reduction === 'batchmean') return loss.sum().div(input.ndim === 0 ? 1 : input.shape[0]);
  return reduceLoss('klDiv', loss, reduction);
}

function sameShapes(name: string, input: Tensor, target: Tensor): void {
  if (showShape(input.shape) !== showShape(target.shape)) {
    throw new Error(`${name}: input ${showShape(input.shape)} and target ${showShape(target.shape)} differ`);
  }
}
