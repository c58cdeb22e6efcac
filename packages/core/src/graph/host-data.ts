/** Host arrays and the device's storage layout: the same elements in other widths. */
import type { DType } from '../backend/dtype.js';
import { float16Bits, float16Value } from './float16.js';
import type { HostArray } from './value.js';

const arrays = {
  float32: Float32Array,
  float16: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** An empty host array for a dtype, of the given length. */
export const hostArray = (dtype: DType, length: number): HostArray => new arrays[dtype](length);

/** Elements as the device stores them: so many, or those in some bytes. */
export function stored(
  dtype: DType,
  elementBytes: number,
  of: number | ArrayBuffer,
): HostArray | Uint16Array {
  if (dtype === 'float16') return new Uint16Array(of as ArrayBuffer);
  const isWide = elementBytes === 4 && arrays[dtype] === Uint8Array;
  return new (isWide ? Int32Array : arrays[dtype])(of as ArrayBuffer);
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
export function decode(dtype: DType, elements: HostArray | Uint16Array): HostArray {
  if (elements instanceof Uint16Array) return Float32Array.from(elements, float16Value);
  return elements instanceof Int32Array && dtype !== 'int32' ? Uint8Array.from(elements) : elements;
}
