/** Selection by index and mask. Assignment is in tensor.ts, where in-place changes are. */
import { normalizeDim, showShape } from '../graph/shape.js';
import * as advanced from '../ops/advanced-indexing.js';
import { full } from '../ops/create.js';
import { expectMask } from '../ops/expect.js';
import { gather, scatter, scatterAdd } from '../ops/gather.js';
import { indexAdd, indexSelect } from '../ops/indexing.js';
import { named } from '../ops/named.js';
import { TensorProducts } from './products.js';
import type { Tensor } from './tensor.js';

/** Elements start ... end - 1 of a dimension, every step-th; negative bounds count from the end. */
export interface Slice {
  readonly start?: number;
  readonly end?: number;
  readonly step?: number;
}

/**
 * One place of PyTorch's x[...]: a number selects, ':' takes all, a slice takes part, '...' fills up with ':', null adds
 * a dimension of size 1, an int32 tensor picks entries (negative ones count from the end), a bool tensor is a mask.
 */
export type Index = number | null | ':' | '...' | Slice | Tensor;

const isTensor = (index: Index): index is Tensor =>
  typeof index === 'object' && index !== null && 'value' in index;

export abstract class TensorIndexing extends TensorProducts {
  /** Entries of a dimension, by an int32 vector. */
  indexSelect(dim: number, index: Tensor): Tensor {
    return this.make(indexSelect(this.value, dim, index.value));
  }
  /** out[..., i, ...] = this[..., index[..., i, ...], ...] along `dim`; the result has the index's shape. */
  gather(dim: number, index: Tensor): Tensor {
    return this.make(gather(this.value, dim, index.value));
  }
  /** As `gather`, with an index that broadcasts outside `dim`. */
  takeAlongDim(index: Tensor, dim: number): Tensor {
    const axis = normalizeDim('takeAlongDim', dim, this.ndim);
    if (index.ndim !== this.ndim)
      throw new Error(
        `takeAlongDim: index ${showShape(index.shape)} and input ${showShape(this.shape)} differ in dimensions`,
      );
    const shape = this.shape.map((n, i) => (i === axis ? index.shape[i] : Math.max(n, index.shape[i])));
    const wide = this.expand(shape.map((n, i) => (i === axis ? this.shape[i] : n)));
    return named('takeAlongDim', () => wide.gather(axis, index.expand(shape)));
  }
  /** A copy with copy[..., index[..., i, ...], ...] = source[..., i, ...]; of equal indices the last wins. */
  scatter(dim: number, index: Tensor, source: Tensor | number): Tensor {
    const from = typeof source === 'number' ? source : source.value;
    return this.make(scatter(this.value, dim, index.value, from));
  }
  /** A copy with source[..., i, ...] added at index[..., i, ...]. */
  scatterAdd(dim: number, index: Tensor, source: Tensor): Tensor {
    return this.make(scatterAdd(this.value, dim, index.value, source.value));
  }
  /** A copy with alpha * source[i] added to entry index[i] of a dimension. */
  indexAdd(dim: number, index: Tensor, source: Tensor, options: { alpha?: number } = {}): Tensor {
    return this.make(indexAdd(this.value, dim, index.value, source.value, options.alpha ?? 1));
  }
  /** A copy with a number in the entries `index` of a dimension; negative ones count from the end. */
  indexFill(dim: number, index: Tensor, value: number): Tensor {
    const axis = normalizeDim('indexFill', dim, this.ndim);
    if (index.ndim !== 1)
      throw new Error(`indexFill: the index needs 1 dimension, not ${showShape(index.shape)}`);
    const places = [...new Array<null>(axis).fill(null), index.value];
    const filling = full(this.device, [], value, this.dtype);
    return named('indexFill', () => this.make(advanced.indexPut(this.value, places, filling, false)));
  }
  /** A copy with x[indices] = values (they broadcast); with `accumulate` repeated indices add up. */
  indexPut(
    indices: readonly (Tensor | null)[],
    values: Tensor,
    options: { accumulate?: boolean } = {},
  ): Tensor {
    const given = indices.map((index) => index?.value ?? null);
    return this.make(advanced.indexPut(this.value, given, values.value, options.accumulate ?? false));
  }
  /** A copy with the elements under a mask (it broadcasts) replaced by those of `source`, in order. */
  maskedScatter(mask: Tensor, source: Tensor): Tensor {
    return this.make(advanced.maskedScatter(this.value, mask.value, source.value));
  }

