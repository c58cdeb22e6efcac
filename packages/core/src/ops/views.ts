/** Views: other ways to look at the same elements. They cost nothing until a kernel needs a layout it cannot read. */
import type { Layout } from '../graph/layout.js';
import { type Live, numberOf, recordLive } from '../graph/live.js';
import type { KernelOp, ViewOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import { normalizeDim, type Shape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { raised } from './autocast.js';
import { expand } from './broadcast.js';
import { cast } from './cast.js';
import { full } from './create.js';
import { expectWhole } from './expect.js';
import { add } from './pointwise.js';
import { promoteTypes } from './promotion.js';

const permuteOp: ViewOp = {
  kind: 'view',
  name: 'permute',
  gradient: (node, g) => {
    return [permute(g, inverseOf(node.attrs?.dims as readonly number[]))];
  },
  layout: (input, node) => {
    const dims = node.attrs?.dims as readonly number[];
    return { ...input, shape: node.shape, strides: dims.map((d) => input.strides[d]) };
  },
};

/** The order that takes an order of dimensions back. */
export const inverseOf = (dims: readonly number[]): number[] => dims.map((_, i) => dims.indexOf(i));

/** Dimensions in another order. */
export function permute(x: Value, dims: readonly number[]): Value {
  const rank = x.shape.length;
  const order: number[] = [];
  const shape: number[] = [];
  let moved = false;
  for (let i = 0; i < dims.length; i++) {
    const d = normalizeDim('permute', dims[i], rank);
    if (order.includes(d)) break;
    order.push(d);
    shape.push(x.shape[d]);
    moved ||= d !== i;
  }
  if (dims.length !== rank || order.length !== rank) {
    throw new Error(
      `permute: [${dims.join(', ')}] does not name each of the ${rank} dimensions of ${showShape(x.shape)} once`,
    );
  }
  return moved ? record(permuteOp, [x], shape, x.dtype, { dims: order }) : x;
}

/** Two dimensions exchanged. */
export function transpose(x: Value, dim0: number, dim1: number): Value {
  const rank = x.shape.length;
  const a = normalizeDim('transpose', dim0, rank);
  const b = normalizeDim('transpose', dim1, rank);
  const dims: number[] = [];
  for (let i = 0; i < rank; i++) dims.push(i === a ? b : i === b ? a : i);
  return permute(x, dims);
}

const sliceOp: ViewOp = {
  kind: 'view',
  name: 'slice',
  gradient: (node, g) => [embedSlice(g, node.inputs[0].shape, node.attrs as SliceAttrs)],
  layout: (input, node) => sliceLayout(input, node.attrs as SliceAttrs, node.shape),
};

export type SliceAttrs = { readonly dim: number; readonly start: number; readonly step: number };

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

/**
 * Zeros with tensors laid into slices of one dimension: what slices transpose to. The slices do not overlap; where they
 * cover everything there are no zeros to write (a split, whose gradients come back side by side).
 */
const assembleOp: KernelOp = {
  kind: 'kernel',
  name: 'assemble',
  joins: true,
  gradient: (node, g) => {
    const { dim, starts, step } = node.attrs as AssembleAttrs;
    const parts = starts.map((start, i) => slice(g, dim, start, node.inputs[i].shape[dim], step));
    return node.inputs.map((_, i) => parts[i] ?? null);
  },
  lower: (node, io) => {
    const { dim, starts, step } = node.attrs as AssembleAttrs;
    const out = io.output();
    const covered = starts.reduce((total, _, i) => total + node.inputs[i].shape[dim], 0);
    // With gaps nothing has been computed in place, so zeros may go first.
    if (covered < node.shape[dim]) io.copy(io.input(starts.length), out);
    starts.forEach((start, i) => {
      const region =
        covered === node.shape[dim]
          ? io.part(i)
          : sliceLayout(out, { dim, start, step }, node.inputs[i].shape);
      if (region) io.copy(io.input(i), region);
    });
  },
};

type AssembleAttrs = { readonly dim: number; readonly starts: readonly number[]; readonly step: number };

function embedSlice(x: Value, shape: Shape, { dim, start, step }: SliceAttrs): Value {
  return assemble([x], shape, { dim, starts: [start], step });
}

function assemble(parts: readonly Value[], shape: Shape, attrs: AssembleAttrs): Value {
  const [first] = parts;
  const covered = parts.reduce((total, part) => total + part.shape[attrs.dim], 0);
  const zero = covered < shape[attrs.dim] ? [full(first.device, [], 0, first.dtype)] : [];
  return record(assembleOp, [...parts, ...zero], shape, first.dtype, {
    ...attrs,
    // The zeros go under what has gaps, so its parts must not be computed there beforehand.
    gaps: zero.length > 0,
  });
}

/**
 * The sum of two gradients of one value. Those of slices that do not overlap are laid side by side instead of being
 * padded with zeros and added.
 */
export function sumGradients(a: Value, b: Value): Value {
  if (isOpen(a) && isOpen(b)) {
    const x = a.attrs as AssembleAttrs;
    const y = b.attrs as AssembleAttrs;
    if (x.dim === y.dim && x.step === 1 && y.step === 1) {
      const parts = [...partsOf(a), ...partsOf(b)].sort((p, q) => p.start - q.start);
      const disjoint = parts.every((part, i) => i === 0 || parts[i - 1].end <= part.start);
      if (disjoint) {
        const starts = parts.map((part) => part.start);
        const values = parts.map((part) => part.value);
        // The new value stands for both.
        a.passing = true;
        b.passing = true;
        return assemble(values, a.shape, { dim: x.dim, starts, step: 1 });
      }
    }
  }
  return add(a, b);
}

/** Whether a value is an assembled gradient that nothing has used yet. */
function isOpen(value: Value): boolean {
  return value.op === assembleOp && value.consumers === 0 && !value.ran;
}

/**
 * The parts that a gradient was assembled from along `dim`, each with its place, if it is such a gradient and nothing has
 * used it yet: for an op that can take them one by one. What takes them marks the gradient as `passing`.
 */
export function slicesOf(gradient: Value, dim: number): readonly { value: Value; start: number }[] | null {
  const { dim: along, step } = (gradient.attrs ?? {}) as Partial<AssembleAttrs>;
  return isOpen(gradient) && along === dim && step === 1 ? partsOf(gradient) : null;
}

function partsOf(value: Value): { value: Value; start: number; end: number }[] {
  const { dim, starts } = value.attrs as AssembleAttrs;
  return starts.map((start, i) => ({
    value: value.inputs[i],
    start,
    end: start + value.inputs[i].shape[dim],
  }));
}

/** x with a slice of it replaced: what an assignment to the slice makes of x. */
const putSliceOp: KernelOp = {
  kind: 'kernel',
  name: 'putSlice',
  gradient: (node, g) => {
    const [, part] = node.inputs;
    const attrs = node.attrs as SliceAttrs;
    const zeros = expand(full(g.device, [], 0, g.dtype), part.shape);
    return [putSlice(g, zeros, attrs), slice(g, attrs.dim, attrs.start, part.shape[attrs.dim], attrs.step)];
  },
  lower: (node, io) => {
    const out = io.output();
    io.copy(io.input(0), out);
    io.copy(io.input(1), sliceLayout(out, node.attrs as SliceAttrs, node.inputs[1].shape));
  },
};

/** x with `part` laid into entries start, start + step, ... of a dimension; the caller has checked the bounds. */
export function putSlice(x: Value, part: Value, { dim, start, step }: SliceAttrs): Value {
  return record(putSliceOp, [x, part], x.shape, x.dtype, { dim, start, step });
}

/** As `putSlice`, at a place that the host gives at each run, and in place where the old version is no longer needed. */
const updateSliceOp: KernelOp = {
  kind: 'kernel',
  name: 'updateSlice',
  overwrites: true,
  lower: (node, io) => {
    const dim = node.attrs?.dim as number;
    const before = io.input(0);
    const out = io.output();
    if (before.buffer !== out.buffer) io.copy(before, out);
    const shift = { scalar: io.scalar(0), stride: out.strides[dim] };
    io.copy(io.input(1), { ...out, shape: node.inputs[1].shape, shift });
  },
};

/** x with `part` laid over entries start ... of a dimension. `start` is a run-time scalar: another one needs no new plan. */
export function updateSlice(x: Value, given: Value, dim: number, start: Live): Value {
  const axis = normalizeDim('updateSlice', dim, x.shape.length);
  // Keys and values of a product under autocast, into a cache of float32.
  const part = raised(given);
  const fits =
    part.shape.length === x.shape.length && part.shape.every((n, i) => i === axis || n === x.shape[i]);
  if (!fits || part.dtype !== x.dtype) {
    throw new Error(
      `updateSlice: ${part.dtype} ${showShape(part.shape)} cannot be a slice of dimension ${axis} of ${x.dtype} ${showShape(x.shape)}`,
    );
  }
  const last = x.shape[axis] - part.shape[axis];
  const attrs = { dim: axis, scalarType: 'int32' };
  return recordLive([start], () => {
    const at = numberOf(start);
    expectWhole('updateSlice', 'start', at, 0, last);
    return record(updateSliceOp, [x, part], x.shape, x.dtype, attrs, [at]);
  });
}

const catOp: KernelOp = {
  kind: 'kernel',
  name: 'cat',
  joins: true,
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
    io.output();
    for (let i = 0; i < node.inputs.length; i++) {
      const region = io.part(i);
      if (region) io.copy(io.input(i), region);
    }
  },
};

/** Tensors joined along a dimension, in the dtype that they promote to. */
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
    length += value.shape[axis];
  }
  if (values.length === 1) return first;
  const shape = first.shape.map((n, i) => (i === axis ? length : n));
  const dtype = values.reduce((type, value) => promoteTypes(type, value.dtype), first.dtype);
  return record(
    catOp,
    values.map((value) => cast(value, dtype)),
    shape,
    dtype,
    { dim: axis },
  );
}
