/** Functions of single elements that fewer programs call, with the same broadcasting and promotion as the rest. */
import * as bits from '../ops/bits.js';
import * as gamma from '../ops/gamma.js';
import * as irregular from '../ops/irregular.js';
import { named } from '../ops/named.js';
import { type Other, TensorArithmetic } from './arithmetic.js';
import type { Tensor } from './tensor.js';

const of = (other: Other) => (typeof other === 'number' ? other : other.value);

export interface CloseOptions {
  /** Of the other's size (default 1e-5). */
  rtol?: number;
  /** In any case (default 1e-8). */
  atol?: number;
  /** Whether NaN is close to NaN (default false). */
  equalNan?: boolean;
}

export abstract class TensorSpecial extends TensorArithmetic {
  /** this + value * a * b */
  addcmul(a: Tensor, b: Tensor, options: { value?: number } = {}): Tensor {
    return named('addcmul', () => this.add(a.mul(b), { alpha: options.value ?? 1 }));
  }
  /** this + value * a / b */
  addcdiv(a: Tensor, b: Tensor, options: { value?: number } = {}): Tensor {
    return named('addcdiv', () => this.add(a.div(b), { alpha: options.value ?? 1 }));
  }

  /** Bit by bit; of bools, logical and. */
  bitwiseAnd(other: Other): Tensor {
    return this.make(bits.bitwiseAnd(this.value, of(other)));
  }
  /** Bit by bit; of bools, logical or. */
  bitwiseOr(other: Other): Tensor {
    return this.make(bits.bitwiseOr(this.value, of(other)));
  }
  /** Bit by bit; of bools, logical exclusive or. */
  bitwiseXor(other: Other): Tensor {
    return this.make(bits.bitwiseXor(this.value, of(other)));
  }
  /** Every bit turned round; of bools, logical not. */
  bitwiseNot(): Tensor {
    return this.make(bits.bitwiseNot(this.value));
  }
  /** this * 2^count, for counts from 0 on; what goes over the edge is lost. */
  bitwiseLeftShift(count: Other): Tensor {
    return this.make(bits.bitwiseLeftShift(this.value, of(count)));
  }
  /** this / 2^count rounded down, for counts from 0 on. */
  bitwiseRightShift(count: Other): Tensor {
    return this.make(bits.bitwiseRightShift(this.value, of(count)));
  }

  /** The larger, and the other where one is NaN. */
  fmax(other: Other): Tensor {
    return this.make(irregular.fmax(this.value, of(other)));
  }
  /** The smaller, and the other where one is NaN. */
  fmin(other: Other): Tensor {
    return this.make(irregular.fmin(this.value, of(other)));
  }
  /** The size of this with the sign of the other. */
  copysign(other: Other): Tensor {
    return this.make(irregular.copysign(this.value, of(other)));
  }
  /** 0 below zero, 1 above, `values` at zero. */
  heaviside(values: Tensor): Tensor {
    return this.make(irregular.heaviside(this.value, values.value));
  }
  /** this * log(other), and 0 where this is 0. */
  xlogy(other: Other): Tensor {
    return this.make(irregular.xlogy(this.value, of(other)));
  }
  /** sin(pi x) / (pi x), and 1 at 0. */
  sinc(): Tensor {
    return this.make(irregular.sinc(this.value));
  }
  /** Numbers for NaN (default 0) and the infinities (default the largest and the smallest of the dtype). */
  nanToNum(nan?: number, posinf?: number, neginf?: number): Tensor {
    return this.make(irregular.nanToNum(this.value, nan, posinf, neginf));
  }
  isposinf(): Tensor {
    return this.make(irregular.isposinf(this.value));
  }
  isneginf(): Tensor {
    return this.make(irregular.isneginf(this.value));
  }

  /** log |gamma(x)| */
  lgamma(): Tensor {
    return this.make(gamma.lgamma(this.value));
  }
  /** The derivative of `lgamma`. */
  digamma(): Tensor {
    return this.make(gamma.digamma(this.value));
  }
  /** The inverse of `erf`, of numbers from -1 to 1. */
  erfinv(): Tensor {
    return this.make(gamma.erfinv(this.value));
  }

  /** Whether |this - other| <= atol + rtol |other|, element by element. */
  isclose(other: Tensor, { rtol, atol, equalNan }: CloseOptions = {}): Tensor {
    return this.make(irregular.isclose(this.value, other.value, rtol, atol, equalNan));
  }
}
