/** `Tensor`: everything from the layers below, and changes in place. */

import { isFloatingPoint } from '../backend/dtype.js';
import { noteChange } from '../graph/cell.js';
import { isGradEnabled } from '../graph/grad-mode.js';
import type { Live } from '../graph/live.js';
import { hostValue } from '../graph/record.js';
import { sameShape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { alignMask, indexPut, maskedScatter } from '../ops/advanced-indexing.js';
import { expand } from '../ops/broadcast.js';
import { cast, clone } from '../ops/cast.js';
import { full } from '../ops/create.js';
import { named } from '../ops/named.js';
import * as op from '../ops/pointwise.js';
import { updateSlice } from '../ops/views.js';
import { changed, putBack } from '../ops/write-back.js';
import { newLeaf } from './base.js';
import { inPlace, TensorMethods } from './in-place.js';
import type { Index } from './indexing.js';

/**
 * A multi-dimensional array on a device, recorded and computed when needed.
 *
 * Made by `tensor`, `zeros`, `randn` ... Methods have PyTorch's names and meaning; all of them return at once, and the
 * values are read with `await t.item()`, `await t.toArray()` or `await t.data()`.
 */
export class Tensor extends TensorMethods {
  protected handle(value: Value): Tensor {
    return new Tensor(value);
  }

  // ---- in place: a new version of this tensor ---------------------------------------------------------------------

  static {
    const methods = Tensor.prototype as unknown as Record<string, (...given: unknown[]) => Tensor>;
    for (const name of inPlace)
      methods[`${name}_`] = function (this: Tensor, ...given: unknown[]): Tensor {
        return this.#compute(`${name}_`, methods[name].apply(this, given).value);
      };
  }

  fill_(value: number): this {
    return this.#become('fill_', full(this.device, this.shape, value, this.dtype));
  }
  zero_(): this {
    return this.fill_(0);
  }
  /** Takes the values of another tensor, broadcast and cast as needed. */
  copy_(source: Tensor): this {
    const copied = named('copy_', () => expand(cast(source.value, this.dtype), this.shape));
    return this.#become('copy_', clone(copied));
  }

  /**
   * `narrow(dim, start, n).copy_(source)`, in place and with a start that may change from call to call without a new
   * plan: what a key-value cache of preallocated length does with each token. A compiled function asks a function for
   * it at each call. No gradient flows through it.
   * @param source the shape of this tensor but for `dim`, where it has n
   */
  updateSlice_(dim: number, start: Live, source: Tensor): this {
    return this.#become('updateSlice_', updateSlice(this.value, source.value, dim, start));
  }

  /**
   * PyTorch's x[indices] = value; what is assigned broadcasts. Under a mask it is a number, a tensor that broadcasts
   * with what a single element of the mask selects, or (for a mask of the tensor's full shape) a vector that is used up
   * in order.
   * @example
   * x.setItem([0, ':'], 1);                   // x[0, :] = 1
   * x.setItem([x.lt(0)], 0);                  // x[x < 0] = 0
   */
  setItem(indices: readonly Index[], value: Tensor | number): this {
    const { view, tensors } = this.looked('setItem', indices);
    const given = typeof value === 'number' ? full(this.device, [], value, this.dtype) : value.value;
    const masks = tensors.filter((index) => index?.dtype === 'bool');
    if (masks.length === 0 && tensors.some((index) => index !== null)) {
      const values = tensors.map((index) => index?.value ?? null);
      view.#become('setItem', indexPut(view.value, values, given, false));
    } else if (masks.length === 0) {
      view.#become('setItem', clone(expand(cast(given, this.dtype), view.shape)));
    } else if (tensors.some((index, i) => index !== null && i > 0)) {
      throw new Error('setItem: a mask stands first and without other index tensors');
    } else {
      const mask = alignMask('setItem', view.value, (masks[0] as Tensor).value);
      const inOrder = given.shape.length === 1 && given.size > 1 && masks[0]?.ndim === view.ndim;
      const next = inOrder ? maskedScatter(view.value, mask, given) : op.where(mask, given, view.value);
      view.#become('setItem', next);
    }
    return this;
  }

  /** What arithmetic gives, which is not cut to integers, nor integers to bools. */
  #compute(name: string, next: Value): this {
    const { dtype } = this;
    if (isFloatingPoint(next.dtype) ? !isFloatingPoint(dtype) : dtype === 'bool' && next.dtype !== dtype)
      throw new Error(
        `${name}: the result is of dtype ${next.dtype}, which does not go into one of ${dtype}`,
      );
    return this.#become(name, next);
  }

  /** A new version of this tensor; of a view, a new version of the tensor that it looks at. */
  #become(name: string, next: Value): this {
    const before = this.value;
    if (!sameShape(next.shape, before.shape)) {
      throw new Error(
        `${name}: the result has shape ${showShape(next.shape)}, the tensor ${showShape(before.shape)}`,
      );
    }
    // A change without gradients is none to a backward pass, which goes on to what was there before.
    if (before.requiresGrad && !before.leaf && !isGradEnabled())
      next = changed(before, cast(next, before.dtype));
    const { origin } = this;
    if (origin) {
      const { base } = origin;
      if (base.value.seq !== origin.seen) {
        throw new Error(
          `${name}: this tensor is a view of one that has been changed since; take the view again`,
        );
      }
      const part = cast(next, before.dtype);
      base.#become(name, putBack(name, base.value, origin.steps, part));
      origin.seen = base.value.seq;
      this.value = part;
      return this;
    }
    if (before.leaf && isGradEnabled()) {
      throw new Error(
        `${name}: a leaf that requires a gradient is changed in place; do it inside noGrad(() => ...)`,
      );
    }
    const typed = cast(next, before.dtype);
    // A version has memory of its own: what only looks at other memory is copied.
    const value = typed === before || typed.op === null || typed.op.kind === 'view' ? clone(typed) : typed;
    value.target = before.target;
    if (before.leaf) {
      value.leaf = before.leaf;
      value.requiresGrad = true;
    }
    this.value = value;
    return this;
  }

  protected fromHost(host: Int32Array, shape: readonly number[]): Tensor {
    return new Tensor(hostValue(this.device, host, shape, 'int32'));
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
      noteChange();
    }
  }
}

/** The same value with memory of its own that later versions overwrite. What others were computed from is copied. */
export function persistent(value: Value, name: string): Value {
  const free = value.op === null && value.target === null && value.leaf === null && value.consumers === 0;
  const own = free ? value : clone(value);
  own.requiresGrad = false;
  own.target = own.device.slot(name);
  return own;
}
