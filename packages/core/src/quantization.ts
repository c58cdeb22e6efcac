/**
 * '@inkstone/core/quantization': weights of 8 or 4 bits for models in use, after torchao's weight-only quantisation: a quarter or an eighth of the
 * memory, and at generation, which reads every weight for each token, about as much less time.
 */
import { noGrad } from './autograd.js';
import { Linear } from './nn/layers.js';
import { Module } from './nn/module.js';
import { type QuantisedBits, quantisedGroupUnit, quantizedLinear } from './ops/quantised.js';
import { pad } from './ops/rearrange.js';
import { tensor } from './tensor/creation.js';
import { type Parameter, Tensor } from './tensor/tensor.js';

/** How weights are quantised: `int8WeightOnly()`, `int4WeightOnly()`. */
export interface WeightOnlyConfig {
  readonly bits: QuantisedBits;
  /** Weights along a row that share a scale; null: all of a row. */
  readonly groupSize: number | null;
}

/**
 * 8-bit weights, a scale for each output feature unless `groupSize` says otherwise.
 * @throws Error unless groupSize is a multiple of 32.
 */
export function int8WeightOnly(options: { groupSize?: number | null } = {}): WeightOnlyConfig {
  return { bits: 8, groupSize: checkGroup('int8WeightOnly', options.groupSize ?? null) };
}

/**
 * 4-bit weights, a scale for every 128 along a row unless `groupSize` says otherwise.
 * @throws Error unless groupSize is a multiple of 32.
 */
export function int4WeightOnly(options: { groupSize?: number } = {}): WeightOnlyConfig {
  return { bits: 4, groupSize: checkGroup('int4WeightOnly', options.groupSize ?? 128) };
}

function checkGroup(name: string, groupSize: number | null): number | null {
  if (
    groupSize === null ||
    (Number.isInteger(groupSize) && groupSize > 0 && groupSize % quantisedGroupUnit === 0)
  )
    return groupSize;
  throw new Error(`${name}: groupSize is ${groupSize}: a multiple of ${quantisedGroupUnit} is needed`);
}

/**
 * A linear layer whose weights have 8 or 4 bits, made from a `Linear`. Input [..., inFeatures], output
 * [..., outFeatures]. For use only: an input that requires a gradient is an error.
 *
 * Each group of weights is divided by its scale, largest |weight| / 127.5 (or / 7.5), rounded and clamped to
 * -128 ... 127 (-8 ... 7), as torchao's symmetric quantisation does. The state holds `weight`, int32 words of 4 or 8
 * integers, and `scale`.
 */
export class QuantizedLinear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bits: QuantisedBits;
  /** Weights along a row that share a scale. */
  readonly groupSize: number;
  readonly weight: Tensor;
  readonly scale: Tensor;
  readonly bias: Parameter | null;

  constructor(linear: Linear, config: WeightOnlyConfig = int8WeightOnly()) {
    super();
    const { inFeatures, outFeatures, bias } = linear;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.bits = config.bits;
    this.groupSize = Math.min(config.groupSize ?? inFeatures, Math.max(1, inFeatures));
    const { words, scale } = noGrad(() => quantized(linear.weight, this.bits, this.groupSize));
    this.weight = this.registerBuffer('weight', words);
    this.scale = this.registerBuffer('scale', scale);
    this.bias = bias;
    this.training = linear.training;
  }

  override forward(x: Tensor): Tensor {
    const { weight, scale, bits, groupSize, bias, inFeatures: depth } = this;
    const y = new Tensor(quantizedLinear(x.value, weight.value, scale.value, { bits, groupSize, depth }));
    return bias ? y.add(bias) : y;
  }
}

/** Packed integers and scales of weights [out, in], computed where the weights are. */
function quantized(weight: Tensor, bits: QuantisedBits, groupSize: number): { words: Tensor; scale: Tensor } {
  const [rows, depth] = weight.shape;
  const groups = Math.ceil(depth / groupSize);
  const whole = widened(weight, groups * groupSize).view(rows, groups, groupSize);
  const most = 2 ** (bits - 1);
  // A group of zeros has any scale but 0.
  const scale = whole
    .abs()
    .amax(2, true)
    .div(most - 0.5)
    .clamp(2 ** -126);
  const integers = whole
    .div(scale)
    .round()
    .clamp(-most, most - 1)
    .view(rows, groups * groupSize);
  const perWord = 32 / bits;
  const length = Math.ceil(depth / perWord);
  // Each integer modulo 2^bits, moved to its place in the word: int32 sums wrap, so the last one brings the sign.
  const places = tensor(
    Array.from({ length: perWord }, (_, i) => (2 ** (bits * i)) | 0),
    { dtype: 'int32', device: weight.device },
  );
  const low = widened(integers.narrow(1, 0, depth), length * perWord)
    .to('int32')
    .remainder(2 ** bits);
  return { words: low.view(rows, length, perWord).mul(places).sum(2), scale: scale.view(rows, groups) };
}

/** Rows filled up with zeros to `length`. */
function widened(x: Tensor, length: number): Tensor {
  const missing = length - x.shape[1];
  return missing === 0 ? x : new Tensor(pad(x.value, [0, missing], 'constant', 0));
}

/**
 * Replaces every `Linear` in a model by a `QuantizedLinear`, as torchao's `quantize_` does; what is not a linear layer
 * stays as it is.
 *
 * @param options.filter which layers: gets each with its path; all by default.
 * @example
 * quantize_(model, int8WeightOnly());
 */
export function quantize_<M extends Module>(
  model: M,
  config: WeightOnlyConfig,
  options: { filter?: (layer: Linear, path: string) => boolean } = {},
): M {
  const { filter = () => true } = options;
  if (model instanceof Linear) {
    throw new Error('quantize_: the model is a Linear itself; make a QuantizedLinear of it');
  }
  for (const [path, module] of [...model.namedModules()]) {
    for (const [name, child] of module.namedChildren()) {
      if (!(child instanceof Linear) || !filter(child, path ? `${path}.${name}` : name)) continue;
      (module as unknown as Record<string, Module>)[name] = new QuantizedLinear(child, config);
    }
  }
  return model;
}
