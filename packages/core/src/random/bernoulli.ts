import type { Generator } from './generator.js';
import { Mcg31 } from './mcg31.js';

/** Where 0 and 1 can be written. */
export type BernoulliOutput = Float32Array | Float64Array | Int32Array | Uint8Array;

/**
 * Fills with 1 where a draw succeeds with probability `p`, else with 0, like `torch.Tensor.bernoulli_(p)`.
 *
 * In the `'aten'` flavour each value takes one 64-bit draw, in the `'mkl'` flavour the whole fill one 32-bit draw.
 *
 * @param p probability of a 1, in [0, 1]
 * @throws if p is outside [0, 1]
 *
 * Source: PyTorch `ATen/native/cpu/DistributionTemplates.h`, `bernoulli_kernel` for a scalar p.
 */
export function bernoulliScalar(generator: Generator, p: number, out: BernoulliOutput): void {
  checkProbability('bernoulliScalar', p);
  fillChoice(generator, out, p, 1);
}

/**
 * Fills with 1 where a draw succeeds with that element's probability, else with 0, like `torch.bernoulli(probs)`.
 *
 * float32 probabilities take one 32-bit draw each, float64 ones a 64-bit draw. Both flavours draw the same.
 *
 * @param probs probabilities in [0, 1], as many as `out` has elements
 * @throws if the lengths differ or a probability is outside [0, 1]
 */
export function bernoulliTensor(
  generator: Generator,
  probs: Float32Array | Float64Array,
  out: BernoulliOutput,
): void {
  if (probs.length !== out.length) {
    throw new RangeError(
      `bernoulliTensor: ${out.length} outputs need as many probabilities, got ${probs.length}`,
    );
  }
  for (let i = 0; i < probs.length; i++) checkProbability('bernoulliTensor', probs[i]);
  const engine = generator.engine;
  if (probs instanceof Float32Array) {
    for (let i = 0; i < out.length; i++) out[i] = (engine.nextInt() & 0xffffff) * 2 ** -24 < probs[i] ? 1 : 0;
  } else {
    for (let i = 0; i < out.length; i++) out[i] = engine.uniform53() < probs[i] ? 1 : 0;
  }
}

/**
 * Fills with a dropout mask: 0 with probability `p`, else the scale 1 / (1 - p). Multiply the activations by it.
 *
 * As in `torch.nn.functional.dropout`, p = 0 and p = 1 draw nothing, nor does an empty mask.
 *
 * @param p probability of a 0, in [0, 1]
 * @throws if p is outside [0, 1]
 *
 * Source: N. Srivastava et al., "Dropout", JMLR 15, 2014; PyTorch `ATen/native/Dropout.cpp`.
 */
export function dropoutMask(generator: Generator, p: number, out: Float32Array | Float64Array): void {
  checkProbability('dropoutMask', p);
  if (p === 0 || p === 1 || out.length === 0) {
    out.fill(1 - p);
    return;
  }
  const keep = 1 - p;
  fillChoice(generator, out, keep, out instanceof Float32Array ? 1 / Math.fround(keep) : 1 / keep);
}

/** Fills with `value` where a draw succeeds with probability `p`, else with 0. */
function fillChoice(generator: Generator, out: BernoulliOutput, p: number, value: number): void {
  const engine = generator.engine;
  if (generator.flavour === 'mkl') {
    const stream = new Mcg31(engine.next());
    for (let i = 0; i < out.length; i++) out[i] = stream.uniform() < p ? value : 0;
    return;
  }
  for (let i = 0; i < out.length; i++) out[i] = engine.uniform53() < p ? value : 0;
}

function checkProbability(name: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`${name}: a probability must be in [0, 1], got ${p}`);
}
