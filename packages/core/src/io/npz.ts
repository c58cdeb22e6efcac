/** NumPy's `.npz` archives, and tensors from and to NumPy's files. */
import type { Device } from '../device.js';
import type { StateDict } from '../nn/module.js';
import type { Tensor } from '../tensor/tensor.js';
import {
  type NumpyArray,
  type NumpyArrayToWrite,
  NumpyFileError,
  type NumpyReadOptions,
  readNpy,
  writeNpy,
} from './npy.js';
import { elementsOfTensor, tensorOfElements } from './state-dict.js';
import { readZip, writeZip } from './zip.js';

/**
 * Reads an archive of `numpy.savez` or `numpy.savez_compressed`.
 *
 * @returns the arrays by name, in the order of the archive
 * @throws (rejects) NumpyFileError that names the archive and the array
 */
export async function readNpz(
  bytes: Uint8Array,
  options: NumpyReadOptions = {},
): Promise<Map<string, NumpyArray>> {
  const { file = 'npz' } = options;
  const arrays = new Map<string, NumpyArray>();
  const entries = readZip(bytes, (why) => {
    throw new NumpyFileError(file, why);
  });
  for (const entry of entries) {
    if (!entry.name.endsWith('.npy')) continue;
    const name = entry.name.slice(0, -4);
    arrays.set(name, readNpy(await entry.read(), { file: `${file}: '${name}'` }));
  }
  return arrays;
}

export interface NpzWriteOptions {
  /** Deflate the arrays, as `numpy.savez_compressed`; default false. */
  compressed?: boolean;
}

/** The bytes of an archive that `numpy.load` reads. */
export async function writeNpz(
  arrays: ReadonlyMap<string, NumpyArrayToWrite>,
  options: NpzWriteOptions = {},
): Promise<Uint8Array> {
  const files = new Map([...arrays].map(([name, array]) => [`${name}.npy`, writeNpy(array)]));
  return writeZip(files, options.compressed ?? false);
}

export interface NumpyLoadOptions extends NumpyReadOptions {
  /** Where the tensors live; the default device if absent. */
  device?: Device;
}

/**
 * The tensor of a `.npy` file. Floats up to 32 bits become float32, float64 stays, uint8 and bool too, all other
 * integers become int32.
 * @throws NumpyFileError that names the file: a broken file, an integer beyond 32 bits, complex numbers
 */
export function loadNpy(bytes: Uint8Array, options: NumpyLoadOptions = {}): Tensor {
  const { file = 'npy' } = options;
  return tensorOf(readNpy(bytes, options), file, options);
}

/** The tensors of a `.npz` file by name; see `loadNpy`. */
export async function loadNpz(bytes: Uint8Array, options: NumpyLoadOptions = {}): Promise<StateDict> {
  const { file = 'npz' } = options;
  const arrays = await readNpz(bytes, options);
  return new Map([...arrays].map(([name, array]) => [name, tensorOf(array, `${file}: '${name}'`, options)]));
}

function tensorOf(array: NumpyArray, file: string, options: NumpyLoadOptions): Tensor {
  return tensorOfElements(array, options.device, (why) => {
    throw new NumpyFileError(file, why);
  });
}

/**
 * A tensor as the bytes of a `.npy` file.
 * @example
 * await writeFile('weights.npy', await saveNpy(layer.weight));
 */
export async function saveNpy(tensor: Tensor): Promise<Uint8Array> {
  return writeNpy(await elementsOfTensor(tensor));
}

/** Tensors by name as the bytes of a `.npz` file, such as a model's state dict. */
export async function saveNpz(
  tensors: ReadonlyMap<string, Tensor>,
  options: NpzWriteOptions = {},
): Promise<Uint8Array> {
  const read = [...tensors].map(async ([name, tensor]) => [name, await elementsOfTensor(tensor)] as const);
  return writeNpz(new Map(await Promise.all(read)), options);
}