  /**
   * PyTorch's x[...]. Masks are awaited: see `maskedSelect`.
   * @example
   * x.getItem(0, ':', { step: 2 });   // x[0, :, ::2]
   * x.getItem('...', tensor([2, 0], { dtype: 'int32' }));
   */
  getItem(...indices: Index[]): Tensor {
    const { view, tensors } = this.looked('getItem', indices);
    if (tensors.every((index) => index === null)) return view;
    if (tensors.some((index) => index?.dtype === 'bool'))
      throw new Error('getItem: how many elements a mask selects is not known yet; await maskedSelect(mask)');
    const given = tensors.map((index) => index?.value ?? null);
    return this.make(advanced.index(view.value, given));
  }

  /** The elements under a mask that broadcasts with this tensor, as a vector. */
  async maskedSelect(mask: Tensor): Promise<Tensor> {
    expectMask('maskedSelect', mask.dtype);
    const all = this.where(mask, 0);
    const places = await mask.expand(all.shape).flatten().nonzero();
    return this.expand(all.shape).flatten().indexSelect(0, places.select(1, 0));
  }
  /** The coordinates of the elements that are not 0: [how many, ndim], int32. */
  async nonzero(): Promise<Tensor> {
    const host = await this.data();
    const { shape } = this;
    const places: number[] = [];
    for (let i = 0; i < host.length; i++) {
      if (host[i] === 0) continue;
      let rest = i;
      const start = places.length;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        places[start + axis] = rest % shape[axis];
        rest = Math.floor(rest / shape[axis]);
      }
    }
    const rank = shape.length;
    return this.fromHost(Int32Array.from(places), [
      rank === 0 ? Number(host[0] !== 0) : places.length / rank,
      rank,
    ]);
  }

  /** A tensor over an int32 host array. */
  protected abstract fromHost(host: Int32Array, shape: readonly number[]): Tensor;

  /** Applies what is a view, and gives the index tensors by dimension of it. */
  protected looked(name: string, indices: readonly Index[]): { view: Tensor; tensors: (Tensor | null)[] } {
    let used = 0;
    for (const index of indices)
      used +=
        index === null || index === '...' ? 0 : isTensor(index) && index.dtype === 'bool' ? index.ndim : 1;
    const ellipses = indices.filter((index) => index === '...').length;
    if (used > this.ndim || ellipses > 1) {
      throw new Error(
        `${name}: ${ellipses > 1 ? "more than one '...'" : `${used} indices`} for a tensor of shape ${showShape(this.shape)}`,
      );
    }
    const filled = ellipses === 1 ? indices : [...indices, '...' as const];
    let view = this as unknown as Tensor;
    const tensors: (Tensor | null)[] = [];
    let dim = 0;
    for (const index of filled) {
      if (index === '...') {
        for (let i = used; i < this.ndim; i++) tensors[dim++] = null;
      } else if (index === null) {
        view = view.unsqueeze(dim);
        tensors[dim++] = null;
      } else if (index === ':') tensors[dim++] = null;
      else if (typeof index === 'number') view = view.select(dim, index);
      else if (isTensor(index)) {
        tensors[dim] = index;
        dim += index.dtype === 'bool' ? index.ndim : 1;
      } else {
        view = view.slice(dim, index.start ?? 0, index.end ?? Number.POSITIVE_INFINITY, index.step ?? 1);
        tensors[dim++] = null;
      }
    }
    return { view, tensors: Array.from(tensors, (index) => index ?? null) };
  }
}
