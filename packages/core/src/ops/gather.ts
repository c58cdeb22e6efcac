/** Selection and assignment with an index for each element: gather, scatter, scatterAdd. */
import type { DType } from '../backend/dtype.js';
import { operandAs } from '../graph/layout.js';
import type { KernelOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import { normalizeDim, type Shape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { cast } from './cast.js';
import { full } from './create.js';
import { axes, checkHostIndices, checkIndex, flagOf } from './indexing.js';
import { add } from './pointwise.js';
import { putSlice, slice } from './views.js';

const gatherOp: KernelOp = {
  kind: 'kernel',
  name: 'gather',
  gradient: (node, g) => {
    const [x, index] = node.inputs;
    return [
      record(scatterAddOp, [g, index], x.shape, x.dtype, { ...node.attrs, shape: x.shape, gradient: true }),
      null,
    ];
  },
  lower: (node, io) => {
    const dim = node.attrs?.dim as number;
    const output = io.output();
    if (node.size === 0) return;
    const { outer, size, inner } = axes(node.inputs[0].shape, dim);
    const count = node.shape[dim];
    io.emit({
      kind: 'gather',
      label: 'gather',
      outer,
      size,
      inner,
      count,
      input: operandAs(io.input(0, 'contiguous'), [outer, size, inner]),
      index: operandAs(io.input(1, 'contiguous'), [outer, count, inner]),
      output: operandAs(output, [outer, count, inner]),
      flag: flagOf(node, io),
    });
  },
};

const scatterAddOp: KernelOp = {
  kind: 'kernel',
  name: 'scatterAdd',
  gradient: (node, g) => {
    const [source, index] = node.inputs;
    return [
      record(gatherOp, [g, index], source.shape, source.dtype, { ...node.attrs, shape: source.shape }),
      null,
    ];
  },
  lower: (node, io) => {
    const dim = node.attrs?.dim as number;
    const output = io.output();
    if (node.size === 0) return;
    const { outer, size, inner } = axes(node.shape, dim);
    const count = node.inputs[1].shape[dim];
    io.emit({
      kind: 'scatter',
      label: 'scatterAdd',
      outer,
      size,
      inner,
      count,
      reduce: 'sum',
      accumulate: false,
      index: operandAs(io.input(1, 'contiguous'), [outer, count, inner]),
      source: operandAs(io.input(0, 'contiguous'), [outer, count, inner]),
      output: operandAs(output, [outer, size, inner]),
      // As gather's gradient it follows a step that has flagged what there is to flag.
      flag: node.attrs?.gradient ? null : flagOf(node, io),
    });
  },
};

const scatterOp: KernelOp = {
  kind: 'kernel',
  name: 'scatter',
  gradient: (node, g) => {
    const [, source, index] = node.inputs;
    const zeros = full(g.device, source.shape, 0, g.dtype);
    return [
      record(scatterOp, [g, zeros, index], g.shape, g.dtype, node.attrs),
      record(gatherOp, [g, index], source.shape, g.dtype, { dim: node.attrs?.dim as number, checked: true }),
      null,
    ];
  },
  lower: (node, io) => {
    const dim = node.attrs?.dim as number;
    const output = io.output();
    io.copy(io.input(0), output);
    const [, source] = node.inputs;
    if (source.size === 0) return;
    const { outer, size, inner } = axes(node.shape, dim);
    const count = source.shape[dim];
    io.emit({
      kind: 'scatter',
      label: 'scatter',
      outer,
      size,
      inner,
      count,
      reduce: 'none',
      accumulate: true,
      index: operandAs(io.input(2, 'contiguous'), [outer, count, inner]),
      source: operandAs(io.input(1, 'contiguous'), [outer, count, inner]),
      output: operandAs(output, [outer, size, inner]),
      flag: flagOf(node, io),
    });
  },
};

/** The part of x that an index of the given shape can reach: all of `axis`, the beginning of the others. */
function reach(name: string, x: Value, axis: number, index: Value): Value {
  const fits =
    index.shape.length === x.shape.length && index.shape.every((n, i) => i === axis || n <= x.shape[i]);
  if (!fits || x.shape.length === 0) {
    throw new Error(
      `${name}: index ${showShape(index.shape)} must have the dimensions of the input ${showShape(x.shape)} and not exceed it outside dimension ${axis}`,
    );
  }
  return index.shape.reduce((part, n, i) => (i === axis ? part : slice(part, i, 0, n)), x);
}

/**
 * torch.gather: out[..., i, ...] = x[..., index[..., i, ...], ...] along `dim`; the result has the index's shape.
 * @param inRange the indices are known to be in range.
 */
export function gather(x: Value, dim: number, index: Value, inRange = false): Value {
  checkIndex('gather', index);
  const axis = normalizeDim('gather', dim, x.shape.length);
  const part = reach('gather', x, axis, index);
  const checked = inRange || checkHostIndices('gather', index, x.shape[axis]);
  return record(gatherOp, [part, index], index.shape, x.dtype, { dim: axis, checked });
}

/** Applies `change` to the part of x that the index reaches, and lays it back. */
function within(
  name: string,
  x: Value,
  dim: number,
  index: Value,
  source: Value,
  change: (part: Value, axis: number, source: Value, checked: boolean) => Value,
): Value {
  checkIndex(name, index);
  const axis = normalizeDim(name, dim, x.shape.length);
  if (source.dtype !== x.dtype) throw new Error(`${name}: dtypes ${x.dtype} and ${source.dtype} differ`);
  const part = reach(name, x, axis, index);
  const fits =
    source.shape.length === index.shape.length && index.shape.every((n, i) => n <= source.shape[i]);
  if (!fits) {
    throw new Error(`${name}: index ${showShape(index.shape)} exceeds the source ${showShape(source.shape)}`);
  }
  const used = index.shape.reduce((cut, n, i) => slice(cut, i, 0, n), source);
  const checked = checkHostIndices(name, index, x.shape[axis]);
  const changed = change(part, axis, used, checked);
  if (part === x) return changed;
  return layBack(x, changed);
}

/** x with its first entries in each dimension replaced. */
function layBack(x: Value, part: Value): Value {
  const axis = part.shape.findIndex((n, i) => n !== x.shape[i]);
  if (axis < 0) return part;
  const start = { dim: axis, start: 0, step: 1 };
  return putSlice(x, layBack(slice(x, axis, 0, part.shape[axis]), part), start);
}

/** torch.scatter: x with x[..., index[..., i, ...], ...] = source[..., i, ...]; of equal indices the last wins. */
export function scatter(x: Value, dim: number, index: Value, source: Value | number): Value {
  const values = typeof source === 'number' ? full(x.device, index.shape, source, x.dtype) : source;
  return within('scatter', x, dim, index, values, (part, axis, used, checked) =>
    record(scatterOp, [part, used, index], part.shape, x.dtype, { dim: axis, checked }),
  );
}

/** torch.scatter_add: x plus source[..., i, ...] at index[..., i, ...], in the order of i. */
export function scatterAdd(x: Value, dim: number, index: Value, source: Value): Value {
  if (x.dtype === 'bool' && source.dtype === 'bool')
    return cast(scatterAdd(cast(x, 'int32'), dim, index, cast(source, 'int32')), 'bool');
  return within('scatterAdd', x, dim, index, source, (part, axis, used, checked) =>
    add(part, scatterSum(part.shape, axis, index, used, x.dtype, checked)),
  );
}

/** Zeros of a shape with `source` summed into the places that the index names. */
export function scatterSum(
  shape: Shape,
  axis: number,
  index: Value,
  source: Value,
  dtype: DType,
  checked: boolean,
): Value {
  return record(scatterAddOp, [source, index], shape, dtype, { dim: axis, checked, shape });
}
