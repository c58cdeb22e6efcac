/** Views, joins, products, reductions and indexing. */

import { normalizeDim, showShape } from '../graph/shape.js';
import { type Dims, expand, reshape, sum } from '../ops/broadcast.js';
import { triangle } from '../ops/create.js';
import { gather, indexSelect } from '../ops/indexing.js';
import { matmul } from '../ops/matmul.js';
import * as red from '../ops/reduce.js';
import { logSoftmax, softmax } from '../ops/softmax.js';
import { permute, slice, transpose } from '../ops/views.js';
import { TensorArithmetic } from './arithmetic.js';
import type { Tensor } from './tensor.js';

export interface ReduceOptions {
  /** Dimensions to reduce; all of them if absent. */
  dim?: number | readonly number[];
  /** Keep reduced dimensions with size 1 (default false). */
  keepdim?: boolean;
}

const reduceArgs = (dim?: Dims | ReduceOptions, keepdim?: boolean): [Dims, boolean] =>
  typeof dim === 'object' && !Array.isArray(dim)
    ? [(dim as ReduceOptions).dim, (dim as ReduceOptions).keepdim ?? false]
    : [dim as Dims, keepdim ?? false];

export abstract class TensorShaping extends TensorArithmetic {
  /** The same elements under another shape; one dimension may be -1. */
  reshape(...shape: number[] | [readonly number[]]): Tensor {
    return this.make(reshape(this.value, shape.flat()));
  }
  /** As `reshape`: what has to be copied is copied. */
  view(...shape: number[] | [readonly number[]]): Tensor {
    return this.make(reshape(this.value, shape.flat(), 'view'));
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
    return this.make(permute(this.value, dims.flat()));
  }
  transpose(dim0: number, dim1: number): Tensor {
    return this.make(transpose(this.value, dim0, dim1));
  }
  /** The transpose of a matrix. */
  t(): Tensor {
    if (this.ndim > 2) throw new Error(`t: at most 2 dimensions, not shape ${showShape(this.shape)}`);
    return this.ndim < 2 ? this.make(this.value) : this.transpose(0, 1);
  }
  expand(...shape: number[] | [readonly number[]]): Tensor {
    return this.make(expand(this.value, shape.flat()));
  }
  squeeze(dim?: number): Tensor {
    if (dim === undefined) return this.reshape(this.shape.filter((n) => n !== 1));
    const axis = normalizeDim('squeeze', dim, this.ndim);
    return this.shape[axis] === 1
      ? this.reshape(this.shape.filter((_, i) => i !== axis))
      : this.make(this.value);
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
    return this.make(slice(this.value, axis, from, Math.ceil((to - from) / step), step));
  }
  narrow(dim: number, start: number, length: number): Tensor {
    const axis = normalizeDim('narrow', dim, this.ndim);
    const from = start < 0 ? start + this.shape[axis] : start;
    if (from < 0 || length < 0 || from + length > this.shape[axis]) {
      throw new Error(
        `narrow: ${start} to ${start + length} is outside dimension ${dim} of ${showShape(this.shape)}`,
      );
    }
    return this.make(slice(this.value, axis, from, length));
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
    return this.make(
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
      const part = this.make(slice(this.value, axis, start, length));
      start += length;
      return part;
    });
  }
  chunk(chunks: number, dim = 0): Tensor[] {
    const axis = normalizeDim('chunk', dim, this.ndim);
    return this.split(Math.ceil(this.shape[axis] / chunks), axis);
  }
  tril(diagonal = 0): Tensor {
    return this.make(triangle(this.value, true, diagonal));
  }
  triu(diagonal = 0): Tensor {
    return this.make(triangle(this.value, false, diagonal));
  }

  matmul(other: Tensor): Tensor {
    return this.make(matmul(this.value, other.value));
  }
  indexSelect(dim: number, index: Tensor): Tensor {
    return this.make(indexSelect(this.value, dim, index.value));
  }
  gather(dim: number, index: Tensor): Tensor {
    return this.make(gather(this.value, dim, index.value));
  }
  softmax(dim: number): Tensor {
    return this.make(softmax(this.value, dim));
  }
  logSoftmax(dim: number): Tensor {
    return this.make(logSoftmax(this.value, dim));
  }

  sum(dim?: Dims | ReduceOptions, keepdim?: boolean): Tensor {
    return this.make(sum(this.value, ...reduceArgs(dim, keepdim)));
  }
  mean(dim?: Dims | ReduceOptions, keepdim?: boolean): Tensor {
    return this.make(red.mean(this.value, ...reduceArgs(dim, keepdim)));
  }
  prod(dim?: Dims | ReduceOptions, keepdim?: boolean): Tensor {
    return this.make(red.prod(this.value, ...reduceArgs(dim, keepdim)));
  }
  /** The largest elements (PyTorch's `amax`): equals share the gradient. */
  amax(dim?: Dims | ReduceOptions, keepdim?: boolean): Tensor {
    return this.make(red.max(this.value, ...reduceArgs(dim, keepdim)));
  }
  amin(dim?: Dims | ReduceOptions, keepdim?: boolean): Tensor {
    return this.make(red.min(this.value, ...reduceArgs(dim, keepdim)));
  }
  argmax(dim?: number | ReduceOptions, keepdim?: boolean): Tensor {
    return this.make(red.argmax(this.value, ...reduceArgs(dim, keepdim)));
  }
  argmin(dim?: number | ReduceOptions, keepdim?: boolean): Tensor {
    return this.make(red.argmin(this.value, ...reduceArgs(dim, keepdim)));
  }
  any(dim?: Dims | ReduceOptions, keepdim?: boolean): Tensor {
    return this.make(red.any(this.value, ...reduceArgs(dim, keepdim)));
  }
  all(dim?: Dims | ReduceOptions, keepdim?: boolean): Tensor {
    return this.make(red.all(this.value, ...reduceArgs(dim, keepdim)));
  }
  /** Variance; `correction` 1 (default) is Bessel's. */
  var(dim?: Dims, options: { correction?: number; keepdim?: boolean } = {}): Tensor {
    return this.make(red.variance(this.value, dim, options.correction ?? 1, options.keepdim ?? false));
  }
  std(dim?: Dims, options: { correction?: number; keepdim?: boolean } = {}): Tensor {
    return this.make(red.std(this.value, dim, options.correction ?? 1, options.keepdim ?? false));
  }
  logsumexp(dim: Dims, keepdim = false): Tensor {
    return this.make(red.logsumexp(this.value, dim, keepdim));
  }
}
