/** Element types as the kernels number them. */
import type { DType } from '@inkstone/core/backend';
import { Storage } from '../../assembly/opcodes.js';

/** Bytes of an element in this device's buffers; there is no float64 here. */
export const bytesPerElement: Readonly<Partial<Record<DType, number>>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint8: 1,
  bool: 1,
};

export function storageBytes(dtype: DType): number {
  const bytes = bytesPerElement[dtype];
  if (bytes === undefined)
    throw new TypeError(`cpu: ${dtype} is not a type of this device (only of the reference)`);
  return bytes;
}

export function storageOf(dtype: DType): Storage {
  switch (dtype) {
    case 'float32':
      return Storage.F32;
    case 'int32':
      return Storage.I32;
    case 'float16':
      return Storage.F16;
    case 'uint8':
      return Storage.U8;
    case 'bool':
      return Storage.Bool;
    default:
      throw new TypeError(`cpu: ${dtype} is not a type of this device (only of the reference)`);
  }
}
