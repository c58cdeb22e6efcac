/** Selection and summation with one index for all rows: embedding, indexSelect, indexAdd. */
import { isFloatingPoint } from '../backend/dtype.js';
import { operandAs, operandOf } from '../graph/layout.js';
import type { KernelIO, KernelOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import { normalizeDim, type Shape, showShape, sizeOf } from '../graph/shape.js';
import type { HostArray, Value } from '../graph/value.js';
import { cast } from './cast.js';
import { expectIndices, expectWhole } from './expect.js';
import { add, mul } from './pointwise.js';

/** The elements of an index, in any order, if the host knows them. */
export function hostOf(index: Value): HostArray | null {
  let source = index;
  while (source.host === null && source.op?.kind === 'view' && source.inputs.length > 0)
    source = source.inputs[0];
  return source.host;
}

/**
 * Checks indices that the host knows.
 * @returns whether they were known; otherwise the kernel has to check.
 * @throws Error that names the op, the index and the range.
 */
export function checkHostIndices(op: string, index: Value, size: number, allowed?: number): boolean {
  const host = hostOf(index);
  if (host === null) return false;
  for (let i = 0; i < host.length; i++) {
    const value = host[i];
    if ((value < 0 || value >= size) && value !== allowed) {
      throw new Error(
        `${op}: index ${value} is out of range for a dimension of size ${size} (0 to ${size - 1})`,
      );
    }
  }
  return true;
}

export function axes(shape: Shape, dim: number): { outer: number; size: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, dim)), size: shape[dim], inner: sizeOf(shape.slice(dim + 1)) };
}

export const flagOf = (node: Value, io: KernelIO) => (node.attrs?.checked ? null : operandOf(io.flag()));

const indexSelectOp: KernelOp = {
  kind: 'kernel',
  name: 'indexSelect',
  gradient: (node, g) => {
    const [x, index] = node.inputs;
    return [record(indexAddOp, [g, index], x.shape, x.dtype, { ...node.attrs, shape: x.shape }), null];
  },
  lower: (node, io) => {
    const [x, index] = node.inputs;
    const output = io.output();
    if (node.size === 0) return;
    const { outer, size, inner } = axes(x.shape, node.attrs?.dim as number);
    const count = index.size;
    io.emit({
      kind: 'indexSelect',
      label: node.attrs?.label as string,
      outer,
      size,
      inner,
      count,
      input: operandAs(io.input(0, 'contiguous'), [outer, size, inner]),
      index: operandAs(io.input(1, 'contiguous'), [count]),
      output: operandAs(output, [outer, count, inner]),
      flag: flagOf(node, io),
    });
  },
};

const indexAddOp: KernelOp = {
  kind: 'kernel',
  name: 'indexAdd',
  gradient: (node, g) => {
    const [source, index] = node.inputs;
    return [
      record(indexSelectOp, [g, index], source.shape, source.dtype, { ...node.attrs, shape: source.shape }),
      null,
    ];
  },
  lower: (node, io) => {
    const [, index] = node.inputs;
    const output = io.output();
    if (node.size === 0) return;
    const { outer, size, inner } = axes(node.shape, node.attrs?.dim as number);
    const count = index.size;
    io.emit({
      kind: 'indexAdd',
      label: node.attrs?.label === 'indexAdd' ? 'indexAdd' : `${node.attrs?.label as string}Backward`,
      outer,
      size,
      inner,
      count,
      accumulate: false,
      skip: node.attrs?.skip as number | null,
      index: operandAs(io.input(1, 'contiguous'), [count]),
      source: operandAs(io.input(0, 'contiguous'), [outer, count, inner]),
      output: operandAs(output, [outer, size, inner]),
      // As a gradient it follows a forward step, which has flagged what there is to flag.
      flag: node.attrs?.label === 'indexAdd' ? flagOf(node, io) : null,
    });
  },
};

export function checkIndex(op: string, index: Value): void {
  expectIndices(op, index.dtype);
}

/** Rows of a table [size, width] for each index of any shape; `paddingIdx` gets no gradient. */
export function embedding(table: Value, index: Value, paddingIdx: number | null = null): Value {
  checkIndex('embedding', index);
  if (table.shape.length !== 2)
    throw new Error(`embedding: weight needs 2 dimensions, not ${showShape(table.shape)}`);
  const checked = checkHostIndices('embedding', index, table.shape[0]);
  return record(indexSelectOp, [table, index], [...index.shape, table.shape[1]], table.dtype, {
    label: 'embedding',
    dim: 0,
    skip: paddingIdx,
    checked,
  });
}

/**
 * Entries `index` (one dimension) of dimension `dim`.
 * @param inRange the indices are known to be in range.
 */
export function indexSelect(x: Value, dim: number, index: Value, inRange = false): Value {
  checkIndex('indexSelect', index);
  if (index.shape.length !== 1)
    throw new Error(`indexSelect: the index needs 1 dimension, not ${showShape(index.shape)}`);
  const axis = normalizeDim('indexSelect', dim, x.shape.length);
  const checked = inRange || checkHostIndices('indexSelect', index, x.shape[axis]);
  const shape = x.shape.map((n, i) => (i === axis ? index.size : n));
  return record(indexSelectOp, [x, index], shape, x.dtype, {
    label: 'indexSelect',
    dim: axis,
    skip: null,
    checked,
  });
}

/** x plus source[..., i, ...] times alpha at entry index[i] of a dimension, in the order of i. */
export function indexAdd(x: Value, dim: number, index: Value, source: Value, alpha = 1): Value {
  checkIndex('indexAdd', index);
  const axis = normalizeDim('indexAdd', dim, x.shape.length);
  if (source.dtype !== x.dtype) throw new Error(`indexAdd: dtypes ${x.dtype} and ${source.dtype} differ`);
  if (!isFloatingPoint(x.dtype)) expectWhole('indexAdd', `alpha of ${x.dtype}`, alpha, -Infinity);
  if (x.dtype === 'bool')
    return cast(indexAdd(cast(x, 'int32'), dim, index, cast(source, 'int32'), alpha), 'bool');
  const fits =
    index.shape.length === 1 &&
    source.shape.length === x.shape.length &&
    source.shape.every((n, i) => n === (i === axis ? index.size : x.shape[i]));
  if (!fits) {
    throw new Error(
      `indexAdd: source ${showShape(source.shape)} and index ${showShape(index.shape)} do not fit dimension ${axis} of ${showShape(x.shape)}`,
    );
  }
  const checked = checkHostIndices('indexAdd', index, x.shape[axis]);
  const scaled = alpha === 1 ? source : mul(source, alpha);
  const attrs = { label: 'indexAdd', dim: axis, skip: null, checked, shape: x.shape };
  return add(x, record(indexAddOp, [scaled, index], x.shape, x.dtype, attrs));
}

/** How many classes `oneHot` needs for indices that the host knows. */
export function oneHotClasses(index: Value): number {
  if (index.host === null)
    throw new Error('oneHot: give numClasses, since the indices are not known on the host');
  let top = 0;
  for (let i = 0; i < index.host.length; i++) top = Math.max(top, index.host[i] + 1);
  return top;
}
