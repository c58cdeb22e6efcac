/** Between lists of numbers and the bytes of a device's buffers, whose element widths are the device's choice. */
import type { DType } from '@inkstone/core/backend';

/** @param width bytes of one element on the device */
export function encode(dtype: DType, width: number, values: ArrayLike<number>): Uint8Array {
  const { buffer } =
    dtype === 'float16' ? Uint16Array.from(values, float16Bits) : arrayOf(dtype, width).from(values);
  return new Uint8Array(buffer);
}

export function decode(dtype: DType, width: number, bytes: ArrayBuffer, count: number): Float64Array {
  if (dtype === 'float16') return Float64Array.from(new Uint16Array(bytes, 0, count), float16Value);
  return Float64Array.from(new (arrayOf(dtype, width))(bytes, 0, count));
}

/** Typed arrays are little-endian wherever Inkstone runs, and so are devices. */
function arrayOf(dtype: DType, width: number) {
  if (dtype === 'float32' && width === 4) return Float32Array;
  if (dtype === 'float64' && width === 8) return Float64Array;
  if ((dtype === 'int32' || dtype === 'uint8' || dtype === 'bool') && width === 4) return Int32Array;
  if ((dtype === 'uint8' || dtype === 'bool') && width === 1) return Uint8Array;
  throw new Error(`the suite does not know ${dtype} in ${width} bytes`);
}

/** Through float32's bits; test values are few enough that clarity wins. Rounds to nearest, halves to even. */
export function float16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  // The spacing of halves around `size`: 2^-24 for the smallest.
  const exponent = Math.max(-14, size === 0 ? -14 : Math.floor(Math.log2(size)));
  const ulp = 2 ** (exponent - 10);
  const low = Math.floor(size / ulp);
  const rest = size / ulp - low;
  const steps = rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
  const rounded = steps * ulp;
  if (rounded >= 65536 || Number.isNaN(rounded)) return sign | 0x7c00;
  if (rounded < 2 ** -14) return sign | (rounded * 2 ** 24);
  const top = Math.floor(Math.log2(rounded));
  return sign | ((top + 15) << 10) | (rounded * 2 ** (10 - top) - 1024);
}

export function float16Value(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** What storing and loading does to a number. */
export function asStored(dtype: DType, value: number): number {
  switch (dtype) {
    case 'float32':
      return Math.fround(value);
    case 'float64':
      return value;
    case 'float16':
      return float16Value(float16Bits(value));
    case 'int32':
      return value | 0;
    case 'uint8':
      return value & 255;
    case 'bool':
      return value === 0 ? 0 : 1;
  }
}
