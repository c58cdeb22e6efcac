/** Arithmetic, comparison and functions of single elements. Everything broadcasts as in PyTorch. */
import type { DType } from '../backend/dtype.js';
import { cast } from '../ops/cast.js';
import { expectOneOf } from '../ops/expect.js';
import * as fn from '../ops/functions.js';
import { named } from '../ops/named.js';
import * as op from '../ops/pointwise.js';
import * as special from '../ops/special.js';
import { TensorBase } from './base.js';
import type { Tensor } from './tensor.js';

/** The other side of a binary op. */
export type Other = Tensor | number;
const of = (other: Other): op.Operand => (typeof other === 'number' ? other : other.value);

export abstract class TensorArithmetic extends TensorBase {
  /** this + alpha * other */
  add(other: Other, options: { alpha?: number } = {}): Tensor {
    return this.make(op.add(this.value, of(other), options.alpha ?? 1));
  }
  /** this - alpha * other */
  sub(other: Other, options: { alpha?: number } = {}): Tensor {
    return this.make(op.sub(this.value, of(other), options.alpha ?? 1));
  }
  mul(other: Other): Tensor {
    return this.make(op.mul(this.value, of(other)));
  }
  /** True division; `roundingMode` 'floor' or 'trunc' as in PyTorch. */
  div(other: Other, options: { roundingMode?: 'floor' | 'trunc' | null } = {}): Tensor {
    const { roundingMode = null } = options;
    expectOneOf('div', 'roundingMode', roundingMode, ['floor', 'trunc', null]);
    if (roundingMode === 'floor') return this.make(op.floorDivide(this.value, of(other)));
    if (roundingMode === 'trunc') return this.make(op.truncDivide(this.value, of(other)));
    return this.make(op.div(this.value, of(other)));
  }
  floorDivide(other: Other): Tensor {
    return this.make(op.floorDivide(this.value, of(other)));
  }
  remainder(other: Other): Tensor {
    return this.make(op.remainder(this.value, of(other)));
  }
  fmod(other: Other): Tensor {
    return this.make(op.fmod(this.value, of(other)));
  }
  pow(exponent: Other): Tensor {
    return this.make(op.pow(this.value, of(exponent)));
  }
  maximum(other: Other): Tensor {
    return this.make(op.maximum(this.value, of(other)));
  }
  minimum(other: Other): Tensor {
    return this.make(op.minimum(this.value, of(other)));
  }
  /** this + weight * (end - this) */
  lerp(end: Tensor, weight: Other): Tensor {
    return named('lerp', () => this.add(end.sub(this.handle(this.value)).mul(weight)));
  }

  eq(other: Other): Tensor {
    return this.make(op.eq(this.value, of(other)));
  }
  ne(other: Other): Tensor {
    return this.make(op.ne(this.value, of(other)));
  }
  lt(other: Other): Tensor {
    return this.make(op.lt(this.value, of(other)));
  }
  le(other: Other): Tensor {
    return this.make(op.le(this.value, of(other)));
  }
  gt(other: Other): Tensor {
    return this.make(op.gt(this.value, of(other)));
  }
  ge(other: Other): Tensor {
    return this.make(op.ge(this.value, of(other)));
  }
  logicalAnd(other: Other): Tensor {
    return this.make(op.logicalAnd(this.value, of(other)));
  }
  logicalOr(other: Other): Tensor {
    return this.make(op.logicalOr(this.value, of(other)));
  }
  logicalXor(other: Other): Tensor {
    return this.make(op.logicalXor(this.value, of(other)));
  }
  logicalNot(): Tensor {
    return this.make(op.logicalNot(this.value));
  }
  isnan(): Tensor {
    return this.make(fn.isnan(this.value));
  }
  isinf(): Tensor {
    return this.make(fn.isinf(this.value));
  }

  /** This where the condition holds, else `other`. */
  where(condition: Tensor, other: Other): Tensor {
    return this.make(op.where(condition.value, this.value, of(other)));
  }
  /** `value` where the mask is true. */
  maskedFill(mask: Tensor, value: number): Tensor {
    const filled = named('maskedFill', () => op.where(mask.value, value, this.value));
    return this.make(cast(filled, this.dtype));
  }
  clamp(min?: number, max?: number): Tensor {
    return this.make(fn.clamp(this.value, min, max));
  }

