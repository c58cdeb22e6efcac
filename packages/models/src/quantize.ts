/**
 * Models in use with weights of 8 or 4 bits: a quarter or an eighth of the memory, and about as much less time for a
 * token, since writing reads every weight once for each. Activations stay float32.
 */
import { keep, nn } from '@inkstone/core';
import { int4WeightOnly, int8WeightOnly, QuantizedLinear, quantize_ } from '@inkstone/core/quantization';

/** What the weights become: whole numbers of 8 bits, or of 4. */
export type QuantizedDType = 'int8' | 'int4';

export interface QuantizeOptions {
  readonly dtype: QuantizedDType;
  /** Weights along a row that share a scale, a multiple of 32 (default: all of a row for int8, 128 for int4). */
  readonly groupSize?: number;
  /**
   * Linear layers that stay as they are: the last parts of their paths, such as 'lm_head' (default none; the output layer
   * of a small model is a third of what a token reads).
   */
  readonly modulesToNotConvert?: readonly string[];
}

/**
 * Quantises the Linear layers of a model that is trained already; embeddings and norms stay float32. The model can write,
 * be measured and looked into as before, but neither be trained nor saved.
 *
 * int8 keeps 99.9 % and more of what a model says; int4 may tell, in small models above all.
 *
 * @returns the model itself
 * @throws Error that names the option, its value and what is allowed, a layer that is not there, or that the model has
 *   adapters, is quantised already, or has no Linear layer.
 * @example
 * const model = quantize(await AutoModelForCausalLM.fromPretrained('./poet'), { dtype: 'int8' });
 */
export function quantize<M extends nn.Module>(model: M, options: QuantizeOptions | QuantizedDType): M {
  const { dtype, groupSize, modulesToNotConvert: kept = [] } = quantizeOptions(options);
  if (isQuantized(model)) throw new Error('quantize: the model is quantised already');
  const linear = [...model.namedModules()].filter(([, module]) => module instanceof nn.Linear);
  if (linear.length === 0) throw new Error(`quantize: ${model.constructor.name} has no Linear layer`);
  // An adapter is a Linear layer with others inside.
  const inner = linear.find(([path]) => linear.some(([outer]) => path.startsWith(`${outer}.`)));
  if (inner) throw new Error(`quantize: ${inner[0]} is part of an adapter; merge adapters first (mergeLora)`);
  const ends = (path: string, name: string): boolean => path === name || path.endsWith(`.${name}`);
  for (const name of kept) {
    if (linear.some(([path]) => ends(path, name))) continue;
    throw new Error(`quantize: modulesToNotConvert names ${JSON.stringify(name)}, which is no Linear layer`);
  }
  const size = groupSize === undefined ? {} : { groupSize };
  quantize_(model, dtype === 'int8' ? int8WeightOnly(size) : int4WeightOnly(size), {
    filter: (_layer, path) => !kept.some((name) => ends(path, name)),
  });
  // Now, so that the float weights can go.
  keep(...model.parameters(), ...Array.from(model.namedBuffers(), ([, buffer]) => buffer));
  return model;
}

/** Whether a model has quantised layers. */
export function isQuantized(model: nn.Module): boolean {
  for (const [, module] of model.namedModules()) if (module instanceof QuantizedLinear) return true;
  return false;
}

/** @throws Error that names the option, its value and what is allowed. */
export function quantizeOptions(given: QuantizeOptions | QuantizedDType): QuantizeOptions {
  const options = typeof given === 'string' ? { dtype: given } : given;
  const { dtype } = options;
  if (dtype !== 'int8' && dtype !== 'int4')
    throw new Error(`quantize: dtype is ${JSON.stringify(dtype)}, must be 'int8' or 'int4'`);
  return options;
}
