/** The arrays of the archives that NumPy has read: see ../goldens/numpy/make.py. */
import type { NumpyArrayToWrite } from '../../src/io.js';

export const ours: ReadonlyMap<string, NumpyArrayToWrite> = new Map<string, NumpyArrayToWrite>([
  ['weight', { shape: [3, 4], data: Float32Array.from({ length: 12 }, (_, i) => i / 8 - 0.5) }],
  ['half', { shape: [2], dtype: 'F16', data: Float32Array.of(0.5, -2) }],
  ['ids', { shape: [2, 50], data: Int32Array.from({ length: 100 }, (_, i) => i % 7) }],
  ['wide', { shape: [2], data: BigInt64Array.of(-(2n ** 62n), 3n) }],
  ['mask', { shape: [3], dtype: 'BOOL', data: Uint8Array.of(1, 0, 1) }],
  ['scalar', { shape: [], data: Float64Array.of(Math.PI) }],
  ['nothing', { shape: [0, 2], data: new Float32Array() }],
  ['层.权重', { shape: [1], data: Uint8Array.of(255) }],
]);
