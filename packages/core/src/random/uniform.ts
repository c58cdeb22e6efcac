import { fma32, fma64 } from './fma.js';
import type { Generator } from './generator.js';

/**
 * Fills with uniform values on [low, high), like `torch.Tensor.uniform_`.
 *
 * float32 takes one 32-bit draw a value (its low 24 bits), float64 one 64-bit draw (its low 53). Scaling is one fused
 * multiply-add in the type of `out`, so rounding can yield `high` itself, as in PyTorch.
 *
 * @param generator the stream
 * @param out filled in its order
 * @param low default 0
 * @param high default 1
 * @throws if a bound is not finite or low > high
 *
 * Source: PyTorch `ATen/core/TransformationHelper.h`, `uniform_real`.
 */
export function uniform(generator: Generator, out: Float32Array | Float64Array, low = 0, high = 1): void {
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high) {
    throw new RangeError(`uniform: needs finite bounds with low <= high, got low=${low}, high=${high}`);
  }
  if (out instanceof Float32Array) uniformF32(generator, out, low, high);
  else uniformF64(generator, out, low, high);
}

function uniformF32(generator: Generator, out: Float32Array, low: number, high: number): void {
  const engine = generator.engine;
  const from = Math.fround(low);
  const range = Math.fround(Math.fround(high) - from);
  if (from === 0) {
    // The product is exact in a double, so storing it rounds once: no fused multiply-add to emulate.
    const scale = range * 2 ** -24;
    for (let i = 0; i < out.length; i++) out[i] = (engine.nextInt() & 0xffffff) * scale;
    return;
  }
  for (let i = 0; i < out.length; i++) {
    out[i] = fma32((engine.nextInt() & 0xffffff) * 2 ** -24, range, from);
  }
}

function uniformF64(generator: Generator, out: Float64Array, low: number, high: number): void {
  const engine = generator.engine;
  const range = high - low;
  if (low === 0) {
    for (let i = 0; i < out.length; i++) out[i] = engine.uniform53() * range;
    return;
  }
  for (let i = 0; i < out.length; i++) out[i] = fma64(engine.uniform53(), range, low);
}
