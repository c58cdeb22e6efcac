/** Functions that make tensors. Random ones draw from PyTorch's CPU generator, in the order of the program. */
import type { DType } from '../backend/dtype.js';
import { type Device, defaultDevice } from '../device.js';
import { hostArray } from '../graph/host-data.js';
import { drawnValue, hostValue } from '../graph/record.js';
import { type Shape, showShape, sizeOf } from '../graph/shape.js';
import type { HostArray } from '../graph/value.js';
import * as create from '../ops/create.js';
import { expectFloat, expectWhole } from '../ops/expect.js';
import { cat as catValues } from '../ops/views.js';
import {
  defaultGenerator,
  normal as fillNormal,
  randint as fillRandint,
  randperm as fillRandperm,
  uniform as fillUniform,
  type Generator,
} from '../random/index.js';
import type { NestedArray } from './base.js';
import { Tensor } from './tensor.js';

export interface TensorOptions {
  /** Element type; each function names its default. */
  dtype?: DType;
  /** Where the tensor lives; the default device if absent. */
  device?: Device;
  /** Makes the result a leaf that collects a gradient (default false). */
  requiresGrad?: boolean;
}

export interface RandomOptions extends TensorOptions {
  /** The random stream to draw from; the default generator, which `manualSeed` seeds, if absent. */
  generator?: Generator;
}

function finish(result: Tensor, options: TensorOptions): Tensor {
  return options.requiresGrad ? result.requiresGrad_() : result;
}

/**
 * A tensor from numbers, booleans or nested arrays of them, copied.
 *
 * @param options.dtype default: float32 for numbers, bool for booleans.
 * @throws Error if the nesting is ragged.
 * @example
 * tensor([[1, 2], [3, 4]]);                  // float32 [2, 2]
 * tensor([0, 2], { dtype: 'int32' });
 */
export function tensor(data: NestedArray | HostArray, options: TensorOptions = {}): Tensor {
  if (ArrayBuffer.isView(data))
    return fromTypedArray(data as HostArray, [(data as HostArray).length], options);
  const shape: number[] = [];
  for (let level: NestedArray = data; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  let leaf: NestedArray = data;
  while (Array.isArray(leaf) && leaf.length > 0) leaf = leaf[0];
  const dtype = options.dtype ?? (typeof leaf === 'boolean' ? 'bool' : 'float32');
  const host = hostArray(dtype, sizeOf(shape));
  let next = 0;
  const fill = (level: NestedArray, dim: number): void => {
    if (!Array.isArray(level)) {
      if (dim !== shape.length) throw ragged(shape, dim, level);
      host[next++] = dtype === 'bool' ? Number(Boolean(level)) : Number(level);
      return;
    }
    if (dim >= shape.length || level.length !== shape[dim]) throw ragged(shape, dim, level);
    for (const item of level) fill(item, dim + 1);
  };
  fill(data, 0);
  return finish(new Tensor(hostValue(options.device ?? defaultDevice(), host, shape, dtype)), options);
}

function ragged(shape: Shape, dim: number, level: NestedArray): Error {
  const got = Array.isArray(level) ? `an array of ${level.length}` : `the number ${String(level)}`;
  const want = dim < shape.length ? `an array of ${shape[dim]}` : 'a number';
  return new Error(`tensor: ragged nesting: ${want} was expected at depth ${dim}, got ${got}`);
}

/**
 * A tensor over a copy of a typed array.
 * @param options.dtype default by array type: Float32Array float32, Float64Array float64, Int32Array int32, Uint8Array uint8.
 */
export function fromTypedArray(data: HostArray, shape?: Shape, options: TensorOptions = {}): Tensor {
  const dtype = options.dtype ?? dtypeOfArray(data);
  const dims = shape ?? [data.length];
  if (sizeOf(dims) !== data.length) {
    throw new Error(`fromTypedArray: ${data.length} elements do not make shape ${showShape(dims)}`);
  }
  const host = hostArray(dtype, data.length);
  host.set(data);
  return finish(new Tensor(hostValue(options.device ?? defaultDevice(), host, dims, dtype)), options);
}

function dtypeOfArray(data: HostArray): DType {
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Uint8Array) return 'uint8';
  return 'float32';
}

/** Splits trailing options off a list of sizes: `zeros(2, 3)`, `zeros([2, 3], { dtype: 'int32' })`. */
function sizes<O extends TensorOptions>(args: readonly (number | Shape | O)[]): [Shape, O] {
  const last = args[args.length - 1];
  const hasOptions = typeof last === 'object' && !Array.isArray(last);
  const shape = (hasOptions ? args.slice(0, -1) : args).flat() as number[];
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0)
      throw new Error(`shape ${showShape(shape)}: sizes are whole numbers from 0 on`);
  }
  return [shape, (hasOptions ? last : {}) as O];
}

type Sizes = (number | Shape | TensorOptions)[];
type RandomSizes = (number | Shape | RandomOptions)[];

export function zeros(...args: Sizes): Tensor {
  const [shape, options] = sizes<TensorOptions>(args);
  return full(shape, 0, options);
}

export function ones(...args: Sizes): Tensor {
  const [shape, options] = sizes<TensorOptions>(args);
  return full(shape, 1, options);
}

