/** Indexing by integer tensors and masks, as in x[rows, columns] and x[mask] = y. */
import { broadcastShapes, type Shape, sameShape, showShape, sizeOf } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { expand, reshape } from './broadcast.js';
import { cast } from './cast.js';
import { expectMask } from './expect.js';
import { gather, scatter } from './gather.js';
import { checkIndex, hostOf, indexAdd, indexSelect } from './indexing.js';
import { add, ge, logicalAnd, lt, mul, sub, where } from './pointwise.js';
import { cumsum } from './scan.js';
import { inverseOf, permute } from './views.js';

/** An index for each dimension from the left; null takes all of a dimension. */
export type Indices = readonly (Value | null)[];

/** x laid out as [places, ...rest], and the place of each index. */
interface Plan {
  /** The broadcast shape of the index tensors. */
  readonly shape: Shape;
  /** One row number for each element of it. */
  readonly rows: Value;
  /** Whether the rows are known to be in range. */
  readonly checked: boolean;
  /** Dimensions of x: the indexed ones first. */
  readonly order: readonly number[];
  /** Where the index's dimensions stand in the result. */
  readonly at: number;
  readonly indexed: readonly number[];
}

function plan(name: string, x: Value, indices: Indices): Plan {
  if (indices.length > x.shape.length)
    throw new Error(`${name}: ${indices.length} indices for a tensor of shape ${showShape(x.shape)}`);
  const indexed = indices.flatMap((index, axis) => (index ? [axis] : []));
  if (indexed.length === 0) throw new Error(`${name}: at least one index tensor is needed`);
  const given = indexed.map((axis) => indices[axis] as Value);
  for (const index of given) checkIndex(name, index);
  const shape = given.reduce<Shape>((all, { shape: one }) => broadcastShapes(name, all, one), []);
  let rows: Value | null = null;
  let inRange: Value | null = null;
  let checked = true;
  indexed.forEach((axis, i) => {
    const n = x.shape[axis];
    const index = given[i];
    checked = checkRange(name, index, n, axis, x.shape) && checked;
    const positive = where(lt(index, 0), add(index, n), index);
    const fits = logicalAnd(ge(positive, 0), lt(positive, n));
    rows = rows ? add(mul(rows, n), positive) : positive;
    inRange = inRange ? logicalAnd(inRange, fits) : fits;
  });
  // A row that is out of range in one dimension must not pass for one in range: -1 is flagged.
  const safe = checked ? rows : where(inRange as unknown as Value, rows as unknown as Value, -1);
  const together = indexed.every((axis, i) => i === 0 || axis === indexed[i - 1] + 1);
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !indexed.includes(axis));
  return {
    shape,
    rows: reshape(expand(safe as unknown as Value, shape), [sizeOf(shape)]),
    checked,
    order: [...indexed, ...rest],
    at: together ? indexed[0] : 0,
    indexed,
  };
}

/** @returns whether the host knows the indices, which may count from the end. */
function checkRange(name: string, index: Value, n: number, axis: number, shape: Shape): boolean {
  const host = hostOf(index);
  if (host === null) return false;
  for (const value of host) {
    if (value < -n || value >= n)
      throw new Error(
        `${name}: index ${value} is out of range for dimension ${axis} of ${showShape(shape)} (${-n} to ${n - 1})`,
      );
  }
  return true;
}

/** x with the indexed dimensions merged into the first. */
function laidOut(x: Value, { order, indexed }: Plan): Value {
  const shape = order.map((axis) => x.shape[axis]);
  const places = sizeOf(shape.slice(0, indexed.length));
  return reshape(permute(x, order), [places, ...shape.slice(indexed.length)]);
}

/** The shape of x[indices]. */
function resultShape(x: Value, { shape, order, indexed, at }: Plan): Shape {
  const rest = order.slice(indexed.length).map((axis) => x.shape[axis]);
  return [...rest.slice(0, at), ...shape, ...rest.slice(at)];
}

/** Dimensions of the index moved from the front to their place in the result. */
function toResult(rank: number, count: number, at: number): number[] {
  const front = Array.from({ length: count }, (_, i) => i);
  const rest = Array.from({ length: rank - count }, (_, i) => count + i);
  return [...rest.slice(0, at), ...front, ...rest.slice(at)];
}

/** x[indices]: integer tensors that broadcast; negative ones count from the end. */
export function index(x: Value, indices: Indices): Value {
  const how = plan('index', x, indices);
  const table = laidOut(x, how);
  const picked = indexSelect(table, 0, how.rows, how.checked);
  const apart = reshape(picked, [...how.shape, ...table.shape.slice(1)]);
  return permute(apart, toResult(apart.shape.length, how.shape.length, how.at));
}

/** x with x[indices] = values; of equal indices the last wins, or all are added with `accumulate`. */
export function indexPut(x: Value, indices: Indices, values: Value, accumulate: boolean): Value {
  const how = plan('indexPut', x, indices);
  const table = laidOut(x, how);
  const wide = resultShape(x, how);
  if (!sameShape(broadcastShapes('indexPut', values.shape, wide), wide)) {
    throw new Error(
      `indexPut: values ${showShape(values.shape)} do not broadcast to the selection ${showShape(wide)}`,
    );
  }
  const order = toResult(wide.length, how.shape.length, how.at);
  const width = table.shape.slice(1);
  const source = reshape(permute(expand(cast(values, x.dtype), wide), inverseOf(order)), [
    how.rows.size,
    ...width,
  ]);
  let changed: Value;
  if (accumulate) changed = indexAdd(table, 0, how.rows, source);
  else {
    const rows = reshape(how.rows, [how.rows.size, ...width.map(() => 1)]);
    changed = scatter(table, 0, expand(rows, source.shape), source);
  }
  const sizes = how.order.map((axis) => x.shape[axis]);
  return permute(reshape(changed, sizes), inverseOf(how.order));
}

/** A mask over the first dimensions of x, under a shape that broadcasts with x. */
export function alignMask(name: string, x: Value, mask: Value): Value {
  expectMask(name, mask.dtype);
  if (!sameShape(mask.shape, x.shape.slice(0, mask.shape.length))) {
    throw new Error(
      `${name}: mask ${showShape(mask.shape)} does not cover the first dimensions of ${showShape(x.shape)}`,
    );
  }
  return reshape(mask, [...mask.shape, ...x.shape.slice(mask.shape.length).map(() => 1)]);
}

/**
 * x with the elements under the mask replaced by those of `source`, one after the other.
 * That `source` has enough of them shows on the device: what lies beyond its end is flagged.
 */
export function maskedScatter(x: Value, mask: Value, source: Value): Value {
  expectMask('maskedScatter', mask.dtype);
  const wide = expand(mask, broadcastShapes('maskedScatter', mask.shape, x.shape));
  if (!sameShape(wide.shape, x.shape))
    throw new Error(
      `maskedScatter: mask ${showShape(mask.shape)} does not broadcast to ${showShape(x.shape)}`,
    );
  const flat = reshape(wide, [x.size]);
  const place = sub(cumsum(flat, 0), 1);
  const values = gather(reshape(cast(source, x.dtype), [source.size]), 0, where(flat, place, 0));
  return where(wide, reshape(values, x.shape), x);
}
