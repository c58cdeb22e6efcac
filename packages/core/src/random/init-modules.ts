/**
 * The draws that PyTorch's modules make when they are built, on plain arrays and in PyTorch's order.
 *
 * Source: the `reset_parameters` of `torch/nn/modules/{linear,conv,sparse,rnn,activation}.py`.
 */

import type { Generator } from './generator.js';
import { kaimingUniform, type Weights, xavierUniform } from './init.js';
import { normal } from './normal.js';
import { uniform } from './uniform.js';

/**
 * A Linear's or Conv's weight, then its bias: uniform on +-1 / sqrt(fanIn), the weight's bound computed the long way
 * round, through the Kaiming bound of slope sqrt(5).
 *
 * @param bias null for a layer without one
 * @param fanIn input features (Linear), or input channels per group times the kernel's size (Conv)
 */
export function initLinear(generator: Generator, weight: Weights, bias: Weights | null, fanIn: number): void {
  kaimingUniform(generator, weight, fanIn, Math.sqrt(5));
  if (bias === null) return;
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  uniform(generator, bias, -bound, bound);
}

/**
 * An Embedding's weight: normal(0, 1), the padding row zeroed after it was drawn.
 *
 * @param weight `rows * dim` values in row-major order
 * @param dim values per row
 * @param paddingIndex the row to zero, counted from the end if negative; left out if there is none
 */
export function initEmbedding(
  generator: Generator,
  weight: Weights,
  dim: number,
  paddingIndex?: number,
): void {
  normal(generator, weight);
  if (paddingIndex === undefined) return;
  const rows = weight.length / dim;
  const row = paddingIndex < 0 ? paddingIndex + rows : paddingIndex;
  if (!Number.isInteger(row) || row < 0 || row >= rows) {
    throw new RangeError(`initEmbedding: paddingIndex must be in [${-rows}, ${rows}), got ${paddingIndex}`);
  }
  weight.fill(0, row * dim, (row + 1) * dim);
}

/**
 * The parameters of an RNN, GRU or LSTM: all uniform on +-1 / sqrt(hiddenSize).
 *
 * @param parameters in PyTorch's order: per layer, then per direction, `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`
 */
export function initRecurrent(generator: Generator, parameters: Iterable<Weights>, hiddenSize: number): void {
  const bound = hiddenSize > 0 ? 1 / Math.sqrt(hiddenSize) : 0;
  for (const parameter of parameters) uniform(generator, parameter, -bound, bound);
}

/** The parameters of {@link initMultiheadAttention}. */
export interface MultiheadAttentionParameters {
  /** `[3 * embedDim, embedDim]`: the projections to query, key and value, one under the other. */
  inProjWeight: Weights;
  /** `[3 * embedDim]`, or null without biases. */
  inProjBias: Weights | null;
  /** `[embedDim, embedDim]` */
  outProjWeight: Weights;
  /** `[embedDim]`, or null without biases. */
  outProjBias: Weights | null;
}

/**
 * A MultiheadAttention: the output projection first gets a Linear's weight and bias, then the input projection is
 * Xavier uniform, then both biases are zeroed.
 */
export function initMultiheadAttention(
  generator: Generator,
  parameters: MultiheadAttentionParameters,
  embedDim: number,
): void {
  initLinear(generator, parameters.outProjWeight, parameters.outProjBias, embedDim);
  xavierUniform(generator, parameters.inProjWeight, embedDim, 3 * embedDim);
  parameters.inProjBias?.fill(0);
  parameters.outProjBias?.fill(0);
}
