/** Reductions: every reducer over every choice of axes, layouts, prologues and epilogues, empty and special input. */
import type { ComputeType, DType, Reducer } from '@inkstone/core/backend';
import {
  broadcast,
  type Case,
  type CaseBuilder,
  type Check,
  contiguous,
  define,
  gapped,
  type Layout,
  padded,
  permuted,
  product,
  transposed,
} from '../case.js';
import { integers, uniform } from '../values.js';
import { exact, load, raggedSizes } from './pointwise.js';

interface Reduction {
  readonly shape: readonly number[];
  readonly axes: readonly number[];
  readonly layout?: Layout;
  readonly out?: Layout;
  readonly dtype?: DType;
  readonly values?: (builder: CaseBuilder, count: number) => number[];
}

const typeOf = (dtype: DType): ComputeType =>
  dtype === 'float16' ? 'float32' : dtype === 'uint8' ? 'int32' : dtype;

export function keptAxes(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** Sum of |value| of each group of points that a reduction puts together. */
function sumsOfSizes(
  shape: readonly number[],
  axes: readonly number[],
  values: ArrayLike<number>,
): Float64Array {
  const sums = new Float64Array(product(keptAxes(shape, axes)));
  for (let point = 0; point < values.length; point++) {
    let rest = point;
    let stride = 1;
    let result = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const coordinate = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
      if (axes.includes(axis)) continue;
      result += coordinate * stride;
      stride *= shape[axis];
    }
    sums[result] += Math.abs(values[point]);
  }
  return sums;
}

const exactReducers: readonly Reducer[] = ['max', 'min', 'argmax', 'argmin', 'any', 'all'];

export function reduce(reducer: Reducer, spec: Reduction, name = ''): Case {
  const { shape, axes, layout = contiguous, out = contiguous } = spec;
  const isBool = reducer === 'any' || reducer === 'all';
  const { dtype = isBool ? 'bool' : 'float32' } = spec;
  const title = name === '' ? `over axes [${axes}] of [${shape}], ${dtype}` : name;
  return define(`${reducer} ${title}`, (b) => {
    const count = product(shape);
    const make = spec.values ?? defaultValues(reducer, dtype);
    const values = make(b, count);
    const x = b.input(dtype, shape, values, layout);
    const length = product(axes.map((axis) => shape[axis]));
    const sums = sumsOfSizes(shape, axes, values);
    // Each of a product's factors may add half a unit in the last place: a sixteenth of 1e-6.
    const scale =
      reducer === 'prod' ? length / 16 : reducer === 'mean' ? sums.map((sum) => sum / length) : sums;
    const isExact = exactReducers.includes(reducer) || typeOf(dtype) === 'int32';
    const check: Check = isExact ? exact : { keys: ['reduce', 'value'], scale };
    const stored: DType = reducer.startsWith('arg') ? 'int32' : dtype === 'uint8' ? 'int32' : dtype;
    b.step({
      kind: 'reduce',
      shape,
      axes,
      reducer,
      inputs: [x],
      scalars: [],
      prologue: { instructions: [load(0, typeOf(dtype))], outputs: [0] },
      epilogue: null,
      epilogueInputs: [],
      outputs: [b.output(stored, keptAxes(shape, axes), check, out)],
    });
  });
}

function defaultValues(reducer: Reducer, dtype: DType): (builder: CaseBuilder, count: number) => number[] {
  return (b, count) => {
    if (dtype === 'bool') {
      const rare = reducer === 'any' ? 0.02 : 0.98;
      return Array.from({ length: count }, () => (b.random.next() < rare ? 1 : 0));
    }
    if (dtype === 'int32') return integers(b.random, count, -1e9, 1e9);
    if (dtype === 'uint8') return integers(b.random, count, 0, 255);
    // Products stay near 1; extremes meet equal values.
    if (reducer === 'prod') return uniform(b.random, count, 0.9, 1.1);
    if (exactReducers.includes(reducer)) return integers(b.random, count, -40, 40);
    return uniform(b.random, count);
  };
}

const floatReducers: readonly Reducer[] = ['sum', 'mean', 'prod', 'max', 'min', 'argmax', 'argmin'];
const allReducers: readonly Reducer[] = [...floatReducers, 'any', 'all'];

