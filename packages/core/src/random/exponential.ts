import type { Generator } from './generator.js';
import { Mcg31 } from './mcg31.js';
import { log } from './precise.js';

/** What MKL adds to every value, so that none is 0: the smallest normal float32. */
const FLT_MIN = 2 ** -126;

/**
 * Fills with exponentially distributed values of rate `lambda`, like `torch.Tensor.exponential_`.
 *
 * In the `'aten'` flavour each value takes one 64-bit draw; in the `'mkl'` flavour the whole fill takes one 32-bit
 * draw, which seeds the generator of the values.
 *
 * @param generator the stream
 * @param out filled in its order
 * @param lambda rate, default 1
 * @throws if lambda is not above 0
 *
 * Source: PyTorch `ATen/core/TransformationHelper.h` (`exponential`), `ATen/native/cpu/DistributionTemplates.h`.
 */
export function exponential(generator: Generator, out: Float32Array | Float64Array, lambda = 1): void {
  if (!(lambda > 0)) throw new RangeError(`exponential: lambda must be greater than 0, got ${lambda}`);
  const engine = generator.engine;
  const scale = -1 / lambda;
  if (generator.flavour === 'mkl') {
    const stream = new Mcg31(engine.next());
    for (let i = 0; i < out.length; i++) out[i] = scale * Math.log(stream.uniform()) + FLT_MIN;
    return;
  }
  // Rounding to float32 hides what Math.log lacks.
  const ln = out instanceof Float32Array ? Math.log : log;
  for (let i = 0; i < out.length; i++) out[i] = scale * ln(1 - engine.uniform53());
}
