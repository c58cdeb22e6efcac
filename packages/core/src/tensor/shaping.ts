/** Views: other looks at the same elements. An in-place change of a view changes the tensor that it looks at. */
import { normalizeDim, showShape } from '../graph/shape.js';
import { expand, reshape } from '../ops/broadcast.js';
import { diagonal } from '../ops/rearrange.js';
import { permute, slice, transpose } from '../ops/views.js';
import { TensorSpecial } from './special.js';
import type { Tensor } from './tensor.js';

/** Sizes given one by one or as a list, as a list of our own. (`flat` takes longer than all else that a view costs.) */
function listed(given: readonly number[] | readonly [readonly number[]]): number[] {
  const [first] = given;
  return typeof first === 'object' ? [...first] : (given as number[]);
}

export abstract class TensorShaping extends TensorSpecial {
  /** The same elements under another shape; one dimension may be -1. */
  reshape(...shape: number[] | [readonly number[]]): Tensor {
    return this.viewed(reshape(this.value, listed(shape)));
  }
  /** As `reshape`: what has to be copied is copied. */
  view(...shape: number[] | [readonly number[]]): Tensor {
    return this.viewed(reshape(this.value, listed(shape), 'view'));
  }
  flatten(startDim = 0, endDim = -1): Tensor {
    if (this.ndim === 0) return this.reshape(1);
    const start = normalizeDim('flatten', startDim, this.ndim);
    const end = normalizeDim('flatten', endDim, this.ndim);
    if (start > end) throw new Error(`flatten: startDim ${startDim} comes after endDim ${endDim}`);
    const merged = this.shape.slice(start, end + 1).reduce((a, b) => a * b, 1);
    return this.reshape([...this.shape.slice(0, start), merged, ...this.shape.slice(end + 1)]);
  }
  permute(...dims: number[] | [readonly number[]]): Tensor {
    return this.viewed(permute(this.value, listed(dims)));
  }
  transpose(dim0: number, dim1: number): Tensor {
    return this.viewed(transpose(this.value, dim0, dim1));
  }
  /** The transpose of a matrix. */
  t(): Tensor {
    if (this.ndim > 2) throw new Error(`t: at most 2 dimensions, not shape ${showShape(this.shape)}`);
    return this.ndim < 2 ? this.viewed(this.value) : this.transpose(0, 1);
  }
  expand(...shape: number[] | [readonly number[]]): Tensor {
    return this.viewed(expand(this.value, listed(shape)));
  }
  squeeze(dim?: number): Tensor {
    if (dim === undefined) return this.reshape(this.shape.filter((n) => n !== 1));
    const axis = normalizeDim('squeeze', dim, this.ndim);
    return this.shape[axis] === 1
      ? this.reshape(this.shape.filter((_, i) => i !== axis))
      : this.viewed(this.value);
  }
  unsqueeze(dim: number): Tensor {
    const axis = normalizeDim('unsqueeze', dim, this.ndim + 1);
    return this.reshape([...this.shape.slice(0, axis), 1, ...this.shape.slice(axis)]);
  }
  /** Elements start ... end - 1 of a dimension, every `step`-th; negative bounds count from the end and are clipped. */
  slice(dim: number, start = 0, end = Number.POSITIVE_INFINITY, step = 1): Tensor {
    const axis = normalizeDim('slice', dim, this.ndim);
    if (!Number.isInteger(step) || step < 1)
      throw new Error(`slice: step ${step} is not a whole number from 1 on`);
    const n = this.shape[axis];
    const bound = (i: number): number => Math.min(Math.max(i < 0 ? i + n : i, 0), n);
    const from = bound(start);
    const to = Math.max(bound(end), from);
    return this.viewed(slice(this.value, axis, from, Math.ceil((to - from) / step), step));
  }
  narrow(dim: number, start: number, length: number): Tensor {
    const axis = normalizeDim('narrow', dim, this.ndim);
    const from = start < 0 ? start + this.shape[axis] : start;
    if (from < 0 || length < 0 || from + length > this.shape[axis]) {
      throw new Error(
        `narrow: ${start} to ${start + length} is outside dimension ${dim} of ${showShape(this.shape)}`,
      );
    }
    return this.viewed(slice(this.value, axis, from, length));
  }
  /** One entry of a dimension, which disappears. */
  select(dim: number, index: number): Tensor {
    const axis = normalizeDim('select', dim, this.ndim);
    const n = this.shape[axis];
    if (this.ndim === 0 || !Number.isInteger(index) || index < -n || index >= n) {
      throw new Error(
        `select: index ${index} is out of range for dimension ${dim} of ${showShape(this.shape)}`,
      );
    }
    const part = slice(this.value, axis, index < 0 ? index + n : index, 1);
    return this.viewed(
      reshape(
        part,
        this.shape.filter((_, i) => i !== axis),
      ),
    );
  }
  /** Parts of the given size (the last may be smaller), or of the given sizes. */
  split(size: number | readonly number[], dim = 0): Tensor[] {
    const axis = normalizeDim('split', dim, this.ndim);
    const n = this.shape[axis];
    const sizes =
      typeof size === 'number'
        ? Array.from({ length: Math.max(1, Math.ceil(n / size)) }, (_, i) => Math.min(size, n - i * size))
        : size;
    if (sizes.reduce((a, b) => a + b, 0) !== n || sizes.some((s) => !(s >= 0))) {
      throw new Error(
        `split: sizes [${sizes.join(', ')}] do not add up to ${n} (dimension ${dim} of ${showShape(this.shape)})`,
      );
    }
    let start = 0;
    return sizes.map((length) => {
      const part = this.viewed(slice(this.value, axis, start, length));
      start += length;
      return part;
    });
  }
  chunk(chunks: number, dim = 0): Tensor[] {
    const axis = normalizeDim('chunk', dim, this.ndim);
    const n = this.shape[axis];
    return this.split(n === 0 ? new Array<number>(chunks).fill(0) : Math.ceil(n / chunks), axis);
  }
  /** One dimension as several; one of the sizes may be -1. */
  unflatten(dim: number, sizes: readonly number[]): Tensor {
    const axis = normalizeDim('unflatten', dim, this.ndim);
    const n = this.shape[axis];
    const known = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1);
    const filled = sizes.map((size) => (size === -1 ? n / known : size));
    if (filled.some((size) => !Number.isInteger(size)) || filled.reduce((a, b) => a * b, 1) !== n) {
      throw new Error(
        `unflatten: [${sizes.join(', ')}] do not make up the ${n} entries of dimension ${dim} of ${showShape(this.shape)}`,
      );
    }
    return this.reshape([...this.shape.slice(0, axis), ...filled, ...this.shape.slice(axis + 1)]);
  }
  /** Each entry of a dimension, without it. */
  unbind(dim = 0): Tensor[] {
    const axis = normalizeDim('unbind', dim, this.ndim);
    return Array.from({ length: this.shape[axis] }, (_, i) => this.select(axis, i));
  }
  /** Dimensions moved to other places; the others keep their order. */
  movedim(source: number | readonly number[], destination: number | readonly number[]): Tensor {
    const all = (dims: number | readonly number[]): number[] =>
      [dims].flat().map((dim) => normalizeDim('movedim', dim, this.ndim));
    const [from, to] = [all(source), all(destination)];
    if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length) {
      throw new Error(`movedim: [${from.join(', ')}] cannot move to [${to.join(', ')}]`);
    }
    const rest = this.shape.map((_, i) => i).filter((i) => !from.includes(i));
    const order = this.shape.map((_, i) => {
      const moved = to.indexOf(i);
      return moved >= 0 ? from[moved] : (rest.shift() as number);
    });
    return this.ndim === 0 ? this.viewed(this.value) : this.permute(order);
  }
  /** As `transpose`. */
  swapaxes(dim0: number, dim1: number): Tensor {
    return this.transpose(dim0, dim1);
  }
  /** As `expand`. */
  broadcastTo(...shape: number[] | [readonly number[]]): Tensor {
    return this.expand(...shape);
  }
  /** A diagonal of two dimensions, as a new last one; `offset` counts from the main one upwards. */
  diagonal(offset = 0, dim1 = 0, dim2 = 1): Tensor {
    const [a, b] = [dim1, dim2].map((dim) => normalizeDim('diagonal', dim, this.ndim));
    if (a === b) throw new Error(`diagonal: dim1 and dim2 are both dimension ${a}`);
    const rest = this.shape.map((_, i) => i).filter((i) => i !== a && i !== b);
    return this.viewed(diagonal(permute(this.value, [...rest, a, b]), offset));
  }
}
