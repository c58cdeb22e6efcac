/** '@inkstone/core/io': safetensors and NumPy's files, as typed arrays or tensors. No file system: bytes in, bytes out. */
export { type ElementArray, type SafetensorsDType, safetensorsDTypes } from './io/element-types.js';
export {
  type NumpyArray,
  type NumpyArrayToWrite,
  NumpyFileError,
  type NumpyReadOptions,
  readNpy,
  writeNpy,
} from './io/npy.js';
export {
  loadNpy,
  loadNpz,
  type NpzWriteOptions,
  type NumpyLoadOptions,
  readNpz,
  saveNpy,
  saveNpz,
  writeNpz,
} from './io/npz.js';
export {
  type ReadOptions,
  readSafetensors,
  readSafetensorsHeader,
  type SafetensorsEntry,
  SafetensorsError,
  type SafetensorsFile,
  type SafetensorsHeader,
  type TensorInfo,
  type TensorToWrite,
  type WriteOptions,
  writeSafetensors,
} from './io/safetensors.js';
export {
  type ByteSource,
  type LazySafetensors,
  openSafetensors,
} from './io/safetensors-source.js';
export {
  type LoadOptions,
  loadSafetensors,
  type SaveOptions,
  saveSafetensors,
  toTensor,
} from './io/state-dict.js';
