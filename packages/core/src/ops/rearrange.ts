/** Copies in another order or size: flip, roll, repeat, pad, windows, diagonals. */
import { hostArray } from '../graph/host-data.js';
import type { KernelOp } from '../graph/op.js';
import { hostValue, record } from '../graph/record.js';
import { normalizeDim, normalizeDims, type Shape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { expand, reshape } from './broadcast.js';
import { arange, full } from './create.js';
import { expectMatrix, expectWhole } from './expect.js';
import { indexSelect } from './indexing.js';
import { cat, permute, putSlice, slice } from './views.js';

/** The order of some dimensions reversed. */
export function flip(x: Value, dims: readonly number[]): Value {
  return normalizeDims('flip', dims, x.shape.length).reduce((out, axis) => {
    const n = out.shape[axis];
    return n < 2 ? out : indexSelect(out, axis, arange(x.device, n - 1, -1, n, 'int32'), true);
  }, x);
}

/** Entries moved on by `shifts` places, those that fall off the end to the beginning; flattened if no dims are given. */
export function roll(x: Value, shifts: readonly number[], dims: readonly number[] | null): Value {
  if (dims === null) {
    if (shifts.length !== 1) throw new Error(`roll: give dims for ${shifts.length} shifts`);
    return reshape(roll(reshape(x, [x.size]), shifts, [0]), x.shape);
  }
  if (shifts.length !== dims.length)
    throw new Error(`roll: ${shifts.length} shifts and ${dims.length} dims do not match`);
  return dims.reduce((out, dim, i) => {
    const axis = normalizeDim('roll', dim, x.shape.length);
    const n = x.shape.length === 0 ? 1 : x.shape[axis];
    const by = n === 0 ? 0 : ((shifts[i] % n) + n) % n;
    return by === 0 ? out : cat([slice(out, axis, n - by, by), slice(out, axis, 0, n - by)], axis);
  }, x);
}

/** The whole tensor sizes[i] times along each dimension; more sizes than dimensions add leading ones. */
export function repeat(x: Value, sizes: readonly number[], name = 'repeat'): Value {
  if (sizes.length < x.shape.length || sizes.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new Error(
      `${name}: [${sizes.join(', ')}] must give a whole number from 0 on for each dimension of ${showShape(x.shape)}`,
    );
  }
  const shape = [...new Array<number>(sizes.length - x.shape.length).fill(1), ...x.shape];
  const apart = reshape(
    x,
    shape.flatMap((n) => [1, n]),
  );
  const wide = expand(
    apart,
    shape.flatMap((n, i) => [sizes[i], n]),
  );
  return reshape(
    wide,
    shape.map((n, i) => n * sizes[i]),
  );
}

/** Each entry of a dimension `times` times in a row. */
export function repeatInterleave(x: Value, times: number, dim: number): Value {
  const axis = normalizeDim('repeatInterleave', dim, x.shape.length);
  expectWhole('repeatInterleave', 'repeats', times, 0);
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const n = x.shape[axis];
  const wide = expand(reshape(x, [...before, n, 1, ...after]), [...before, n, times, ...after]);
  return reshape(wide, [...before, n * times, ...after]);
}

export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

/** A constant all around, the input inside. */
const padOp: KernelOp = {
  kind: 'kernel',
  name: 'pad',
  gradient: (node, g) => {
    const starts = node.attrs?.starts as readonly number[];
    const [x] = node.inputs;
    return [x.shape.reduce((part, n, axis) => slice(part, axis, starts[axis], n), g), null];
  },
  lower: (node, io) => {
    const starts = node.attrs?.starts as readonly number[];
    const out = io.output();
    io.copy(io.input(1), out);
    const offset = starts.reduce((sum, start, axis) => sum + start * out.strides[axis], out.offset);
    io.copy(io.input(0), { ...out, shape: node.inputs[0].shape, offset });
  },
};

/**
 * PyTorch's pad: [before, after] of the last dimension, then of the one before it, ...; negative numbers cut.
 * @throws Error that names the shape and the sizes.
 */
export function pad(x: Value, sizes: readonly number[], mode: PadMode, value: number): Value {
  const rank = x.shape.length;
  const wrong = (why: string): Error =>
    new Error(`pad: sizes [${sizes.join(', ')}] for shape ${showShape(x.shape)}: ${why}`);
  if (sizes.length % 2 !== 0 || sizes.length > 2 * rank || sizes.some((n) => !Number.isInteger(n)))
    throw wrong('whole numbers in pairs are needed, at most one pair for each dimension');
  const pairs = Array.from({ length: rank }, (_, axis): [number, number] => {
    const at = 2 * (rank - 1 - axis);
    return [sizes[at] ?? 0, sizes[at + 1] ?? 0];
  });
  for (const [axis, [before, after]] of pairs.entries())
    if (x.shape[axis] + before + after < 0) throw wrong(`dimension ${axis} would have a negative size`);
  if (mode !== 'constant') return pairs.reduce((out, pair, axis) => extend(out, axis, pair, mode, wrong), x);
  const cut = pairs.reduce((part, [before, after], axis) => {
    const start = Math.max(0, -before);
    return slice(part, axis, start, x.shape[axis] - start - Math.max(0, -after));
  }, x);
  const starts = pairs.map(([before]) => Math.max(0, before));
  const shape = cut.shape.map((n, axis) => n + starts[axis] + Math.max(0, pairs[axis][1]));
  if (shape.every((n, axis) => n === cut.shape[axis])) return cut;
  return record(padOp, [cut, full(x.device, [], value, x.dtype)], shape, x.dtype, { starts });
}

/** One dimension made longer with entries that it has. */
function extend(
  x: Value,
  axis: number,
  [before, after]: readonly [number, number],
  mode: PadMode,
  wrong: (why: string) => Error,
): Value {
  if (before === 0 && after === 0) return x;
  const n = x.shape[axis];
  const most = mode === 'reflect' ? n - 1 : mode === 'circular' ? n : Number.POSITIVE_INFINITY;
  if (n === 0 || before > most || after > most)
    throw wrong(`mode '${mode}' can add at most ${n === 0 ? 0 : most} entries to dimension ${axis}`);
  const index = hostArray('int32', n + before + after);
  for (let i = 0; i < index.length; i++) {
    const place = i - before;
    if (mode === 'circular') index[i] = (place + n) % n;
    else if (mode === 'replicate') index[i] = Math.min(Math.max(place, 0), n - 1);
    else index[i] = place < 0 ? -place : place >= n ? 2 * (n - 1) - place : place;
  }
  return indexSelect(x, axis, hostValue(x.device, index, [index.length], 'int32'));
}

/** Windows of `size` entries, `step` apart, as a new last dimension. */
export function unfold(x: Value, dim: number, size: number, step: number): Value {
  const axis = normalizeDim('unfold', dim, x.shape.length);
  const n = x.shape[axis];
  if (!Number.isInteger(size) || size < 1 || size > n || !Number.isInteger(step) || step < 1) {
    throw new Error(
      `unfold: size ${size} and step ${step} for dimension ${dim} of ${showShape(x.shape)}; 1 <= size <= ${n} and 1 <= step are needed`,
    );
  }
  const windows = Math.floor((n - size) / step) + 1;
  const index = hostArray('int32', windows * size);
  for (let i = 0; i < index.length; i++) index[i] = Math.floor(i / size) * step + (i % size);
  const picked = indexSelect(x, axis, hostValue(x.device, index, [index.length], 'int32'));
  const shape: Shape = [...x.shape.slice(0, axis), windows, size, ...x.shape.slice(axis + 1)];
  const order = shape.map((_, i) => i).filter((i) => i !== axis + 1);
  return permute(reshape(picked, shape), [...order, axis + 1]);
}

/** A diagonal of the last two dimensions, as a strided view. */
export function diagonal(x: Value, offset = 0): Value {
  const rank = x.shape.length;
  expectMatrix('diagonal', x.shape, Infinity);
  const [m, n] = x.shape.slice(-2);
  const length = Math.max(0, Math.min(m + Math.min(offset, 0), n - Math.max(offset, 0)));
  const rows = reshape(x, [...x.shape.slice(0, -2), m * n]);
  const start = length === 0 ? 0 : offset >= 0 ? offset : -offset * n;
  return slice(rows, rank - 2, start, length, n + 1);
}

/** A square matrix with a vector on a diagonal, or a diagonal of a matrix. */
export function diag(x: Value, offset = 0): Value {
  if (x.shape.length === 2) return diagonal(x, offset);
  if (x.shape.length !== 1)
    throw new Error(`diag: a vector or a matrix is needed, not shape ${showShape(x.shape)}`);
  const n = x.size + Math.abs(offset);
  const start = offset >= 0 ? offset : -offset * n;
  const flat = putSlice(full(x.device, [n * n], 0, x.dtype), x, { dim: 0, start, step: n + 1 });
  return reshape(flat, [n, n]);
}
