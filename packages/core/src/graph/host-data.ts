/** Host arrays and the device's storage layout: the same elements in other widths. */
import type { DType } from '../backend/dtype.js';
import { float16Bits, float16Value } from './float16.js';
import type { HostArray } from './value.js';

/** An empty host array for a dtype, of the given length. */
export function hostArray(dtype: DType, length: number): HostArray {
  switch (dtype) {
    case 'float32':
    case 'float16':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(length);
  }
}

/** Host elements as the device stores them. A copy is made only where the layout differs. */
export function encode(dtype: DType, host: HostArray, elementBytes: number): ArrayBufferView {
  if (dtype === 'float16') {
    const bits = new Uint16Array(host.length);
    for (let i = 0; i < host.length; i++) bits[i] = float16Bits(host[i]);
    return bits;
  }
  if ((dtype === 'bool' || dtype === 'uint8') && elementBytes === 4) return Int32Array.from(host);
  return host;
}

/** Stored elements as a host array. */
export function decode(dtype: DType, bytes: ArrayBuffer, elementBytes: number): HostArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(bytes);
    case 'float64':
      return new Float64Array(bytes);
    case 'int32':
      return new Int32Array(bytes);
    case 'float16':
      return Float32Array.from(new Uint16Array(bytes), float16Value);
    case 'uint8':
    case 'bool':
      return elementBytes === 4 ? Uint8Array.from(new Int32Array(bytes)) : new Uint8Array(bytes);
  }
}
