/** More rows, matrices or elements than a GPU starts workgroups along one axis (65,535), in every kind of step. */
import { type Case, contiguous, define, transposed } from '../case.js';
import { integers, uniform } from '../values.js';
import { attention } from './attention.js';
import { crossEntropy, crossEntropyBackward } from './cross-entropy.js';
import { gather, indexAdd, indexSelect, scatter } from './indexing.js';
import { matmul } from './matmul.js';
import { norm, normBackward } from './norm.js';
import { exact, load } from './pointwise.js';
import { reduce } from './reduce.js';
import { softmax, softmaxBackward } from './softmax.js';

const many = 70_000;

export function largeCases(): Case[] {
  return [
    define('pointwise over 4,300,000 points', (b) => {
      // 65,535 workgroups of 64 are fewer.
      const n = 4_300_000;
      const y = b.output('int32', [n], exact);
      b.pointwise([n], [], { instructions: [{ op: 'index', type: 'int32', axis: 0 }], outputs: [0] }, [y]);
    }),
    define('pointwise over 70,000 rows of 2, transposed', (b) => {
      const x = b.input('float32', [many, 2], integers(b.random, 2 * many, -9, 9), transposed);
      const y = b.output('float32', [many, 2], exact, contiguous);
      b.pointwise([many, 2], [x], { instructions: [load(0)], outputs: [0] }, [y]);
    }),
    reduce(
      'sum',
      { shape: [many, 3], axes: [1], values: (b, n) => integers(b.random, n, -9, 9) },
      'of 70,000 rows',
    ),
    reduce('argmax', { shape: [3, many], axes: [0] }, 'of 70,000 columns'),
    reduce('max', { shape: [many * 10], axes: [0] }, 'of 700,000 elements'),
    matmul('70,000 rows', { m: many, n: 1, k: 2, exact: true }),
    matmul('70,000 columns', { m: 1, n: many, k: 2, exact: true }),
    matmul('70,000 terms', { m: 1, n: 2, k: many }),
    matmul('70,000 matrices', { batch: [many], m: 1, n: 1, k: 2, exact: true }),
    softmax('of 70,000 rows', many, 2, false, (b) => uniform(b.random, 2 * many)),
    softmaxBackward(many, 2, false),
    crossEntropy('of 70,000 rows', { rows: many, classes: 2 }),
    crossEntropyBackward('of 70,000 rows', { rows: many, classes: 2 }),
    norm('of 70,000 rows', { rows: many, columns: 2, variant: 'rms' }),
    normBackward('of 70,000 rows', { rows: many, columns: 2, variant: 'rms', wanted: ['dx'] }),
    normBackward('of 70,000 columns', { rows: 2, columns: many, variant: 'layer' }),
    attention('of 70,000 queries', { queries: many, keys: 2, headSize: 2 }),
    attention('of 70,000 keys', { queries: 1, keys: many, headSize: 2 }),
    attention('of 70,000 heads', { batch: many / 10, heads: 10, queries: 1, keys: 2, headSize: 2 }),
    indexSelect({ size: 7, inner: 1, count: many }),
    indexAdd({ size: many, inner: 1, count: many }),
    gather({ outer: many, size: 3, inner: 1, count: 1 }),
    scatter({ outer: many, size: 3, inner: 1, count: 1, reduce: 'sum' }),
  ];
}
