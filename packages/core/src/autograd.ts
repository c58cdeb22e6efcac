/** Autograd as functions. */
import { differentiate } from './autograd/backward.js';
import { withGradMode } from './graph/grad-mode.js';
import { Tensor } from './tensor/tensor.js';

/** Runs `fn` without recording for a backward pass; an async `fn` keeps the mode until its promise settles. */
export function noGrad<T>(fn: () => T): T {
  return withGradMode(false, fn);
}

/** Runs `fn` with recording switched on, inside a `noGrad`. */
export function enableGrad<T>(fn: () => T): T {
  return withGradMode(true, fn);
}

export interface GradOptions {
  /** Gradient of the output; 1 for scalars. */
  gradOutput?: Tensor;
  retainGraph?: boolean;
  /** Record the gradients so that they can be differentiated again. */
  createGraph?: boolean;
  /** null instead of an error for inputs that the output does not depend on. */
  allowUnused?: boolean;
}

/**
 * Gradients of `output` with respect to `inputs`, without touching anyone's `.grad`.
 * @throws Error if an input does not require a gradient, or is unused and `allowUnused` is not set.
 */
export function grad(
  output: Tensor,
  inputs: readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  for (const input of inputs) {
    if (!input.requiresGrad)
      throw new Error(`grad: an input of shape [${input.shape.join(', ')}] does not require a gradient`);
  }
  const values = inputs.map((input) => input.value);
  const found = differentiate(output.value, values, {
    gradient: options.gradOutput?.value,
    retainGraph: options.retainGraph,
    createGraph: options.createGraph,
  });
  return values.map((value, i) => {
    const gradient = found.get(value);
    if (gradient) return new Tensor(gradient);
    if (options.allowUnused) return null;
    throw new Error(`grad: input ${i} was not used to compute the output; set allowUnused to get null`);
  });
}

/**
 * The value of a scalar function and its gradients with respect to its tensor arguments.
 * @example
 * const [loss, [dw]] = valueAndGrad((w) => w.square().sum())(tensor([1, 2, 3]));
 */
export function valueAndGrad(
  fn: (...inputs: Tensor[]) => Tensor,
): (...inputs: Tensor[]) => [Tensor, Tensor[]] {
  return (...inputs) => {
    const own = inputs.map((input) => input.detach().requiresGrad_());
    const value = enableGrad(() => fn(...own));
    return [value.detach(), grad(value, own) as Tensor[]];
  };
}

export { checkpoint } from './autograd/checkpoint.js';
