/** `Tensor`: everything from the layers below, and changes in place. */

import { isGradEnabled } from '../graph/grad-mode.js';
import { sameShape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { expand } from '../ops/broadcast.js';
import { cast, clone } from '../ops/cast.js';
import { full } from '../ops/create.js';
import * as op from '../ops/pointwise.js';
import type { Other } from './arithmetic.js';
import { newLeaf } from './base.js';
import { TensorShaping } from './shaping.js';

/**
 * A multi-dimensional array on a device, recorded and computed when needed.
 *
 * Made by `tensor`, `zeros`, `randn` ... Methods have PyTorch's names and meaning; all of them return at once, and the
 * values are read with `await t.item()`, `await t.toArray()` or `await t.data()`.
 */
export class Tensor extends TensorShaping {
  protected make(value: Value): Tensor {
    return new Tensor(value);
  }

  // ---- in place: a new version of this tensor ---------------------------------------------------------------------

  add_(other: Other, options: { alpha?: number } = {}): this {
    return this.#become('add_', this.add(other, options).value);
  }
  sub_(other: Other, options: { alpha?: number } = {}): this {
    return this.#become('sub_', this.sub(other, options).value);
  }
  mul_(other: Other): this {
    return this.#become('mul_', this.mul(other).value);
  }
  div_(other: Other): this {
    return this.#become('div_', this.div(other).value);
  }
  clamp_(min?: number, max?: number): this {
    return this.#become('clamp_', this.clamp(min, max).value);
  }
  fill_(value: number): this {
    return this.#become('fill_', full(this.device, this.shape, value, this.dtype));
  }
  zero_(): this {
    return this.fill_(0);
  }
  /** Takes the values of another tensor, broadcast and cast as needed. */
  copy_(source: Tensor): this {
    return this.#become('copy_', clone(expand(cast(source.value, this.dtype), this.shape)));
  }
  maskedFill_(mask: Tensor, value: number): this {
    return this.#become('maskedFill_', op.where(mask.value, value, this.value));
  }

  #become(name: string, next: Value): this {
    const before = this.value;
    if (!sameShape(next.shape, before.shape)) {
      throw new Error(
        `${name}: the result has shape ${showShape(next.shape)}, the tensor ${showShape(before.shape)}`,
      );
    }
    const value = cast(next, before.dtype);
    if (before.leaf && isGradEnabled()) {
      throw new Error(
        `${name}: a leaf that requires a gradient is changed in place; do it inside noGrad(() => ...)`,
      );
    }
    value.target = before.target;
    if (before.leaf) {
      value.leaf = before.leaf;
      value.requiresGrad = true;
    }
    this.value = value;
    return this;
  }
}

/**
 * A tensor that an optimizer trains: a leaf that requires a gradient, in memory of its own that is updated in place.
 * Assigned to a field of a `Module`, it is found by `parameters()`.
 */
export class Parameter extends Tensor {
  /** @param data initial values; the parameter takes them over. */
  constructor(data: Tensor, options: { requiresGrad?: boolean } = {}) {
    super(persistent(data.value, 'parameter'));
    if (options.requiresGrad ?? true) {
      this.value.leaf = newLeaf(this.device, 'parameter');
      this.value.requiresGrad = true;
    }
  }
}

/** The same value with memory of its own that later versions overwrite. */
export function persistent(value: Value, name: string): Value {
  const own = value.op === null && value.target === null && value.leaf === null ? value : clone(value);
  own.requiresGrad = false;
  own.target = own.device.slot(name);
  return own;
}
