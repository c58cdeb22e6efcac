/** Index-select, index-add, gather and scatter: repeats, order, clamping and flags, every dtype. */
import type { DType, Operand } from '@inkstone/core/backend';
import { type Case, type CaseBuilder, define, offsetBy } from '../case.js';
import { integers } from '../values.js';
import { exact } from './pointwise.js';

interface Indexing {
  readonly outer?: number;
  readonly size: number;
  readonly inner: number;
  readonly count: number;
  readonly dtype?: DType;
  readonly accumulate?: boolean;
  readonly skip?: number | null;
  readonly reduce?: 'none' | 'sum';
  /** the index, instead of random ones; repeated as often as needed */
  readonly index?: readonly number[];
  readonly flagged?: boolean;
}

const sizes: readonly Indexing[] = [
  { size: 1, inner: 1, count: 1 },
  { size: 5, inner: 1, count: 7 },
  { size: 7, inner: 3, count: 2 },
  { size: 65, inner: 17, count: 100 },
  { size: 3, inner: 64, count: 257 },
  { outer: 4, size: 8, inner: 5, count: 3 },
  { outer: 33, size: 7, inner: 1, count: 9 },
  { outer: 2, size: 31, inner: 33, count: 16 },
  { size: 1000, inner: 2, count: 5 },
  { size: 4, inner: 3, count: 0 },
  { outer: 0, size: 4, inner: 3, count: 2 },
];

/** Whole numbers that the dtype holds and whose sums stay exact. */
function values(b: CaseBuilder, dtype: DType, count: number): number[] {
  if (dtype === 'bool') return integers(b.random, count, 0, 1);
  if (dtype === 'uint8') return integers(b.random, count, 0, 255);
  return integers(b.random, count, -40, 40);
}

function indices(b: CaseBuilder, count: number, { size, index }: Indexing): Operand {
  const own = Array.from({ length: count }, (_, i) =>
    index ? index[i % index.length] : b.random.int(0, size - 1),
  );
  return b.input('int32', [count], own, offsetBy(1));
}

function flagOf(b: CaseBuilder, flagged: boolean): Operand | null {
  if (!flagged) return null;
  const flags = b.stored(b.input('int32', [4], [0, 0, 0, 0]), exact);
  return { ...flags, shape: [1], strides: [1], offset: 2 };
}

function describe(spec: Indexing): string {
  const { outer = 1, size, inner, count, dtype = 'float32' } = spec;
  return `${count} of [${outer}, ${size}, ${inner}], ${dtype}`;
}

export function indexSelect(spec: Indexing, name = describe(spec)): Case {
  const { outer = 1, size, inner, count, dtype = 'float32', flagged = false } = spec;
  return define(`index-select ${name}`, (b) => {
    b.step({
      kind: 'indexSelect',
      outer,
      size,
      inner,
      count,
      input: b.input(dtype, [outer, size, inner], values(b, dtype, outer * size * inner), offsetBy(2)),
      index: indices(b, count, spec),
      output: b.output(dtype, [outer, count, inner], exact, offsetBy(1)),
      flag: flagOf(b, flagged),
    });
  });
}

export function gather(spec: Indexing, name = describe(spec)): Case {
  const { outer = 1, size, inner, count, dtype = 'float32', flagged = false } = spec;
  return define(`gather ${name}`, (b) => {
    const index = indices(b, outer * count * inner, spec);
    b.step({
      kind: 'gather',
      outer,
      size,
      inner,
      count,
      input: b.input(dtype, [outer, size, inner], values(b, dtype, outer * size * inner), offsetBy(2)),
      index: { ...index, shape: [outer, count, inner], strides: [count * inner, inner, 1] },
      output: b.output(dtype, [outer, count, inner], exact, offsetBy(1)),
      flag: flagOf(b, flagged),
    });
  });
}

