/** Gradients at the border of a module, for `registerFullBackwardHook`. */
import { Tensor } from '../tensor/tensor.js';
import type { Module } from './module.js';

/** null where an argument takes no gradient. */
export type Gradients = readonly (Tensor | null)[];

/**
 * Sees the gradients of a module's tensor arguments and results. What it returns replaces the gradient of the first
 * argument that takes one; those of the others have gone their way by then.
 */
export type BackwardHook = (
  module: Module,
  gradInput: Gradients,
  gradOutput: Gradients,
) => Gradients | undefined;

/** One call of a module that is watched: copies of its arguments and results carry the hooks. */
export class Watch {
  readonly #inputGradients: (Tensor | null)[] = [];
  readonly #outputGradients: (Tensor | null)[] = [];

  #waits = false;

  constructor(
    private readonly module: Module,
    private readonly hooks: readonly BackwardHook[],
  ) {}

  /** The gradient of the first argument that takes one is the last to be complete: there the hooks are called. */
  inputs(args: readonly unknown[]): unknown[] {
    const tensors = args.map((arg) => (arg instanceof Tensor && arg.requiresGrad ? arg.clone() : arg));
    let place = 0;
    let first = -1;
    for (const tensor of tensors) {
      if (!(tensor instanceof Tensor)) continue;
      const mine = place++;
      this.#inputGradients[mine] = null;
      if (!tensor.requiresGrad) continue;
      if (first < 0) first = mine;
      this.#waits = true;
      tensor.registerHook((gradient) => {
        this.#inputGradients[mine] = gradient;
        if (mine !== first) return undefined;
        return this.#call()?.[first] ?? undefined;
      });
    }
    return tensors;
  }

  outputs(output: unknown): unknown {
    if (Array.isArray(output)) return output.map((item, i) => this.#output(item, i));
    return this.#output(output, 0);
  }

  #output(output: unknown, place: number): unknown {
    if (!(output instanceof Tensor) || !output.requiresGrad) return output;
    const own = output.clone();
    this.#outputGradients[place] = null;
    own.registerHook((gradient) => {
      this.#outputGradients[place] = gradient;
      // A module that takes no gradients has none to wait for.
      if (!this.#waits) this.#call();
      return undefined;
    });
    return own;
  }

  #call(): Gradients | undefined {
    let gradients: Gradients | undefined;
    for (const hook of this.hooks)
      gradients = hook(this.module, gradients ?? this.#inputGradients, this.#outputGradients) ?? gradients;
    return gradients;
  }
}