function shapeCases(): Case[] {
  const cases: Case[] = [];
  for (const [i, n] of raggedSizes.entries()) {
    const other = raggedSizes[(i * 4 + 2) % raggedSizes.length];
    for (const reducer of ['sum', 'argmax'] as const) {
      cases.push(
        reduce(reducer, { shape: [n], axes: [0] }),
        reduce(reducer, { shape: [n, other], axes: [1] }),
        reduce(reducer, { shape: [n, other], axes: [0] }),
      );
    }
  }
  const shape = [4, 5, 6, 7];
  for (const axes of [
    [],
    [0],
    [1],
    [2],
    [3],
    [0, 1],
    [2, 3],
    [0, 2],
    [1, 3],
    [3, 0],
    [0, 1, 3],
    [0, 1, 2, 3],
  ]) {
    for (const reducer of allReducers) cases.push(reduce(reducer, { shape, axes }));
  }
  for (const reducer of ['sum', 'mean', 'max', 'argmin'] as const) {
    cases.push(
      reduce(reducer, { shape: [33, 65], axes: [1], layout: transposed }, 'over a transposed input'),
      reduce(reducer, { shape: [33, 65], axes: [0], layout: padded(3) }, 'over padded rows'),
      reduce(
        reducer,
        { shape: [5, 6, 7], axes: [1], layout: gapped(2), out: gapped(3) },
        'gaps on both sides',
      ),
      reduce(reducer, { shape: [5, 6, 7], axes: [0, 2], layout: permuted(1, 2, 0) }, 'over a permuted input'),
      reduce(reducer, { shape: [5, 6, 7], axes: [1], out: transposed }, 'stored transposed'),
      reduce(
        reducer,
        {
          shape: [9, 17],
          axes: [1],
          layout: broadcast(1),
          values: (b) => integers(b.random, 9, -9, 9).flatMap((x) => Array(17).fill(x)),
        },
        'over a broadcast axis',
      ),
      reduce(reducer, { shape: [1, 20000], axes: [1] }, 'one long row'),
      reduce(reducer, { shape: [20000, 2], axes: [0] }, 'two long columns'),
      reduce(reducer, { shape: [3000, 1], axes: [1] }, 'rows of one'),
    );
  }
  return cases;
}

function dtypeCases(dtypes: readonly DType[]): Case[] {
  const cases: Case[] = [];
  for (const reducer of ['sum', 'prod', 'max', 'min', 'argmax', 'argmin'] as const) {
    cases.push(reduce(reducer, { shape: [7, 100], axes: [1], dtype: 'int32' }, 'int32, wrapping'));
  }
  if (dtypes.includes('uint8')) cases.push(reduce('sum', { shape: [7, 100], axes: [1], dtype: 'uint8' }));
  for (const dtype of ['float16', 'float64'] as const) {
    if (!dtypes.includes(dtype)) continue;
    for (const reducer of floatReducers) cases.push(reduce(reducer, { shape: [7, 100], axes: [1], dtype }));
  }
  return cases;
}

function specialCases(): Case[] {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  const cases: Case[] = [];
  for (const reducer of ['sum', 'prod', 'any', 'all'] as const) {
    cases.push(reduce(reducer, { shape: [3, 0], axes: [1] }, 'of nothing'));
  }
  for (const reducer of ['mean', 'max', 'min'] as const) {
    cases.push(reduce(reducer, { shape: [3, 0], axes: [1] }, 'of nothing, not finite'));
  }
  for (const reducer of ['max', 'min', 'sum', 'prod'] as const) {
    cases.push(reduce(reducer, { shape: [3, 0], axes: [1], dtype: 'int32' }, 'of nothing, int32'));
  }
  for (const reducer of allReducers)
    cases.push(reduce(reducer, { shape: [0, 3], axes: [1] }, 'into nothing'));
  const rows = [
    [1, nan, 3, 2],
    [nan, nan, inf, 1],
    [inf, 1, -inf, inf],
    [-inf, -inf, -inf, -inf],
    [2, 2, -5, -5],
    [-0, 0, -0, 0],
  ];
  for (const reducer of floatReducers) {
    cases.push(reduce(reducer, { shape: [6, 4], axes: [1], values: () => rows.flat() }, 'not finite'));
    cases.push(
      reduce(
        reducer,
        { shape: [4, 6], axes: [0], layout: transposed, values: () => flip(rows) },
        'of columns, not finite',
      ),
    );
  }
  const late = Array.from({ length: 1000 }, (_, i) => (i === 777 ? nan : (i * 7919) % 1000));
  for (const reducer of ['max', 'min', 'argmax', 'argmin'] as const) {
    cases.push(
      reduce(reducer, { shape: [1000], axes: [0], values: () => late }, 'one NaN in a long row, not finite'),
    );
  }
  return cases;
}

function flip(rows: number[][]): number[] {
  return rows[0].flatMap((_, c) => rows.map((row) => row[c]));
}

export function reduceCases(dtypes: readonly DType[]): Case[] {
  return [...shapeCases(), ...dtypeCases(dtypes), ...specialCases()];
}
