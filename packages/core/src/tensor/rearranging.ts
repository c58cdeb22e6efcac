/** Copies of the elements in another order or number. */
import { triangle } from '../ops/create.js';
import { diag, flip, repeat, repeatInterleave, roll, unfold } from '../ops/rearrange.js';
import { TensorShaping } from './shaping.js';
import type { Tensor } from './tensor.js';

export abstract class TensorRearranging extends TensorShaping {
  /** The order of dimensions reversed. */
  flip(...dims: number[] | [readonly number[]]): Tensor {
    return this.make(flip(this.value, dims.flat()));
  }
  /**
   * Entries moved on, those that fall off the end to the beginning.
   * @param dims the dimensions of the shifts; if absent the tensor is rolled as if it were flat.
   */
  roll(shifts: number | readonly number[], dims?: number | readonly number[]): Tensor {
    return this.make(roll(this.value, [shifts].flat(), dims === undefined ? null : [dims].flat()));
  }
  /** The whole tensor several times along each dimension; more sizes than dimensions add leading ones. */
  repeat(...sizes: number[] | [readonly number[]]): Tensor {
    return this.make(repeat(this.value, sizes.flat()));
  }
  /** As `repeat`, but fewer sizes than dimensions are those of the last ones. */
  tile(...sizes: number[] | [readonly number[]]): Tensor {
    const given = sizes.flat();
    const ones = new Array<number>(Math.max(0, this.ndim - given.length)).fill(1);
    return this.make(repeat(this.value, [...ones, ...given], 'tile'));
  }
  /** Each entry of a dimension several times in a row; without a dimension, each element of the flat tensor. */
  repeatInterleave(times: number, dim?: number): Tensor {
    const from = dim === undefined ? this.flatten().value : this.value;
    return this.make(repeatInterleave(from, times, dim ?? 0));
  }
  /** Windows of `size` entries of a dimension, `step` apart, as a new last dimension. */
  unfold(dim: number, size: number, step: number): Tensor {
    return this.make(unfold(this.value, dim, size, step));
  }
  /** Matrices with zeros above a diagonal. */
  tril(diagonal = 0): Tensor {
    return this.make(triangle(this.value, true, diagonal));
  }
  /** Matrices with zeros below a diagonal. */
  triu(diagonal = 0): Tensor {
    return this.make(triangle(this.value, false, diagonal));
  }
  /** A diagonal of a matrix, or a square matrix with this vector on one. */
  diag(diagonal = 0): Tensor {
    return this.make(diag(this.value, diagonal));
  }
}
