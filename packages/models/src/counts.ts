/** How large a model is, and how much it computes. */
import { functional as F, nn, noGrad, Tensor } from '@inkstone/core';
import { QuantizedLinear } from '@inkstone/core/quantization';

export interface ParameterCounts {
  readonly total: number;
  /** Those that require a gradient. */
  readonly trainable: number;
  /** By the path of each module, with all that is below it; '' is the model. A shared parameter counts where it is first. */
  readonly byModule: ReadonlyMap<string, number>;
}

export function countParameters(model: nn.Module): ParameterCounts {
  let total = 0;
  let trainable = 0;
  const byModule = new Map<string, number>();
  for (const [path] of model.namedModules()) byModule.set(path, 0);
  for (const [path, parameter] of model.namedParameters()) {
    const count = parameter.numel();
    total += count;
    if (parameter.requiresGrad) trainable += count;
    const parts = path.split('.');
    for (let i = 0; i < parts.length; i++) {
      const module = parts.slice(0, i).join('.');
      byModule.set(module, (byModule.get(module) ?? 0) + count);
    }
  }
  return { total, trainable, byModule };
}

export interface FlopCounts {
  /** Floating point operations of the matrix products and of attention: a multiplication and an addition are two. */
  readonly total: number;
  /** By the path of the module that does them. */
  readonly byModule: ReadonlyMap<string, number>;
}

/**
 * Counts what a forward pass computes: 2 m n k for each product of matrices in a Linear, and 4 queries keys size for
 * each head of attention, as in the appendix of PaLM (https://arxiv.org/abs/2204.02311): what a causal mask leaves out
 * counts too. A backward pass takes twice as much. Nothing is computed for it.
 *
 * @param run calls the model
 * @example
 * const { total } = countFlops(model, () => model.forward(ids));
 */
export function countFlops(model: nn.Module, run: () => unknown): FlopCounts {
  const byModule = new Map<string, number>();
  let total = 0;
  const add = (path: string, flops: number): void => {
    total += flops;
    byModule.set(path, (byModule.get(path) ?? 0) + flops);
  };
  const running: string[] = [];
  const ends: (() => void)[] = [];
  for (const [path, module] of model.namedModules()) {
    ends.push(
      module.registerForwardPreHook(() => {
        running.push(path);
        return undefined;
      }),
      module.registerForwardHook((_module, _args, output) => {
        running.pop();
        const isProduct = module instanceof nn.Linear || module instanceof QuantizedLinear;
        if (isProduct && output instanceof Tensor) add(path, 2 * output.numel() * module.inFeatures);
      }),
    );
  }
  ends.push(
    F.observeAttention(({ q, keyLength }) => {
      add(running[running.length - 1] ?? '', 4 * q.numel() * keyLength);
    }),
  );
  try {
    noGrad(run);
  } finally {
    for (const end of ends) end();
  }
  return { total, byModule };
}
