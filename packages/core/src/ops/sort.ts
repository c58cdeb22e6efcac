/**
 * Sorting and the largest few, from the kernels that exist: each element counts how many come before it, and that is its
 * place. n elements take n^2 comparisons, all independent of each other; `topk` of a long row takes k rounds of argmax
 * instead. NaN counts as the largest, as in PyTorch.
 */
import { isFloatingPoint } from '../backend/dtype.js';
import { normalizeDim, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { expand, reshape, sum } from './broadcast.js';
import { cast, detach } from './cast.js';
import { arange, full } from './create.js';
import { isnan } from './functions.js';
import { gather, scatterSum } from './gather.js';
import { eq, gt, logicalAnd, logicalNot, logicalOr, lt, where } from './pointwise.js';
import { argmax, argmin } from './reduce.js';
import { cat, slice, transpose } from './views.js';

export interface Ordered {
  readonly values: Value;
  readonly indices: Value;
}

/** 0 ... n - 1 along the last dimension of a shape. */
function places(x: Value, shape: readonly number[]): Value {
  const n = shape[shape.length - 1];
  return expand(arange(x.device, 0, 1, n, 'int32'), shape);
}

/** Indices that sort the last dimension; equal elements keep their order. */
function sortedIndices(x: Value, descending: boolean): Value {
  const [...lead] = x.shape.slice(0, -1);
  const n = x.shape[x.shape.length - 1];
  const mine = reshape(x, [...lead, n, 1]);
  const other = reshape(x, [...lead, 1, n]);
  let before = descending ? gt(other, mine) : lt(other, mine);
  let equal = eq(other, mine);
  if (isFloatingPoint(x.dtype)) {
    const [mineNan, otherNan] = [isnan(mine), isnan(other)];
    const nanFirst = descending
      ? logicalAnd(otherNan, logicalNot(mineNan))
      : logicalAnd(logicalNot(otherNan), mineNan);
    before = logicalOr(before, nanFirst);
    equal = logicalOr(equal, logicalAnd(mineNan, otherNan));
  }
  const index = arange(x.device, 0, 1, n, 'int32');
  const earlier = lt(reshape(index, [1, n]), reshape(index, [n, 1]));
  const place = sum(cast(logicalOr(before, logicalAnd(equal, earlier)), 'int32'), -1);
  // Each place is taken once, so the sum into zeros stores the inverse permutation.
  return scatterSum(x.shape, x.shape.length - 1, place, places(x, x.shape), 'int32', true);
}

function alongLast(name: string, x: Value, dim: number, fn: (moved: Value) => Ordered): Ordered {
  const axis = normalizeDim(name, dim, x.shape.length);
  const last = x.shape.length - 1;
  if (axis === last) return fn(x);
  const { values, indices } = fn(transpose(x, axis, last));
  return { values: transpose(values, axis, last), indices: transpose(indices, axis, last) };
}

const scalar = (x: Value): Ordered => ({ values: x, indices: full(x.device, [], 0, 'int32') });

/** All elements of a dimension in order, and where they were. */
export function sort(x: Value, dim: number, descending: boolean): Ordered {
  if (x.shape.length === 0) return scalar(x);
  return alongLast('sort', x, dim, (moved) => {
    const indices = sortedIndices(detach(moved), descending);
    return { values: gather(moved, moved.shape.length - 1, indices, true), indices };
  });
}

/** Rows up to this length are sorted whole: n^2 comparisons in one kernel beat k rounds of two. */
const shortRow = 1024;

/** The k largest (or smallest) elements of a dimension, in order, and where they were. */
export function topk(x: Value, k: number, dim: number, largest: boolean): Ordered {
  const n = x.shape.length === 0 ? 1 : x.shape[normalizeDim('topk', dim, x.shape.length)];
  if (!Number.isInteger(k) || k < 0 || k > n)
    throw new Error(`topk: k is ${k}, but dimension ${dim} of ${showShape(x.shape)} has ${n} elements`);
  if (x.shape.length === 0) return scalar(x);
  return alongLast('topk', x, dim, (moved) => {
    const last = moved.shape.length - 1;
    const plain = detach(moved);
    const indices =
      n <= shortRow || k === 0
        ? slice(sortedIndices(plain, largest), last, 0, k)
        : selected(cast(plain, isFloatingPoint(plain.dtype) ? plain.dtype : 'float32'), k, largest);
    return { values: gather(moved, last, indices, true), indices };
  });
}

/** k rounds: take the best of what is left. */
function selected(x: Value, k: number, largest: boolean): Value {
  const worst = largest ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const best = largest ? argmax : argmin;
  const index = places(x, x.shape);
  const last = x.shape.length - 1;
  let taken: Value | null = null;
  const rounds: Value[] = [];
  for (let i = 0; i < k; i++) {
    const left: Value = taken ? where(taken, worst, x) : x;
    let chosen: Value = best(left, -1, true);
    if (taken) {
      // Where only the worst are left, any that has not been taken.
      const free: Value = argmax(cast(logicalNot(taken), 'int32'), -1, true);
      chosen = where(eq(gather(left, last, chosen, true), worst), free, chosen);
    }
    rounds.push(chosen);
    const now = eq(index, chosen);
    taken = taken ? logicalOr(taken, now) : now;
  }
  return cat(rounds, last);
}