export function indexAdd(spec: Indexing, name = describe(spec)): Case {
  const {
    outer = 1,
    size,
    inner,
    count,
    dtype = 'float32',
    flagged = false,
    accumulate = false,
    skip = null,
  } = spec;
  return define(`index-add ${name}`, (b) => {
    const before = values(b, dtype, outer * size * inner);
    b.step({
      kind: 'indexAdd',
      outer,
      size,
      inner,
      count,
      accumulate,
      skip,
      index: indices(b, count, spec),
      source: b.input(dtype, [outer, count, inner], values(b, dtype, outer * count * inner), offsetBy(3)),
      output: b.stored(b.input(dtype, [outer, size, inner], before, offsetBy(1)), exact),
      flag: flagOf(b, flagged),
    });
  });
}

export function scatter(spec: Indexing, name = describe(spec)): Case {
  const {
    outer = 1,
    size,
    inner,
    count,
    dtype = 'float32',
    flagged = false,
    accumulate = true,
    reduce = 'none',
  } = spec;
  return define(`scatter ${reduce} ${name}`, (b) => {
    const before = values(b, dtype, outer * size * inner);
    const index = indices(b, outer * count * inner, spec);
    b.step({
      kind: 'scatter',
      outer,
      size,
      inner,
      count,
      reduce,
      accumulate,
      index: { ...index, shape: [outer, count, inner], strides: [count * inner, inner, 1] },
      source: b.input(dtype, [outer, count, inner], values(b, dtype, outer * count * inner), offsetBy(3)),
      output: b.stored(b.input(dtype, [outer, size, inner], before, offsetBy(1)), exact),
      flag: flagOf(b, flagged),
    });
  });
}

export function indexingCases(dtypes: readonly DType[]): Case[] {
  const cases: Case[] = [];
  for (const spec of sizes) {
    cases.push(
      indexSelect(spec),
      gather(spec),
      indexAdd(spec),
      indexAdd({ ...spec, accumulate: true }, `${describe(spec)}, accumulated`),
    );
    for (const reduce of ['none', 'sum'] as const) {
      cases.push(
        scatter({ ...spec, reduce }),
        scatter({ ...spec, reduce, accumulate: false }, `${describe(spec)}, from zeros`),
      );
    }
  }
  const small = { outer: 2, size: 6, inner: 3, count: 10 };
  for (const dtype of dtypes) {
    cases.push(indexSelect({ ...small, dtype }), gather({ ...small, dtype }), scatter({ ...small, dtype }));
    if (dtype === 'bool' || dtype === 'uint8') continue;
    cases.push(indexAdd({ ...small, dtype }), scatter({ ...small, dtype, reduce: 'sum' }));
  }
  // The same index again and again: the last wins, and a sum goes in order.
  const same = { ...small, index: [4] };
  cases.push(
    indexSelect(same, 'one index only'),
    indexAdd(same, 'one index only'),
    scatter(same, 'one index only'),
    scatter({ ...same, reduce: 'sum' }, 'one index only'),
    indexAdd({ size: 2, inner: 1, count: 5000, index: [1] }, '5000 times the same'),
    indexAdd({ ...small, skip: 0, index: [0, 3, 0, 5] }, 'with a padding row'),
    indexAdd({ ...small, skip: 5, index: [0, 3, 5], accumulate: true }, 'with a padding row, accumulated'),
    indexAdd({ ...small, skip: 2, index: [2] }, 'nothing but padding'),
  );
  const outside = [0, -1, 6, 3, 2147483647, -2147483648];
  for (const flagged of [true, false]) {
    const spec = { ...small, index: outside, flagged };
    const text = `index outside, ${flagged ? 'flagged' : 'not flagged'}`;
    cases.push(
      indexSelect(spec, text),
      gather(spec, text),
      indexAdd(spec, text),
      scatter(spec, text),
      scatter({ ...spec, reduce: 'sum' }, text),
    );
  }
  const inside = { ...small, flagged: true };
  const text = 'index inside leaves the flag';
  cases.push(
    indexSelect(inside, text),
    gather(inside, text),
    indexAdd({ ...inside, skip: 1 }, text),
    scatter(inside, text),
  );
  cases.push(
    indexAdd(
      { ...small, skip: 0, index: [-3, 1], flagged: true },
      'an index outside that is clamped to the padding row adds there',
    ),
  );
  return cases;
}
