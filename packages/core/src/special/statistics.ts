/** Statistics that go by order or by count, and sums that leave NaN out. */
import { isFloatingPoint } from '../backend/dtype.js';
import { isGradEnabled } from '../graph/grad-mode.js';
import { normalizeDim, sameShape, showShape } from '../graph/shape.js';
import { expectFloat, expectNumber, expectOneOf, expectShare, expectWhole } from '../ops/expect.js';
import { named } from '../ops/named.js';
import { cat, full, onesLike, stack, zeros } from '../tensor/creation.js';
import { where } from '../tensor/functions.js';
import type { ReduceOptions, ValuesAndIndices } from '../tensor/reducing.js';
import type { Tensor } from '../tensor/tensor.js';

/** A dimension in order, and how to take one entry of it. */
function ordered(name: string, x: Tensor, dim: number, keepdim: boolean) {
  const axis = normalizeDim(name, dim, x.ndim);
  const line = x.ndim === 0 ? x.reshape(1) : x;
  const n = line.shape[axis];
  if (n === 0) throw new Error(`${name}: dimension ${dim} of ${showShape(x.shape)} has no entries`);
  const sorted = named(name, () => line.sort(axis));
  const take = (from: Tensor, place: number): Tensor => {
    const one = from.narrow(axis, place, 1);
    return keepdim && x.ndim > 0 ? one : one.squeeze(axis);
  };
  return { ...sorted, n, take };
}

/** Where the last of an order is NaN, all that is asked of it is. */
const orNaN = (value: Tensor, last: Tensor): Tensor =>
  isFloatingPoint(value.dtype) ? where(last.isnan(), last, value) : value;

/**
 * The k-th smallest element of a dimension, and where it was; NaN counts as the largest.
 * @param k from 1 on.
 */
export function kthvalue(x: Tensor, k: number, dim = -1, keepdim = false): ValuesAndIndices {
  const { values, indices, n, take } = ordered('kthvalue', x, dim, keepdim);
  expectWhole('kthvalue', 'k', k, 1, n);
  return { values: take(values, k - 1), indices: take(indices, k - 1) };
}

/** The median (of an even number the lower of the two in the middle), NaN where one is; of a dimension, with its place. */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, dim: number, keepdim?: boolean): ValuesAndIndices;
export function median(x: Tensor, dim?: number, keepdim = false): Tensor | ValuesAndIndices {
  if (dim === undefined) return median(x.flatten(), 0).values;
  const { values, indices, n, take } = ordered('median', x, dim, keepdim);
  const middle = Math.floor((n - 1) / 2);
  const last = take(values, n - 1);
  const place = isFloatingPoint(x.dtype)
    ? where(last.isnan(), take(indices, n - 1), take(indices, middle))
    : take(indices, middle);
  return { values: orNaN(take(values, middle), last), indices: place };
}

export interface QuantileOptions {
  /** Of all elements if absent. */
  dim?: number;
  keepdim?: boolean;
  /** What lies between two elements (default 'linear'). */
  interpolation?: 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint';
}

/**
 * The value below which a share q of the elements lies; NaN where one is.
 * @param q from 0 to 1, or a list: the results are then stacked along a new dimension 0.
 * @example
 * const [low, high] = quantile(weights, [0.01, 0.99]).unbind();
 */
export function quantile(x: Tensor, q: number | readonly number[], options: QuantileOptions = {}): Tensor {
  const { dim, keepdim = false, interpolation = 'linear' } = options;
  expectFloat('quantile', x.dtype);
  expectOneOf('quantile', 'interpolation', interpolation, [
    'linear',
    'lower',
    'higher',
    'nearest',
    'midpoint',
  ]);
  for (const share of [q].flat()) expectShare('quantile', 'q', share);
  const { values, n, take } = ordered('quantile', dim === undefined ? x.flatten() : x, dim ?? 0, keepdim);
  const at = (share: number): Tensor => {
    const place = share * (n - 1);
    const [low, high] = [Math.floor(place), Math.ceil(place)];
    const weight = { linear: place - low, midpoint: 0.5, lower: 0, higher: 1, nearest: nearest(place) - low }[
      interpolation
    ];
    if (low === high || weight === 0) return take(values, low);
    return weight === 1 ? take(values, high) : take(values, low).lerp(take(values, high), weight);
  };
  const last = take(values, n - 1);
  const results = [q].flat().map((share) => {
    const found = orNaN(at(share), last);
    return keepdim && dim === undefined ? found.reshape(x.shape.map(() => 1)) : found;
  });
  return typeof q === 'number' ? results[0] : stack(results);
}

