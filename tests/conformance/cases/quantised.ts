/** Products with int8 and int4 weights: whole and cut words and blocks, one and several groups, one to many rows. */
import { type DType, type QuantisedBits, quantisedGroups, quantisedWords } from '@inkstone/core/backend';
import { type Case, define, offsetBy } from '../case.js';
import { integers, uniform } from '../values.js';
import { value } from './row-shapes.js';

/** rows, columns, depth, groupSize */
const shapes: readonly (readonly [number, number, number, number])[] = [
  [1, 1, 1, 1],
  [1, 3, 4, 4],
  [1, 2, 7, 8],
  [2, 5, 16, 16],
  [1, 7, 33, 64],
  [3, 4, 32, 32],
  [4, 9, 64, 32],
  [5, 3, 100, 32],
  [1, 64, 96, 32],
  [1, 33, 257, 300],
  [9, 17, 128, 64],
  [2, 3, 1030, 128],
  [17, 40, 65, 65],
  [3, 2, 0, 32],
  [0, 4, 32, 32],
];

export function quantised(
  bits: QuantisedBits,
  rows: number,
  columns: number,
  depth: number,
  groupSize: number,
  dtype: DType = 'float32',
  offset = 0,
): Case {
  const name = `int${bits} ${rows} x ${depth} by ${columns}, groups of ${groupSize}, ${dtype}, offset ${offset}`;
  return define(`quantised matmul ${name}`, (b) => {
    const layout = offsetBy(offset);
    const words = quantisedWords(bits, depth);
    const groups = quantisedGroups(depth, groupSize);
    const x = b.input(dtype, [rows, depth], uniform(b.random, rows * depth), layout);
    const packed = integers(b.random, columns * words, -(2 ** 31), 2 ** 31 - 1);
    const weight = b.input('int32', [columns, words], packed, layout);
    const scale = b.input(dtype, [columns, groups], uniform(b.random, columns * groups, 0.001, 0.1), layout);
    // A term is half of the largest integer by a twentieth by a half, on average.
    const size = depth * 2 ** (bits - 2) * 0.05 * 0.5;
    const y = b.output(dtype, [rows, columns], value('quantisedMatmul', size), layout);
    b.step({ kind: 'quantisedMatmul', bits, rows, columns, depth, groupSize, x, weight, scale, y });
  });
}

export function quantisedCases(dtypes: readonly DType[]): Case[] {
  const cases: Case[] = [];
  for (const bits of [4, 8] as const) {
    for (const [rows, columns, depth, groupSize] of shapes) {
      cases.push(quantised(bits, rows, columns, depth, groupSize));
    }
    cases.push(quantised(bits, 2, 6, 64, 32, 'float32', 3));
    for (const dtype of ['float16', 'float64'] as const) {
      if (dtypes.includes(dtype)) cases.push(quantised(bits, 3, 6, 96, 32, dtype));
    }
  }
  return cases;
}
