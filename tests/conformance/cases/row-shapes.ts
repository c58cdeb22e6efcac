/** What the cases of row-wise kernels share. */
import type { Check } from '../case.js';

/** Rows x columns. */
export const rowShapes: readonly (readonly [number, number])[] = [
  [1, 1],
  [3, 1],
  [1, 2],
  [2, 3],
  [5, 5],
  [7, 8],
  [16, 17],
  [4, 31],
  [33, 33],
  [2, 64],
  [65, 65],
  [100, 7],
  [3, 257],
  [2, 5000],
  [1000, 3],
  [0, 5],
];

export const value = (key: Check['keys'][number], scale = 1): Check => ({ keys: [key, 'value'], scale });
export const gradient = (key: Check['keys'][number], scale = 1): Check => ({
  keys: [key, 'gradient'],
  scale,
});
