/** Reductions, running sums, sorting and softmax. */
import { sameShape } from '../graph/shape.js';
import { type Dims, sum } from '../ops/broadcast.js';
import { expectMatrix } from '../ops/expect.js';
import { named } from '../ops/named.js';
import * as red from '../ops/reduce.js';
import * as scan from '../ops/scan.js';
import { logSoftmax, softmax } from '../ops/softmax.js';
import { sort, topk } from '../ops/sort.js';
import { TensorRearranging } from './rearranging.js';
import type { CloseOptions } from './special.js';
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

/** Elements and where they were found (int32). */
export interface ValuesAndIndices {
  readonly values: Tensor;
  readonly indices: Tensor;
}

export abstract class TensorReducing extends TensorRearranging {
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
    return named('amax', () => this.make(red.max(this.value, ...reduceArgs(dim, keepdim))));
  }
  amin(dim?: Dims | ReduceOptions, keepdim?: boolean): Tensor {
    return named('amin', () => this.make(red.min(this.value, ...reduceArgs(dim, keepdim))));
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
  /** The largest element, equals sharing the gradient; of a dimension, with its place. */
  max(): Tensor;
  max(dim: number, keepdim?: boolean): ValuesAndIndices;
  max(dim?: number, keepdim = false): Tensor | ValuesAndIndices {
    if (dim === undefined) return this.amax();
    return this.#pair(red.extremeAt('max', this.value, dim, keepdim));
  }
  min(): Tensor;
  min(dim: number, keepdim?: boolean): ValuesAndIndices;
  min(dim?: number, keepdim = false): Tensor | ValuesAndIndices {
    if (dim === undefined) return this.amin();
    return this.#pair(red.extremeAt('min', this.value, dim, keepdim));
  }
  /** (sum |x|^p)^(1/p), by default over all dimensions with p = 2; p may be 0, Infinity and -Infinity. */
  norm(p = 2, dim?: Dims, keepdim = false): Tensor {
    return this.make(red.norm(this.value, p, dim, keepdim));
  }
  /** The sum of a matrix's diagonal. */
  trace(): Tensor {
    expectMatrix('trace', this.shape);
    return this.diagonal().sum();
  }

  /** Running sums along a dimension; integers and bools sum to int32. */
  cumsum(dim: number): Tensor {
    return this.make(scan.cumsum(this.value, dim));
  }
  /** Running products along a dimension; integers and bools multiply to int32. */
  cumprod(dim: number): Tensor {
    return this.make(scan.cumprod(this.value, dim));
  }
  /** log of the running sums of e^x. */
  logcumsumexp(dim: number): Tensor {
    return this.make(scan.logcumsumexp(this.value, dim));
  }
  cummax(dim: number): ValuesAndIndices {
    return this.#pair(scan.cumulativeExtreme('cummax', this.value, dim));
  }
  cummin(dim: number): ValuesAndIndices {
    return this.#pair(scan.cumulativeExtreme('cummin', this.value, dim));
  }

  /** The elements of a dimension in order (equals keep theirs, NaN counts as the largest), and where they were. */
  sort(dim = -1, options: { descending?: boolean } = {}): ValuesAndIndices {
    return this.#pair(sort(this.value, dim, options.descending ?? false));
  }
  /** The indices that sort a dimension. */
  argsort(dim = -1, options: { descending?: boolean } = {}): Tensor {
    return this.sort(dim, options).indices;
  }
  /** The k largest (or smallest) elements of a dimension, in order, and where they were. */
  topk(k: number, dim = -1, options: { largest?: boolean } = {}): ValuesAndIndices {
    return this.#pair(topk(this.value, k, dim, options.largest ?? true));
  }

  softmax(dim: number): Tensor {
    return this.make(softmax(this.value, dim));
  }
  logSoftmax(dim: number): Tensor {
    return this.make(logSoftmax(this.value, dim));
  }

  #pair({
    values,
    indices,
  }: {
    values: TensorReducing['value'];
    indices: TensorReducing['value'];
  }): ValuesAndIndices {
    return { values: this.make(values), indices: this.make(indices) };
  }

  /**
   * Whether all elements are close: see `isclose`.
   * @throws (rejects) if the shapes do not broadcast.
   */
  async allclose(other: Tensor, options: CloseOptions = {}): Promise<boolean> {
    return (await this.isclose(other, options).all().item()) !== 0;
  }
  /** Whether shape and all elements are the same; NaN is not the same as itself. */
  async equal(other: Tensor): Promise<boolean> {
    return sameShape(this.shape, other.shape) && (await this.eq(other).all().item()) !== 0;
  }
}
