/**
 * Parameters of a group as one flat tensor.
 *
 * An update is the same few operations for each element of each parameter, so an optimizer works on all parameters of a
 * group at once: their values, gradients and moments lie end to end in one buffer each, and one kernel updates them.
 * Gradients are computed straight into their part (see graph/placement.ts); parameters become views.
 */
import type { Leaf } from '../graph/cell.js';
import type { Slot, Value } from '../graph/value.js';
import { reshape } from '../ops/broadcast.js';
import { detach } from '../ops/cast.js';
import { cat, slice } from '../ops/views.js';
import type { Parameter } from '../tensor/tensor.js';

export class FlatParameters {
  readonly #slot: Slot;
  readonly #gradientSlot: Slot;

  /** @param parameters those that have a gradient: all of one dtype and device. */
  constructor(readonly parameters: readonly Parameter[]) {
    const { device } = parameters[0];
    this.#slot = device.slot('parameters');
    this.#gradientSlot = device.slot('gradients');
  }

  get size(): number {
    return this.parameters.reduce((total, parameter) => total + parameter.numel(), 0);
  }

  /** All values end to end. */
  values(): Value {
    return wholeOf(this.parameters.map((parameter) => parameter.value));
  }

  /** All gradients end to end; each parameter's `grad` becomes a view of them. */
  gradients(): Value {
    const flat = changeGradients(this.parameters, (gradients) => gradients);
    flat.target = this.#gradientSlot;
    return flat;
  }

  /**
   * Makes `next` the parameters' values.
   * @returns the slots that the parameters had of their own and leave now.
   */
  update(next: Value): Slot[] {
    next.target = this.#slot;
    const left = this.parameters.flatMap(({ value }) => (value.target ? [value.target] : []));
    for (const [parameter, part] of partsOf(next, this.parameters)) {
      part.leaf = parameter.value.leaf;
      part.requiresGrad = part.leaf !== null;
      parameter.value = part;
    }
    return left;
  }
}

/** The part of a flat value that belongs to each parameter, under its shape. */
function* partsOf(flat: Value, parameters: readonly Parameter[]): Generator<[Parameter, Value]> {
  let start = 0;
  for (const parameter of parameters) {
    const size = parameter.numel();
    const piece = slice(flat, 0, start, size);
    const part = piece === flat && parameter.ndim === 1 ? detach(flat) : reshape(piece, parameter.shape);
    part.passing = true;
    part.home = { flat, start };
    yield [parameter, part];
    start += size;
  }
}

/** The flat value that the parts make up, if they do, or a new one. */
function wholeOf(parts: readonly Value[]): Value {
  const home = parts[0].home;
  let start = 0;
  for (const part of parts) {
    const own = part.home;
    if (!own || own.flat !== home?.flat || own.start !== start) return join(parts);
    start += part.size;
  }
  return home && start === home.flat.size ? home.flat : join(parts);
}

/**
 * Changes gradients all at once: they are laid end to end, `change` gives new ones, and each parameter's gradient becomes
 * a view of those. An optimizer over the same parameters takes the flat value as it is.
 * @param parameters those that have a gradient: all of one dtype and device.
 * @returns the new gradients, flat.
 */
export function changeGradients(parameters: readonly Parameter[], change: (flat: Value) => Value): Value {
  const leaves = parameters.map(({ value }) => value.leaf as Leaf);
  const gradients = leaves.map((leaf) => {
    const gradient = leaf.gradient as Value;
    // It is computed into the flat memory, not into a slot of its own.
    if (!gradient.resident) gradient.target = null;
    return gradient;
  });
  const next = change(wholeOf(gradients));
  let i = 0;
  for (const [, part] of partsOf(next, parameters)) leaves[i++].gradient = part;
  return next;
}

export function join(values: readonly Value[]): Value {
  const flat = values.map((value) => reshape(value, [value.size]));
  return values.length === 1 ? detach(flat[0]) : cat(flat, 0);
}
