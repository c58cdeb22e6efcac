/** Tensors from safetensors files, and back. */
import type { DType } from '../backend/dtype.js';
import type { Device } from '../device.js';
import type { HostArray } from '../graph/value.js';
import type { StateDict } from '../nn/module.js';
import { fromTypedArray } from '../tensor/creation.js';
import type { Tensor } from '../tensor/tensor.js';
import type { ElementArray, SafetensorsDType } from './element-types.js';
import {
  type ReadOptions,
  readSafetensors,
  type SafetensorsEntry,
  SafetensorsError,
  type TensorToWrite,
  type WriteOptions,
  writeSafetensors,
} from './safetensors.js';

export interface LoadOptions extends ReadOptions {
  /** Where the tensors live; the default device if absent. */
  device?: Device;
}

/**
 * All tensors of a file. Floats up to 32 bits become float32, float64 stays, 8-bit unsigned integers become uint8,
 * booleans bool, and all other integers int32.
 *
 * @throws SafetensorsError that names the file and the tensor: a broken file, an integer beyond 32 bits, complex numbers
 * @example
 * model.loadStateDict(loadSafetensors(bytes, { file: 'model.safetensors' }));
 */
export function loadSafetensors(bytes: Uint8Array, options: LoadOptions = {}): StateDict {
  const file = readSafetensors(bytes, options);
  return new Map(file.keys.map((key) => [key, toTensor(file.get(key), key, options)]));
}

/** The tensor of one entry, as `loadSafetensors` makes it. */
export function toTensor(entry: SafetensorsEntry, key: string, options: LoadOptions = {}): Tensor {
  const { file = 'safetensors', device } = options;
  return tensorOfElements(entry, device, (why) => {
    throw new SafetensorsError(file, why, key);
  });
}

/** The tensor of elements of any file. @param fail throws the error of that kind of file */
export function tensorOfElements(
  { dtype, shape, data }: SafetensorsEntry,
  device: Device | undefined,
  fail: (why: string) => never,
): Tensor {
  if (dtype === 'C64') fail('C64 (complex numbers) cannot be loaded');
  const [type, host] = hostElements(dtype, data, fail);
  return fromTypedArray(host, shape, { dtype: type, ...(device ? { device } : {}) });
}

function hostElements(
  dtype: SafetensorsDType,
  data: ElementArray,
  fail: (why: string) => never,
): [DType, HostArray] {
  if (data instanceof Float32Array) return ['float32', data];
  if (data instanceof Float64Array) return ['float64', data];
  if (data instanceof Int32Array) return ['int32', data];
  if (dtype === 'BOOL') return ['bool', data as Uint8Array];
  if (dtype === 'U8') return ['uint8', data as Uint8Array];
  const out = new Int32Array(data.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = Number(data[i]);
    if (out[i] !== Number(data[i])) fail(`element ${i} is ${data[i]}, integers of 32 bits are the limit`);
  }
  return ['int32', out];
}

export interface SaveOptions extends WriteOptions {
  /** What float32 tensors are written as: 'F32' (default), or rounded to 'F16' or 'BF16'. */
  float32As?: 'F32' | 'F16' | 'BF16';
}

/**
 * Tensors as the bytes of a file, each in its own dtype.
 * @example
 * await writeFile('model.safetensors', await saveSafetensors(model.stateDict()));
 */
export async function saveSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  options: SaveOptions = {},
): Promise<Uint8Array> {
  // All reads are asked for at once: they see one and the same version, and wait for the device once.
  const read = [...tensors].map(
    async ([key, tensor]) => [key, await elementsOfTensor(tensor, options.float32As)] as const,
  );
  return writeSafetensors(new Map(await Promise.all(read)), options);
}

/** What a file stores of a tensor, as it is at this line. */
export async function elementsOfTensor(
  tensor: Tensor,
  float32As: SafetensorsDType = 'F32',
): Promise<Required<TensorToWrite>> {
  return { dtype: fileType(tensor.dtype, float32As), shape: tensor.shape, data: await tensor.data() };
}

function fileType(dtype: DType, float32As: SafetensorsDType): SafetensorsDType {
  switch (dtype) {
    case 'float32':
      return float32As;
    case 'float16':
      return 'F16';
    case 'float64':
      return 'F64';
    case 'int32':
      return 'I32';
    case 'uint8':
      return 'U8';
    case 'bool':
      return 'BOOL';
  }
}
