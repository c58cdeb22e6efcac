/** Softmax and log-softmax, forward and backward. */
import type { DType } from '@inkstone/core/backend';
import { type Case, type CaseBuilder, define, offsetBy } from '../case.js';
import { uniform } from '../values.js';
import { gradient, rowShapes, value } from './row-shapes.js';

export function softmax(
  name: string,
  rows: number,
  columns: number,
  log: boolean,
  values: (b: CaseBuilder) => number[],
  dtype: DType = 'float32',
): Case {
  const kind = log ? 'log-softmax' : 'softmax';
  return define(`${kind} ${name}`, (b) => {
    const shape = [rows, columns];
    const xs = values(b);
    const x = b.input(dtype, shape, xs);
    const largest = log
      ? xs.reduce((max, v) => (Number.isFinite(v) ? Math.max(max, Math.abs(v)) : max), 1)
      : 1;
    const y = b.output(dtype, shape, value('softmax', largest), offsetBy(2));
    b.step({ kind: 'softmax', log, rows, columns, x, y });
  });
}

export function softmaxBackward(rows: number, columns: number, log: boolean, dtype: DType = 'float32'): Case {
  return define(`${log ? 'log-softmax' : 'softmax'} backward of ${rows} x ${columns}, ${dtype}`, (b) => {
    const shape = [rows, columns];
    const rowsOfY: number[] = [];
    for (let r = 0; r < rows; r++) {
      const e = uniform(b.random, columns, -3, 3).map(Math.exp);
      const sum = e.reduce((total, v) => total + v, 0);
      rowsOfY.push(...e.map((v) => (log ? Math.log(v / sum) : v / sum)));
    }
    const y = b.input(dtype, shape, rowsOfY);
    const dy = b.input(dtype, shape, uniform(b.random, rows * columns), offsetBy(1));
    const dx = b.output(dtype, shape, gradient('softmaxBackward', log ? columns / 2 : 1));
    b.step({ kind: 'softmaxBackward', log, rows, columns, y, dy, dx });
  });
}

export function softmaxCases(dtypes: readonly DType[]): Case[] {
  const cases: Case[] = [];
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  for (const log of [false, true]) {
    for (const [rows, columns] of rowShapes) {
      cases.push(
        softmax(`of ${rows} x ${columns}`, rows, columns, log, (b) =>
          uniform(b.random, rows * columns, -5, 5),
        ),
        softmaxBackward(rows, columns, log),
      );
    }
    cases.push(
      softmax('of large scores', 4, 33, log, (b) => uniform(b.random, 132, -1000, 1000)),
      softmax('of enormous scores', 3, 4, log, () => [
        1e30, -1e30, 0, 1, 3e38, 3e38, -3e38, 0, -3e38, -3e38, -3e38, -3e38,
      ]),
      softmax('of equal scores', 2, 100, log, () => Array(200).fill(80)),
      softmax('masked with -1e30', 2, 5, log, () => [1, -1e30, 2, -1e30, 0, -1e30, -1e30, -1e30, 4, -1e30]),
      softmax('not finite', 6, 3, log, () => [
        1,
        -inf,
        2,
        -inf,
        -inf,
        0,
        -inf,
        -inf,
        -inf,
        1,
        nan,
        2,
        1,
        inf,
        2,
        1,
        2,
        3,
      ]),
    );
    for (const dtype of ['float16', 'float64'] as const) {
      if (!dtypes.includes(dtype)) continue;
      cases.push(
        softmax(`of 9 x 33, ${dtype}`, 9, 33, log, (b) => uniform(b.random, 297, -5, 5), dtype),
        softmaxBackward(9, 33, log, dtype),
      );
    }
  }
  return cases;
}
