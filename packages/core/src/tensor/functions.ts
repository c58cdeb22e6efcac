/** Functions of several tensors. */
import { drawnValue } from '../graph/record.js';
import { broadcastShapes, showShape } from '../graph/shape.js';
import { einsum as einsumOp } from '../ops/einsum.js';
import { where as whereOp } from '../ops/pointwise.js';
import { defaultGenerator, exponential, type Generator } from '../random/index.js';
import type { Other } from './arithmetic.js';
import { cat } from './creation.js';
import { persistent, Tensor } from './tensor.js';

/**
 * Einstein summation.
 * @example
 * einsum('bhqd,bhkd->bhqk', q, k); // scores of attention
 * @throws Error that names the equation and the shapes.
 */
export function einsum(equation: string, ...tensors: Tensor[]): Tensor {
  return new Tensor(
    einsumOp(
      equation,
      tensors.map((t) => t.value),
    ),
  );
}

/** Each element of one vector times each of another: [n] and [m] make [n, m]. */
export const outer = (a: Tensor, b: Tensor): Tensor => a.outer(b);

/** x where the condition holds, else y; all three broadcast. */
export function where(condition: Tensor, x: Other, y: Other): Tensor {
  const of = (side: Other) => (typeof side === 'number' ? side : side.value);
  return new Tensor(whereOp(condition.value, of(x), of(y)));
}

/** Coordinates of a grid: vectors of n, m, ... elements make as many tensors of shape [n, m, ...]. */
export function meshgrid(...vectors: Tensor[]): Tensor[] {
  for (const v of vectors)
    if (v.ndim > 1) throw new Error(`meshgrid: vectors are needed, not shape ${showShape(v.shape)}`);
  const shape = vectors.map((v) => v.numel());
  return vectors.map((v, i) => v.reshape(shape.map((n, axis) => (axis === i ? n : 1))).expand(shape));
}

/** Tensors side by side: along dimension 1, vectors along 0. */
export function hstack(tensors: readonly Tensor[]): Tensor {
  const all = tensors.map((t) => (t.ndim === 0 ? t.reshape(1) : t));
  return cat(all, all[0]?.ndim === 1 ? 0 : 1);
}

/** Tensors one under the other: along dimension 0, vectors as rows. */
export function vstack(tensors: readonly Tensor[]): Tensor {
  return cat(tensors.map((t) => (t.ndim < 2 ? t.reshape(1, t.numel()) : t)));
}

/** The shape that tensors of the given shapes broadcast to. */
export function broadcastTensors(...tensors: Tensor[]): Tensor[] {
  const shape = tensors.reduce<readonly number[]>(
    (all, t) => broadcastShapes('broadcastTensors', all, t.shape),
    [],
  );
  return tensors.map((t) => t.expand(shape));
}

export interface MultinomialOptions {
  /** Whether a category may come more than once (default false). */
  replacement?: boolean;
  generator?: Generator;
}

/**
 * Draws categories by their weights: only the indices ever leave the device. The draws are PyTorch's; where the last bit
 * of a quotient or a running sum decides, a device may decide otherwise.
 *
 * @param weights [categories] or [rows, categories], at least 0; rows need not sum to 1, but to more than 0.
 * @returns int32 [count] or [rows, count].
 */
export function multinomial(weights: Tensor, count: number, options: MultinomialOptions = {}): Tensor {
  const { replacement = false, generator = defaultGenerator } = options;
  if (weights.ndim < 1 || weights.ndim > 2 || !weights.dtype.startsWith('float'))
    throw new Error(
      `multinomial: weights of a floating point dtype with 1 or 2 dimensions are needed, not ${weights.dtype} ${showShape(weights.shape)}`,
    );
  const categories = weights.shape[weights.ndim - 1];
  if (!Number.isInteger(count) || count < 1 || (!replacement && count > categories)) {
    throw new Error(
      `multinomial: ${count} samples of ${categories} categories; a whole number from 1${replacement ? ' on' : ` to ${categories}`} is needed`,
    );
  }
  const host = (shape: readonly number[], fill: (out: Float32Array) => void): Tensor =>
    new Tensor(drawnValue(weights.device, shape, 'float32', (out) => fill(out as Float32Array)));
  if (!replacement) {
    const race = host(weights.shape, (out) => exponential(generator, out));
    const keys = weights.detach().div(race);
    return count === 1 ? keys.argmax(-1, true) : keys.topk(count).indices;
  }
  const sums = weights.detach().cumsum(-1);
  const share = sums.div(sums.slice(-1, -1));
  const draws = host([...weights.shape.slice(0, -1), count], (out) => {
    for (let i = 0; i < out.length; i++) out[i] = generator.engine.uniform53();
  });
  const below = share.unsqueeze(-2).lt(draws.unsqueeze(-1)).sum(-1);
  return below.clamp(0, categories - 1);
}

/**
 * Computes several tensors in one run and keeps them: `keep()` of each, but in a single plan. Versions of tensors with
 * memory of their own (parameters, buffers, caches) take their place there.
 */
export function keep(...tensors: Tensor[]): void {
  const [first] = tensors;
  first?.device.run(tensors.map(({ value }) => value));
}

/**
 * A tensor with memory of its own, which later versions (`add_`, `updateSlice_` ...) overwrite in place, as parameters
 * and buffers have: state that a loop carries on.
 */
export function state(initial: Tensor, name = 'state'): Tensor {
  return new Tensor(persistent(initial.value, name));
}
