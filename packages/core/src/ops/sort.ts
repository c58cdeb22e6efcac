/** Sorting and the largest few, by one kernel that gives places. NaN counts as the largest, as in PyTorch. */
import { isFloatingPoint } from '../backend/dtype.js';
import { operandAs } from '../graph/layout.js';
import type { KernelOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import { normalizeDim, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { cast, detach } from './cast.js';
import { full } from './create.js';
import { gather } from './gather.js';
import { transpose } from './views.js';

export interface Ordered {
  readonly values: Value;
  readonly indices: Value;
}

const sortOp: KernelOp = {
  kind: 'kernel',
  name: 'sort',
  lower: (node, io) => {
    const [x] = node.inputs;
    const indices = io.output();
    if (node.size === 0) return;
    const columns = x.shape[x.shape.length - 1];
    const rows = x.size / columns;
    const count = node.attrs?.count as number;
    io.emit({
      kind: 'sort',
      label: count < columns ? 'topk' : 'sort',
      rows,
      columns,
      count,
      descending: node.attrs?.descending as boolean,
      x: operandAs(io.input(0, 'contiguous'), [rows, columns]),
      indices: operandAs(indices, [rows, count]),
    });
  },
};

/** Where the first `count` elements of the last dimension stand in order; equal elements keep theirs. */
function order(x: Value, count: number, descending: boolean): Ordered {
  const last = x.shape.length - 1;
  const plain = detach(isFloatingPoint(x.dtype) || x.dtype === 'int32' ? x : cast(x, 'int32'));
  const shape = [...x.shape.slice(0, last), count];
  const indices = record(sortOp, [plain], shape, 'int32', { count, descending });
  return { values: gather(x, last, indices, true), indices };
}

function alongLast(name: string, x: Value, dim: number, fn: (moved: Value) => Ordered): Ordered {
  const axis = normalizeDim(name, dim, x.shape.length);
  if (x.shape.length === 0) return { values: x, indices: full(x.device, [], 0, 'int32') };
  const last = x.shape.length - 1;
  if (axis === last) return fn(x);
  const { values, indices } = fn(transpose(x, axis, last));
  return { values: transpose(values, axis, last), indices: transpose(indices, axis, last) };
}

/** All elements of a dimension in order, and where they were. */
export function sort(x: Value, dim: number, descending: boolean): Ordered {
  return alongLast('sort', x, dim, (moved) => order(moved, moved.shape[moved.shape.length - 1], descending));
}

/** The k largest (or smallest) elements of a dimension, in order, and where they were. */
export function topk(x: Value, k: number, dim: number, largest: boolean): Ordered {
  const n = x.shape.length === 0 ? 1 : x.shape[normalizeDim('topk', dim, x.shape.length)];
  if (!Number.isInteger(k) || k < 0 || k > n)
    throw new Error(`topk: k is ${k}, but dimension ${dim} of ${showShape(x.shape)} has ${n} elements`);
  return alongLast('topk', x, dim, (moved) => order(moved, k, largest));
}
