/** Parity cases: what they look like in `goldens/*.json`, and how they become tensors. See make/common.py. */
import { readdirSync, readFileSync } from 'node:fs';
import { type DType, type NestedArray, Tensor, tensor } from '@inkstone/core';

export type JsonNumber = number | 'nan' | 'inf' | '-inf';

export interface TensorSpec {
  /** Shape, elements in row-major order, dtype (default float32). */
  readonly s: readonly number[];
  readonly v: readonly JsonNumber[];
  readonly d?: DType;
  /** What turns the tensor into the one that the call gets: names of methods with their arguments. */
  readonly view?: readonly [string, ...(number | readonly number[])[]][];
  /** false: no gradient is asked for. */
  readonly g?: boolean;
}

export interface ParityCase {
  readonly op: string;
  readonly in: readonly TensorSpec[];
  readonly args: readonly unknown[];
  readonly out: readonly TensorSpec[];
  /** Gradients of the inputs, or null where none flows. */
  readonly grad?: readonly (readonly JsonNumber[] | null)[];
  /** Sums of |terms|, where they exceed 1. */
  readonly scale?: number;
  readonly gradScale?: number;
  readonly note?: string;
  /** Modules: seed and constructor arguments, and gradients of the parameters by name. */
  readonly seed?: number;
  readonly new?: readonly unknown[];
  readonly eval?: boolean;
  readonly parameters?: Readonly<Record<string, TensorSpec>>;
  readonly parameterGrad?: Readonly<Record<string, readonly JsonNumber[]>>;
}

/** All cases of a family, such as 'pointwise'. */
export function readCases(family: string): ParityCase[] {
  const text = readFileSync(new URL(`goldens/${family}.json`, import.meta.url), 'utf8');
  return (JSON.parse(text) as { cases: ParityCase[] }).cases;
}

/** The families that have been made. */
export function families(): string[] {
  const folder = new URL('goldens', import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -5))
    .sort();
}

export function numberOf(text: JsonNumber): number {
  if (typeof text === 'number') return text;
  if (text === 'nan') return Number.NaN;
  return text === 'inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

const nest = (values: readonly number[], shape: readonly number[]): NestedArray => {
  if (shape.length === 0) return values[0];
  const step = shape.slice(1).reduce((a, b) => a * b, 1);
  return Array.from({ length: shape[0] }, (_, i) =>
    nest(values.slice(i * step, (i + 1) * step), shape.slice(1)),
  );
};

/** The tensor of a spec, in another float type if asked. */
export function tensorOf(spec: TensorSpec, float: DType = 'float32'): Tensor {
  const dtype = spec.d ?? float;
  const flat = tensor(nest(spec.v.map(numberOf), [spec.v.length]), { dtype });
  return flat.reshape(spec.s);
}

/** The view of `base` that the call gets. */
export function look(base: Tensor, spec: TensorSpec): Tensor {
  let out = base;
  for (const [name, ...args] of spec.view ?? []) out = method(out, name)(...args);
  return out;
}

/** A method by name. */
export function method(target: object, name: string): (...args: unknown[]) => Tensor {
  const found = (target as Record<string, unknown>)[name];
  if (typeof found !== 'function') throw new Error(`there is no ${target.constructor.name}.${name}`);
  return (...args) => found.apply(target, args) as Tensor;
}

/** Tensors within a result: one, several, or an object of them. */
export function tensorsIn(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result];
  if (typeof result === 'object' && result !== null) return Object.values(result).flatMap(tensorsIn);
  return [];
}

/** The output gradient that the maker used. */
export function cotangent(like: Tensor): Tensor {
  const numbers = Array.from({ length: like.numel() }, (_, i) => (((i * 37 + 11) % 19) - 9) / 8);
  return tensor(numbers, { dtype: like.dtype }).reshape(like.shape);
}

/** Arguments with `{"$": i}` replaced by input i, and '-inf' and the like by numbers. */
export function argumentsOf(json: unknown, inputs: readonly Tensor[]): unknown {
  if (json === 'inf' || json === '-inf' || json === 'nan') return numberOf(json);
  if (Array.isArray(json)) return json.map((item) => argumentsOf(item, inputs));
  if (typeof json !== 'object' || json === null) return json;
  if ('$' in json) return inputs[json.$ as number];
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, argumentsOf(value, inputs)]));
}
