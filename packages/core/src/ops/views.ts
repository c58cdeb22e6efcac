/** Views: other ways to look at the same elements. They cost nothing until a kernel needs a layout it cannot read. */
import type { Layout } from '../graph/layout.js';
import type { KernelOp, ViewOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import { normalizeDim, type Shape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { full } from './create.js';

const permuteOp: ViewOp = {
  kind: 'view',
  name: 'permute',
  gradient: (node, g) => {
    const dims = node.attrs?.dims as readonly number[];
    const inverse = dims.map((_, i) => dims.indexOf(i));
    return [permute(g, inverse)];
  },
  layout: (input, node) => {
    const dims = node.attrs?.dims as readonly number[];
    return { ...input, shape: node.shape, strides: dims.map((d) => input.strides[d]) };
  },
};

/** Dimensions in another order. */
export function permute(x: Value, dims: readonly number[]): Value {
  const rank = x.shape.length;
  const order = dims.map((d) => normalizeDim('permute', d, rank));
  if (order.length !== rank || new Set(order).size !== rank) {
    throw new Error(
      `permute: [${dims.join(', ')}] does not name each of the ${rank} dimensions of ${showShape(x.shape)} once`,
    );
  }
  if (order.every((d, i) => d === i)) return x;
  return record(
    permuteOp,
    [x],
    order.map((d) => x.shape[d]),
    x.dtype,
    { dims: order },
  );
}

/** Two dimensions exchanged. */
export function transpose(x: Value, dim0: number, dim1: number): Value {
  const rank = x.shape.length;
  const a = normalizeDim('transpose', dim0, rank);
  const b = normalizeDim('transpose', dim1, rank);
  if (rank === 0) return x;
  const dims = Array.from({ length: rank }, (_, i) => (i === a ? b : i === b ? a : i));
  return permute(x, dims);
}

const sliceOp: ViewOp = {
  kind: 'view',
  name: 'slice',
  gradient: (node, g) => [embedSlice(g, node.inputs[0].shape, node.attrs as SliceAttrs)],
  layout: (input, node) => sliceLayout(input, node.attrs as SliceAttrs, node.shape),
};

type SliceAttrs = { readonly dim: number; readonly start: number; readonly step: number };

function sliceLayout(input: Layout, { dim, start, step }: SliceAttrs, shape: Shape): Layout {
  return {
    ...input,
    shape,
    offset: input.offset + start * input.strides[dim],
    strides: input.strides.map((s, i) => (i === dim ? s * step : s)),
  };
}

/** Elements `start`, `start + step`, ... of a dimension, `length` of them; the caller has checked the bounds. */
export function slice(x: Value, dim: number, start: number, length: number, step = 1): Value {
  if (start === 0 && step === 1 && length === x.shape[dim]) return x;
  const shape = x.shape.map((n, i) => (i === dim ? length : n));
  return record(sliceOp, [x], shape, x.dtype, { dim, start, step, length });
}

const embedSliceOp: KernelOp = {
  kind: 'kernel',
  name: 'sliceBackward',
  gradient: (node, g) => {
    const { dim, start, step } = node.attrs as SliceAttrs;
    return [slice(g, dim, start, node.inputs[0].shape[dim], step)];
  },
  lower: (node, io) => {
    const out = io.output();
    io.copy(io.input(1), out);
    io.copy(io.input(0), sliceLayout(out, node.attrs as SliceAttrs, node.inputs[0].shape));
  },
};

/** Zeros of `shape` with `x` laid into a slice: what `slice` transposes to. */
function embedSlice(x: Value, shape: Shape, { dim, start, step }: SliceAttrs): Value {
  const zero = full(x.device, [], 0, x.dtype);
  return record(embedSliceOp, [x, zero], shape, x.dtype, { dim, start, step });
}

const catOp: KernelOp = {
  kind: 'kernel',
  name: 'cat',
  gradient: (node, g) => {
    const dim = node.attrs?.dim as number;
    let start = 0;
    return node.inputs.map((input) => {
      const part = input.requiresGrad ? slice(g, dim, start, input.shape[dim]) : null;
      start += input.shape[dim];
      return part;
    });
  },
  lower: (node, io) => {
    const dim = node.attrs?.dim as number;
    const out = io.output();
    let start = 0;
    node.inputs.forEach((input, i) => {
      if (!io.part(i)) io.copy(io.input(i), sliceLayout(out, { dim, start, step: 1 }, input.shape));
      start += input.shape[dim];
    });
  },
};

/** Tensors joined along a dimension. */
export function cat(values: readonly Value[], dim = 0): Value {
  if (values.length === 0) throw new Error('cat: at least one tensor is needed');
  const [first] = values;
  const axis = normalizeDim('cat', dim, first.shape.length);
  if (first.shape.length === 0)
    throw new Error('cat: zero-dimensional tensors cannot be concatenated; use stack');
  let length = 0;
  for (const value of values) {
    const fits =
      value.shape.length === first.shape.length &&
      value.shape.every((n, i) => i === axis || n === first.shape[i]);
    if (!fits) {
      throw new Error(
        `cat: shapes ${showShape(first.shape)} and ${showShape(value.shape)} differ outside dimension ${axis}`,
      );
    }
    if (value.dtype !== first.dtype) throw new Error(`cat: dtypes ${first.dtype} and ${value.dtype} differ`);
    length += value.shape[axis];
  }
  if (values.length === 1) return first;
  const shape = first.shape.map((n, i) => (i === axis ? length : n));
  return record(catOp, values, shape, first.dtype, { dim: axis });
}
