/**
 * Initialisation as PyTorch does it, on plain arrays: each function draws exactly what its PyTorch namesake draws, and
 * computes its bound in double precision in PyTorch's order of operations, since the last bit shows in the weights.
 *
 * Sources: PyTorch `torch/nn/init.py` and the `reset_parameters` of `torch/nn/modules`; X. Glorot and Y. Bengio,
 * AISTATS 2010 ("Xavier"); K. He et al., ICCV 2015 ("Kaiming").
 */

import { erfF64 } from './erf.js';
import { erfInvF32, erfInvF64 } from './erfinv.js';
import type { Generator } from './generator.js';
import { normal } from './normal.js';
import { uniform } from './uniform.js';

/** Where weights can be written. */
export type Weights = Float32Array | Float64Array;

/** Names that {@link calculateGain} knows. */
export type Nonlinearity = 'linear' | 'conv' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/**
 * The gain that keeps the scale of activations through a nonlinearity, like `torch.nn.init.calculate_gain`.
 *
 * @param nonlinearity its name
 * @param negativeSlope of the leaky ReLU, default 0.01; other nonlinearities ignore it
 */
export function calculateGain(nonlinearity: Nonlinearity, negativeSlope = 0.01): number {
  switch (nonlinearity) {
    case 'linear':
    case 'conv':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.sqrt(2);
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + negativeSlope ** 2));
    case 'selu':
      return 3 / 4;
    default:
      throw new RangeError(`calculateGain: unknown nonlinearity ${JSON.stringify(nonlinearity)}`);
  }
}

/**
 * Uniform on +-sqrt(3) * gain / sqrt(fan), like `torch.nn.init.kaiming_uniform_`.
 *
 * @param fan the fan-in (or fan-out) of the weight; 0 leaves the weights as they are and draws nothing
 * @param a negative slope of the leaky ReLU that follows, default 0; Linear and Conv use sqrt(5)
 * @param gain instead of that of a leaky ReLU with slope `a`
 */
export function kaimingUniform(
  generator: Generator,
  out: Weights,
  fan: number,
  a = 0,
  gain = calculateGain('leakyRelu', a),
): void {
  if (fan === 0) return;
  const std = gain / Math.sqrt(fan);
  const bound = Math.sqrt(3) * std;
  uniform(generator, out, -bound, bound);
}

/** Normal of mean 0 and std gain / sqrt(fan), like `torch.nn.init.kaiming_normal_` (see {@link kaimingUniform}). */
export function kaimingNormal(
  generator: Generator,
  out: Weights,
  fan: number,
  a = 0,
  gain = calculateGain('leakyRelu', a),
): void {
  if (fan === 0) return;
  normal(generator, out, 0, gain / Math.sqrt(fan));
}

/** Uniform on +-sqrt(3) * gain * sqrt(2 / (fanIn + fanOut)), like `torch.nn.init.xavier_uniform_`. */
export function xavierUniform(
  generator: Generator,
  out: Weights,
  fanIn: number,
  fanOut: number,
  gain = 1,
): void {
  const std = gain * Math.sqrt(2 / (fanIn + fanOut));
  const bound = Math.sqrt(3) * std;
  uniform(generator, out, -bound, bound);
}

/** Normal of mean 0 and std gain * sqrt(2 / (fanIn + fanOut)), like `torch.nn.init.xavier_normal_`. */
export function xavierNormal(
  generator: Generator,
  out: Weights,
  fanIn: number,
  fanOut: number,
  gain = 1,
): void {
  normal(generator, out, 0, gain * Math.sqrt(2 / (fanIn + fanOut)));
}

/**
 * Normal, cut off outside [low, high], like `torch.nn.init.trunc_normal_`: uniform values through the inverse of the
 * distribution function.
 *
 * @param mean of the normal before the cut, default 0
 * @param std of the normal before the cut, default 1
 * @param low lower bound of the values (not in units of std), default -2
 * @param high upper bound, default 2
 */
export function truncNormal(generator: Generator, out: Weights, mean = 0, std = 1, low = -2, high = 2): void {
  const distribution = (x: number) => (1 + erfF64(x / Math.sqrt(2))) / 2;
  const from = distribution((low - mean) / std);
  const to = distribution((high - mean) / std);
  uniform(generator, out, 2 * from - 1, 2 * to - 1);
  const isF32 = out instanceof Float32Array;
  const round = isF32 ? Math.fround : (x: number) => x;
  const invert = isF32 ? erfInvF32 : erfInvF64;
  const scale = round(std * Math.sqrt(2));
  const shift = round(mean);
  const [floor, ceiling] = [round(low), round(high)];
  for (let i = 0; i < out.length; i++) {
    const value = round(round(invert(out[i]) * scale) + shift);
    out[i] = Math.min(Math.max(value, floor), ceiling);
  }
}
