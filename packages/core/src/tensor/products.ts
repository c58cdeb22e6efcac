/** Products of vectors and matrices. */
import { showShape } from '../graph/shape.js';
import { matmul } from '../ops/matmul.js';
import { named } from '../ops/named.js';
import { TensorReducing } from './reducing.js';
import type { Tensor } from './tensor.js';

export interface ScaleOptions {
  /** Times this tensor (default 1). */
  beta?: number;
  /** Times the product (default 1). */
  alpha?: number;
}

export abstract class TensorProducts extends TensorReducing {
  /** PyTorch's matmul: vectors are promoted, leading dimensions broadcast. */
  matmul(other: Tensor): Tensor {
    return this.make(matmul(this.value, other.value));
  }
  /** The product of two matrices. */
  mm(other: Tensor): Tensor {
    this.#ranks('mm', 2, other, 2);
    return named('mm', () => this.matmul(other));
  }
  /** Products of matrices, batch by batch: [b, n, m] and [b, m, p]. */
  bmm(other: Tensor): Tensor {
    this.#ranks('bmm', 3, other, 3);
    if (this.shape[0] !== other.shape[0])
      throw new Error(`bmm: shapes ${showShape(this.shape)} and ${showShape(other.shape)}: batches differ`);
    return named('bmm', () => this.matmul(other));
  }
  /** A matrix times a vector. */
  mv(other: Tensor): Tensor {
    this.#ranks('mv', 2, other, 1);
    return named('mv', () => this.matmul(other));
  }
  /** The inner product of two vectors. */
  dot(other: Tensor): Tensor {
    this.#ranks('dot', 1, other, 1);
    return named('dot', () => this.matmul(other));
  }
  /** Each element of this vector times each of the other: [n] and [m] make [n, m]. */
  outer(other: Tensor): Tensor {
    this.#ranks('outer', 1, other, 1);
    return this.unsqueeze(1).mul(other);
  }
  /** beta * this + alpha * (a b) for matrices a and b; this broadcasts. */
  addmm(a: Tensor, b: Tensor, options: ScaleOptions = {}): Tensor {
    return named('addmm', () => this.#added(a.mm(b), options));
  }
  /** beta * this + alpha * (a b) for batches of matrices; this broadcasts. */
  baddbmm(a: Tensor, b: Tensor, options: ScaleOptions = {}): Tensor {
    return named('baddbmm', () => this.#added(a.bmm(b), options));
  }

  #added(product: Tensor, { beta = 1, alpha = 1 }: ScaleOptions): Tensor {
    const scaled = alpha === 1 ? product : product.mul(alpha);
    const own = this.expand(product.shape);
    return beta === 1 ? own.add(scaled) : own.mul(beta).add(scaled);
  }

  #ranks(name: string, mine: number, other: Tensor, theirs: number): void {
    if (this.ndim !== mine || other.ndim !== theirs) {
      throw new Error(
        `${name}: shapes ${showShape(this.shape)} and ${showShape(other.shape)}: ${mine} and ${theirs} dimensions are needed`,
      );
    }
  }
}