  neg(): Tensor {
    return this.make(op.neg(this.value));
  }
  abs(): Tensor {
    return this.make(fn.abs(this.value));
  }
  sign(): Tensor {
    return this.make(fn.sign(this.value));
  }
  floor(): Tensor {
    return this.make(fn.floor(this.value));
  }
  ceil(): Tensor {
    return this.make(fn.ceil(this.value));
  }
  /** To the nearest whole number, halves to even. */
  round(): Tensor {
    return this.make(fn.round(this.value));
  }
  trunc(): Tensor {
    return this.make(fn.trunc(this.value));
  }
  square(): Tensor {
    return this.make(op.square(this.value));
  }
  sqrt(): Tensor {
    return this.make(op.sqrt(this.value));
  }
  rsqrt(): Tensor {
    return this.make(fn.rsqrt(this.value));
  }
  reciprocal(): Tensor {
    return this.make(fn.reciprocal(this.value));
  }
  exp(): Tensor {
    return this.make(op.exp(this.value));
  }
  expm1(): Tensor {
    return this.make(fn.expm1(this.value));
  }
  log(): Tensor {
    return this.make(op.log(this.value));
  }
  log1p(): Tensor {
    return this.make(fn.log1p(this.value));
  }
  log2(): Tensor {
    return this.make(fn.log2(this.value));
  }
  sin(): Tensor {
    return this.make(fn.sin(this.value));
  }
  cos(): Tensor {
    return this.make(fn.cos(this.value));
  }
  tan(): Tensor {
    return this.make(fn.tan(this.value));
  }
  atan(): Tensor {
    return this.make(fn.atan(this.value));
  }
  sinh(): Tensor {
    return this.make(fn.sinh(this.value));
  }
  cosh(): Tensor {
    return this.make(fn.cosh(this.value));
  }
  tanh(): Tensor {
    return this.make(fn.tanh(this.value));
  }
  sigmoid(): Tensor {
    return this.make(fn.sigmoid(this.value));
  }
  erf(): Tensor {
    return this.make(fn.erf(this.value));
  }
  relu(): Tensor {
    return this.make(fn.relu(this.value));
  }

  log10(): Tensor {
    return this.make(special.log10(this.value));
  }
  exp2(): Tensor {
    return this.make(special.exp2(this.value));
  }
  asin(): Tensor {
    return this.make(special.asin(this.value));
  }
  acos(): Tensor {
    return this.make(special.acos(this.value));
  }
  asinh(): Tensor {
    return this.make(special.asinh(this.value));
  }
  acosh(): Tensor {
    return this.make(special.acosh(this.value));
  }
  atanh(): Tensor {
    return this.make(special.atanh(this.value));
  }
  /** 1 - erf(x) */
  erfc(): Tensor {
    return this.make(special.erfc(this.value));
  }
  /** log(x / (1 - x)) */
  logit(): Tensor {
    return this.make(special.logit(this.value));
  }
  /** What is after the point, with the sign of x. */
  frac(): Tensor {
    return this.make(special.frac(this.value));
  }
  isfinite(): Tensor {
    return this.make(special.isfinite(this.value));
  }
  /** The angle of the point (other, this), in -pi ... pi. */
  atan2(other: Other): Tensor {
    return this.make(special.atan2(this.value, of(other)));
  }
  /** sqrt(this^2 + other^2) */
  hypot(other: Tensor): Tensor {
    return this.make(special.hypot(this.value, other.value));
  }
  /** log(e^this + e^other) without overflow. */
  logaddexp(other: Other): Tensor {
    return this.make(special.logaddexp(this.value, of(other)));
  }

  /** The elements in another dtype; the tensor itself where it has that dtype. */
  to(dtype: DType): Tensor {
    return dtype === this.dtype ? (this as unknown as Tensor) : this.make(cast(this.value, dtype));
  }
  float(): Tensor {
    return this.to('float32');
  }
  int(): Tensor {
    return this.to('int32');
  }
  bool(): Tensor {
    return this.to('bool');
  }
}
