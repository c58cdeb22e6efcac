/** Sorting and running sums of rows. */
import type { DType } from '@inkstone/core/backend';
import { type Case, type CaseBuilder, define, offsetBy } from '../case.js';
import { integers, uniform } from '../values.js';
import { exact } from './pointwise.js';
import { value } from './row-shapes.js';

interface Sort {
  readonly rows: number;
  readonly columns: number;
  /** Default: all. */
  readonly count?: number;
  readonly descending?: boolean;
  readonly dtype?: DType;
}

/** Numbers of which many are equal, so that the order of equal ones shows. */
const repeating = (b: CaseBuilder, count: number): number[] =>
  integers(b.random, count, -30, 30).map((n) => n / 4);

export function sort(
  name: string,
  spec: Sort,
  values: (b: CaseBuilder, count: number) => number[] = repeating,
): Case {
  const { rows, columns, count = columns, descending = false, dtype = 'float32' } = spec;
  const what = `sort ${rows} x ${columns}, ${count} of it${descending ? ', descending' : ''}, ${dtype}: ${name}`;
  return define(what, (b) => {
    const x = b.input(dtype, [rows, columns], values(b, rows * columns), offsetBy(3));
    const indices = b.output('int32', [rows, count], exact, offsetBy(1));
    b.step({ kind: 'sort', rows, columns, count, descending, x, indices });
  });
}

interface Scan {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly reverse?: boolean;
  readonly dtype?: DType;
}

export function scan(name: string, spec: Scan): Case {
  const { outer, size, inner, reverse = false, dtype = 'float32' } = spec;
  const what = `scan [${outer}, ${size}, ${inner}]${reverse ? ', reverse' : ''}, ${dtype}: ${name}`;
  return define(what, (b) => {
    const shape = [outer, size, inner];
    const count = outer * size * inner;
    const values =
      dtype === 'int32' ? integers(b.random, count, -(2 ** 31), 2 ** 31 - 1) : uniform(b.random, count);
    const x = b.input(dtype, shape, values, offsetBy(2));
    // Half of the terms' largest size times their number.
    const check = dtype === 'int32' ? exact : value('scan', size / 2);
    const y = b.output(dtype, shape, check, offsetBy(1));
    b.step({ kind: 'scan', reverse, outer, size, inner, x, y });
  });
}

const sorts: readonly Sort[] = [
  { rows: 1, columns: 1 },
  { rows: 3, columns: 2 },
  { rows: 5, columns: 33 },
  { rows: 70, columns: 7 },
  { rows: 2, columns: 300, count: 4 },
  { rows: 2, columns: 1024 },
  // Longer than a block: runs are merged, the last is short, and few are kept of each.
  { rows: 3, columns: 1025 },
  { rows: 2, columns: 2817, count: 40 },
  { rows: 1, columns: 4000, count: 700 },
  { rows: 2, columns: 1300, count: 1 },
  { rows: 2, columns: 5, count: 0 },
  { rows: 0, columns: 5 },
];

const scans: readonly Scan[] = [
  { outer: 1, size: 1, inner: 1 },
  { outer: 3, size: 5, inner: 1 },
  { outer: 2, size: 7, inner: 3 },
  { outer: 65, size: 33, inner: 1 },
  { outer: 2, size: 257, inner: 5 },
  { outer: 1, size: 5000, inner: 1 },
  { outer: 2, size: 0, inner: 3 },
];

export function orderingCases(dtypes: readonly DType[]): Case[] {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  const cases: Case[] = [];
  for (const descending of [false, true]) {
    for (const spec of sorts) cases.push(sort('many are equal', { ...spec, descending }));
    cases.push(
      sort('random', { rows: 3, columns: 500, descending }, (b, n) => uniform(b.random, n, -1e6, 1e6)),
      sort('all the same', { rows: 2, columns: 1100, descending }, (_, n) => Array(n).fill(2.5)),
      sort('in order', { rows: 1, columns: 1500, count: 9, descending }, (_, n) =>
        Array.from({ length: n }, (_, i) => i),
      ),
      sort('tiny and huge', { rows: 1, columns: 12, descending }, () => [
        1e-38, -1e-38, 3e38, -3e38, 0, -0, 1, -1, 1.5, -1.5, 2e-38, 0,
      ]),
      sort('not finite', { rows: 2, columns: 6, descending }, () => [
        nan,
        1,
        -inf,
        inf,
        nan,
        0,
        -inf,
        nan,
        3e38,
        nan,
        -0,
        inf,
      ]),
      sort('integers', { rows: 2, columns: 1100, count: 30, descending, dtype: 'int32' }, (b, n) =>
        integers(b.random, n, -(2 ** 31), 2 ** 31 - 1),
      ),
    );
  }
  for (const reverse of [false, true])
    for (const spec of scans)
      cases.push(scan('sums', { ...spec, reverse }), scan('wraps', { ...spec, reverse, dtype: 'int32' }));
  for (const dtype of ['float16', 'float64'] as const) {
    if (!dtypes.includes(dtype)) continue;
    cases.push(
      sort('many are equal', { rows: 3, columns: 65, dtype }),
      sort('many are equal', { rows: 3, columns: 65, count: 5, descending: true, dtype }),
      scan('sums', { outer: 2, size: 33, inner: 3, dtype }),
    );
  }
  return cases;
}
