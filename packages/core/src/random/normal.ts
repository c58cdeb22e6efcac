import { logF32, sinCosF32 } from './cephes.js';
import { fma32, fma64 } from './fma.js';
import type { Generator } from './generator.js';
import { log, sinCos } from './precise.js';

/** From this many elements on, PyTorch draws all uniforms first and transforms them in blocks of this size. */
const BLOCK = 16;
const HALF = BLOCK / 2;
const TWO_PI = 2 * Math.PI;
const TWO_PI_F32 = /* @__PURE__ */ Math.fround(TWO_PI);

/**
 * Fills with normal values, like `torch.Tensor.normal_` on a contiguous tensor.
 *
 * Fewer than 16 elements are drawn one by one with the Box-Muller method in double precision, and the second value of
 * a pair waits in the generator for the next such call. From 16 on, uniforms fill `out` and are transformed in place
 * by blocks; float32 goes through the polynomials of PyTorch's AVX2 code. Double precision goes through the functions
 * of `precise.ts`, which agree with the C library's in all but 0.5 % of calls, and there to the last bit.
 *
 * @param generator the stream
 * @param out filled in its order
 * @param mean default 0
 * @param std standard deviation, default 1
 * @throws if std is negative or NaN
 *
 * Source: PyTorch `ATen/native/cpu/DistributionTemplates.h`, `normal_kernel`; G. E. P. Box and M. E. Muller, "A note
 * on the generation of random normal deviates", 1958.
 */
export function normal(generator: Generator, out: Float32Array | Float64Array, mean = 0, std = 1): void {
  if (!(std >= 0)) throw new RangeError(`normal: std must be at least 0, got ${std}`);
  if (out.length < BLOCK) {
    for (let i = 0; i < out.length; i++) out[i] = fma64(standardNormal(generator), std, mean);
  } else if (out instanceof Float32Array) {
    fillF32(generator, out, Math.fround(mean), Math.fround(std));
  } else {
    fillF64(generator, out, mean, std);
  }
}

/** One value of the Box-Muller pair: the kept sine if there is one, else the cosine of a new pair. */
function standardNormal(generator: Generator): number {
  const cached = generator.cachedNormal;
  if (cached !== undefined) {
    generator.cachedNormal = undefined;
    return cached;
  }
  const u1 = generator.engine.uniform53();
  const u2 = generator.engine.uniform53();
  const radius = Math.sqrt(-2 * log(1 - u2));
  const pair = new Float64Array(2);
  sinCos(TWO_PI * u1, pair);
  generator.cachedNormal = radius * pair[0];
  return radius * pair[1];
}

function fillF32(generator: Generator, out: Float32Array, mean: number, std: number): void {
  const engine = generator.engine;
  const size = out.length;
  for (let i = 0; i < size; i++) out[i] = (engine.nextInt() & 0xffffff) * 2 ** -24;
  const pair = new Float32Array(2);
  for (let i = 0; i + BLOCK <= size; i += BLOCK) blockF32(out, i, mean, std, pair);
  if (size % BLOCK !== 0) {
    const last = size - BLOCK;
    for (let i = last; i < size; i++) out[i] = (engine.nextInt() & 0xffffff) * 2 ** -24;
    blockF32(out, last, mean, std, pair);
  }
}

function blockF32(out: Float32Array, at: number, mean: number, std: number, pair: Float32Array): void {
  for (let k = at; k < at + HALF; k++) {
    const radius = Math.fround(Math.sqrt(-2 * logF32(1 - out[k])));
    sinCosF32(Math.fround(TWO_PI_F32 * out[k + HALF]), pair);
    const cosine = Math.fround(radius * pair[1]);
    const sine = Math.fround(radius * pair[0]);
    // Around 0 there is only the exact product to round; the fused multiply-add is for the rare other means.
    out[k] = mean === 0 ? cosine * std : fma32(cosine, std, mean);
    out[k + HALF] = mean === 0 ? sine * std : fma32(sine, std, mean);
  }
}

function fillF64(generator: Generator, out: Float64Array, mean: number, std: number): void {
  const engine = generator.engine;
  const size = out.length;
  for (let i = 0; i < size; i++) out[i] = engine.uniform53();
  const pair = new Float64Array(2);
  for (let i = 0; i + BLOCK <= size; i += BLOCK) blockF64(out, i, mean, std, pair);
  if (size % BLOCK !== 0) {
    const last = size - BLOCK;
    for (let i = last; i < size; i++) out[i] = engine.uniform53();
    blockF64(out, last, mean, std, pair);
  }
}

function blockF64(out: Float64Array, at: number, mean: number, std: number, pair: Float64Array): void {
  for (let k = at; k < at + HALF; k++) {
    const radius = Math.sqrt(-2 * log(1 - out[k]));
    sinCos(TWO_PI * out[k + HALF], pair);
    out[k] = fma64(radius * pair[1], std, mean);
    out[k + HALF] = fma64(radius * pair[0], std, mean);
  }
}
