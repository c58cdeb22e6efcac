/**
 * Element types, with PyTorch's names.
 *
 * What a buffer stores and what a kernel computes with are two things: `float16` and `uint8` are storage types that
 * kernels widen on load (to float32 and int32) and narrow on store: to float16 to nearest, halves to even, from 65520 on
 * to infinity; to uint8 by keeping the low 8 bits. A bool is true if any bit is set, and stored as 1. How many bytes an element takes in a buffer is
 * the device's choice (`BackendDevice.bytesPerElement`): WebGPU, which has no 8-bit storage, keeps a bool in 32 bits.
 */
export type DType = 'float32' | 'float16' | 'float64' | 'int32' | 'uint8' | 'bool';

/** The types a kernel computes with. `float64` exists on the reference backend only. */
export type ComputeType = 'float32' | 'float64' | 'int32' | 'bool';

/** The type that values of a storage type have inside a kernel. */
export function computeTypeOf(dtype: DType): ComputeType {
  if (dtype === 'float16') return 'float32';
  if (dtype === 'uint8') return 'int32';
  return dtype;
}

/** Bytes of one element in a packed host array (what files and typed arrays use). */
export function hostBytes(dtype: DType): number {
  switch (dtype) {
    case 'float64':
      return 8;
    case 'float32':
    case 'int32':
      return 4;
    case 'float16':
      return 2;
    case 'uint8':
    case 'bool':
      return 1;
  }
}

export function isFloatingPoint(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float16' || dtype === 'float64';
}

export const allDTypes: readonly DType[] = ['float32', 'float16', 'float64', 'int32', 'uint8', 'bool'];