/** A constant everywhere. dtype default: float32, bool for a boolean. */
export function full(shape: Shape, value: number | boolean, options: TensorOptions = {}): Tensor {
  const dtype = options.dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32');
  return finish(
    new Tensor(create.full(options.device ?? defaultDevice(), shape, Number(value), dtype)),
    options,
  );
}

export const zerosLike = (t: Tensor, options: TensorOptions = {}): Tensor =>
  zeros(t.shape, { dtype: t.dtype, device: t.device, ...options });
export const onesLike = (t: Tensor, options: TensorOptions = {}): Tensor =>
  ones(t.shape, { dtype: t.dtype, device: t.device, ...options });

/** arange(end), arange(start, end), arange(start, end, step). dtype default: int32 if all are whole, else float32. */
export function arange(...args: (number | TensorOptions)[]): Tensor {
  const options = (typeof args[args.length - 1] === 'object' ? args.pop() : {}) as TensorOptions;
  const numbers = args as number[];
  const [start, end, step] =
    numbers.length === 1 ? [0, numbers[0], 1] : [numbers[0], numbers[1], numbers[2] ?? 1];
  const length = create.arangeLength(start, end, step);
  const dtype = options.dtype ?? ([start, end, step].every(Number.isInteger) ? 'int32' : 'float32');
  return finish(
    new Tensor(create.arange(options.device ?? defaultDevice(), start, step, length, dtype)),
    options,
  );
}

/** `steps` numbers from start to end, both included. */
export function linspace(start: number, end: number, steps: number, options: TensorOptions = {}): Tensor {
  expectWhole('linspace', 'steps', steps, 0);
  const dtype = options.dtype ?? 'float32';
  const host = hostArray(dtype, steps);
  // As PyTorch: from both ends towards the middle, so that both ends are exact.
  const step = steps > 1 ? Math.fround((end - start) / (steps - 1)) : 0;
  for (let i = 0; i < steps; i++) host[i] = i < steps / 2 ? start + step * i : end - step * (steps - 1 - i);
  return finish(new Tensor(hostValue(options.device ?? defaultDevice(), host, [steps], dtype)), options);
}

export function eye(rows: number, columns: number = rows, options: TensorOptions = {}): Tensor {
  return finish(
    new Tensor(create.eye(options.device ?? defaultDevice(), rows, columns, options.dtype ?? 'float32')),
    options,
  );
}

// ---- random ---------------------------------------------------------------------------------------------------------

function drawn(
  shape: Shape,
  options: RandomOptions,
  dtype: DType,
  fill: (g: Generator, out: HostArray) => void,
): Tensor {
  const { device = defaultDevice(), generator = defaultGenerator } = options;
  const value = drawnValue(device, shape, dtype, (out) => fill(generator, out));
  return finish(new Tensor(value), options);
}

function floatDtype(name: string, options: TensorOptions): DType {
  const dtype = options.dtype ?? 'float32';
  expectFloat(name, dtype);
  return dtype;
}

/** Uniform on [0, 1). */
export function rand(...args: RandomSizes): Tensor {
  const [shape, options] = sizes<RandomOptions>(args);
  return drawn(shape, options, floatDtype('rand', options), (g, out) =>
    fillUniform(g, out as Float32Array, 0, 1),
  );
}

/** Normal with mean 0 and standard deviation 1. */
export function randn(...args: RandomSizes): Tensor {
  const [shape, options] = sizes<RandomOptions>(args);
  return drawn(shape, options, floatDtype('randn', options), (g, out) =>
    fillNormal(g, out as Float32Array, 0, 1),
  );
}

/** Whole numbers from low to high - 1: randint(high, shape) or randint(low, high, shape). dtype default int32. */
export function randint(high: number, shape: Shape, options?: RandomOptions): Tensor;
export function randint(low: number, high: number, shape: Shape, options?: RandomOptions): Tensor;
export function randint(a: number, b: number | Shape, c?: Shape | RandomOptions, d?: RandomOptions): Tensor {
  const [low, high, shape, options] =
    typeof b === 'number' ? [a, b, c as Shape, d ?? {}] : [0, a, b, (c as RandomOptions | undefined) ?? {}];
  return drawn(shape, options, options.dtype ?? 'int32', (g, out) =>
    fillRandint(g, out as Int32Array, low, high),
  );
}

/** A random order of 0 ... n - 1 (int32). */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  return drawn([n], options, options.dtype ?? 'int32', (g, out) => fillRandperm(g, out));
}

// ---- joining --------------------------------------------------------------------------------------------------------

/** Tensors joined along a dimension that they have. */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return new Tensor(
    catValues(
      tensors.map((t) => t.value),
      dim,
    ),
  );
}

/** Tensors of one shape joined along a new dimension. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  if (tensors.length === 0) throw new Error('stack: at least one tensor is needed');
  for (const t of tensors) {
    if (showShape(t.shape) !== showShape(tensors[0].shape)) {
      throw new Error(`stack: shapes ${showShape(tensors[0].shape)} and ${showShape(t.shape)} differ`);
    }
  }
  return cat(
    tensors.map((t) => t.unsqueeze(dim)),
    dim < 0 ? dim + tensors[0].ndim + 1 : dim,
  );
}