/** Halves to even. */
function nearest(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

type Dims = number | readonly number[] | ReduceOptions;

/** The sum of what is not NaN. */
export const nansum = (x: Tensor, dim?: Dims, keepdim?: boolean): Tensor =>
  named('nansum', () => (isFloatingPoint(x.dtype) ? where(x.isnan(), 0, x) : x).sum(dim, keepdim));

/** The mean of what is not NaN; NaN where nothing else is. */
export const nanmean = (x: Tensor, dim?: Dims, keepdim?: boolean): Tensor =>
  named('nanmean', () => {
    expectFloat('nanmean', x.dtype);
    return nansum(x, dim, keepdim).div(x.isnan().logicalNot().sum(dim, keepdim));
  });

/** How many elements are not 0 (int32). */
export const countNonzero = (x: Tensor, dim?: number | readonly number[]): Tensor =>
  named('countNonzero', () => x.ne(0).sum(dim));

/** The smallest and the largest elements, by `amin` and `amax`. */
export const aminmax = (
  x: Tensor,
  options: ReduceOptions = {},
): { readonly min: Tensor; readonly max: Tensor } =>
  named('aminmax', () => ({ min: x.amin(options), max: x.amax(options) }));

/** Differences of neighbours along a dimension, n times; of bools whether they differ. */
export function diff(x: Tensor, n = 1, dim = -1): Tensor {
  expectWhole('diff', 'n', n, 0);
  const axis = normalizeDim('diff', dim, x.ndim);
  if (x.ndim === 0) throw new Error('diff: at least 1 dimension is needed, not shape []');
  let out = x.clone();
  for (let i = 0; i < n && out.shape[axis] > 0; i++) {
    const length = out.shape[axis] - 1;
    const [next, here] = [out.narrow(axis, 1, length), out.narrow(axis, 0, length)];
    out = x.dtype === 'bool' ? next.ne(here) : next.sub(here);
  }
  return out;
}

/**
 * How many elements lie in each of `bins` equal parts of what is between `min` and `max`, both included; if both are 0,
 * between the smallest and the largest element. Others are left out.
 * @returns [bins], in the dtype of x. No gradient flows.
 */
export function histc(x: Tensor, bins = 100, min = 0, max = 0): Tensor {
  expectFloat('histc', x.dtype);
  expectWhole('histc', 'bins', bins);
  expectNumber('histc', 'max', max, min);
  if (x.requiresGrad && isGradEnabled())
    throw new Error(
      `histc: not differentiable, but an input of shape ${showShape(x.shape)} requires a gradient; detach() it`,
    );
  const { device, dtype } = x;
  const counts = zeros([bins], { device, dtype });
  if (x.numel() === 0) return counts;
  const flat = x.flatten();
  const bound = (value: number, extreme: () => Tensor): Tensor =>
    min === 0 && max === 0 ? extreme() : full([], value, { device, dtype });
  const [low, high] = [bound(min, () => flat.amin()), bound(max, () => flat.amax())];
  // All equal: one on either side, as in PyTorch.
  const same = low.eq(high);
  const [from, to] = [where(same, low.sub(1), low), where(same, high.add(1), high)];
  const inside = flat.ge(from).logicalAnd(flat.le(to));
  const place = flat.sub(from).div(to.sub(from)).mul(bins);
  const bin = where(inside, place, 0)
    .floor()
    .clamp(0, bins - 1)
    .int();
  return counts.scatterAdd(0, bin, inside.to(dtype));
}

export interface BincountOptions {
  /** One for each element, instead of 1. */
  weights?: Tensor;
  /** How many counts there are at least (default 0). */
  minlength?: number;
}

/**
 * How often each whole number from 0 on occurs: awaited, since the largest one says how many counts there are.
 * @param x [n], int32 or uint8, not below 0.
 * @returns [largest + 1], int32 or the dtype of the weights.
 * @throws (rejects) for other dtypes, shapes and numbers.
 */
export async function bincount(x: Tensor, { weights, minlength = 0 }: BincountOptions = {}): Promise<Tensor> {
  expectWhole('bincount', 'minlength', minlength, 0);
  if (isFloatingPoint(x.dtype) || x.dtype === 'bool' || x.ndim !== 1)
    throw new Error(`bincount: a vector of integers is needed, not ${x.dtype} ${showShape(x.shape)}`);
  if (weights && !sameShape(weights.shape, x.shape))
    throw new Error(`bincount: weights ${showShape(weights.shape)} for a vector ${showShape(x.shape)}`);
  const index = x.int();
  const [least, most] = x.numel() === 0 ? [0, -1] : await stack([index.min(), index.max()]).data();
  if (least < 0) throw new Error(`bincount: there is a ${least}, but counts begin at 0`);
  const added = weights ?? onesLike(index);
  const counts = zeros([Math.max(minlength, most + 1)], { device: x.device, dtype: added.dtype });
  return x.numel() === 0 ? counts : counts.scatterAdd(0, index, added);
}

/** What `unique` gives. */
export interface Unique {
  /** Each element once, in order. */
  readonly values: Tensor;
  /** Which of them stands at each place of the tensor (its shape, int32). */
  readonly inverseIndices: Tensor;
  /** How often each occurs (int32). */
  readonly counts: Tensor;
}

/** Each different element once: awaited, since their number is not known before. Each NaN counts for itself. */
export async function unique(x: Tensor): Promise<Unique> {
  const flat = x.detach().flatten();
  const n = x.numel();
  const none = (shape: readonly number[]): Tensor => zeros(shape, { device: x.device, dtype: 'int32' });
  if (n === 0) return { values: flat, inverseIndices: none(x.shape), counts: none([0]) };
  const { values, indices } = named('unique', () => flat.sort(0));
  const isNew = cat([none([1]).eq(0), values.slice(0, 1).ne(values.slice(0, 0, n - 1))]);
  const group = isNew.cumsum(0).sub(1);
  const places = (await isNew.nonzero()).select(1, 0);
  return {
    values: values.indexSelect(0, places),
    inverseIndices: none([n]).scatter(0, indices, group).reshape(x.shape),
    counts: none([places.numel()]).scatterAdd(0, group, onesLike(group)),
  };
}
