/**
 * `nn.init`: fills parameters in place with PyTorch's names and draws.
 *
 * Source: PyTorch `torch/nn/init.py`.
 */
import { noGrad } from '../autograd.js';
import { defaultGenerator, type Generator, normal, uniform } from '../random/index.js';
import { fromTypedArray } from '../tensor/creation.js';
import type { Tensor } from '../tensor/tensor.js';

export interface InitOptions {
  /** The stream to draw from; the default generator if absent. */
  generator?: Generator;
}

let skipping = false;

/** Whether initial values are wanted: false inside `skipInit`. */
export const isInitialising = (): boolean => !skipping;

/**
 * Builds modules without drawing initial values, for weights that are loaded next: the random stream does not move, and
 * parameters start at 0 (norms at their 1 and 0). The functions of `nn.init` do nothing meanwhile.
 *
 * @param build synchronous
 * @example
 * const model = nn.init.skipInit(() => new nn.Linear(4096, 4096));
 * model.loadStateDict(state);
 */
export function skipInit<T>(build: () => T): T {
  const before = skipping;
  skipping = true;
  try {
    return build();
  } finally {
    skipping = before;
  }
}

function drawn(tensor: Tensor, fill: (out: Float32Array | Float64Array) => void): Tensor {
  if (skipping) return tensor;
  const host =
    tensor.dtype === 'float64' ? new Float64Array(tensor.numel()) : new Float32Array(tensor.numel());
  fill(host);
  const values = fromTypedArray(host, tensor.shape, { dtype: tensor.dtype, device: tensor.device });
  return noGrad(() => tensor.copy_(values));
}

/** Normal of the given mean (0) and standard deviation (1). Returns the tensor. */
export function normal_(tensor: Tensor, mean = 0, std = 1, options: InitOptions = {}): Tensor {
  return drawn(tensor, (out) => normal(options.generator ?? defaultGenerator, out, mean, std));
}

/** Uniform on [low, high), by default [0, 1). Returns the tensor. */
export function uniform_(tensor: Tensor, low = 0, high = 1, options: InitOptions = {}): Tensor {
  return drawn(tensor, (out) => uniform(options.generator ?? defaultGenerator, out, low, high));
}

/** One value everywhere. Returns the tensor. */
export function constant_(tensor: Tensor, value: number): Tensor {
  return skipping ? tensor : noGrad(() => tensor.fill_(value));
}

export const zeros_ = (tensor: Tensor): Tensor => constant_(tensor, 0);
export const ones_ = (tensor: Tensor): Tensor => constant_(tensor, 1);
