/** '@inkstone/core/io': safetensors files, as bytes, typed arrays or tensors. No file system: bytes in, bytes out. */
export { type ElementArray, type SafetensorsDType, safetensorsDTypes } from './io/element-types.js';
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
  type LoadOptions,
  loadSafetensors,
  type SaveOptions,
  saveSafetensors,
  toTensor,
} from './io/state-dict.js';
