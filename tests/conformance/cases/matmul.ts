/** Matrix products: ragged sizes, the four transposes, batches, broadcasts, epilogues. */
import type { DType, Instruction, Operand, Program } from '@inkstone/core/backend';
import {
  broadcast,
  type Case,
  type CaseBuilder,
  contiguous,
  define,
  type Layout,
  padded,
  permuted,
  product,
  transposed,
} from '../case.js';
import { integers, uniform } from '../values.js';
import { constant, load } from './pointwise.js';

interface Product {
  readonly batch?: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a?: Layout;
  readonly b?: Layout;
  readonly out?: Layout;
  readonly dtype?: DType;
  /** small whole numbers, which come out exact in any order of summation */
  readonly exact?: boolean;
}

interface Sides {
  readonly a: Operand;
  readonly b: Operand;
  /** sum of |a| * |b| of each element of the product */
  readonly scale: Float64Array;
}

function sides(builder: CaseBuilder, spec: Product): Sides {
  const { batch = [], m, n, k, dtype = 'float32', exact = false } = spec;
  const { a: aLayout = contiguous, b: bLayout = contiguous } = spec;
  const make = (shape: number[], layout: Layout): [Operand, number[]] => {
    // Values for the elements that exist; an axis along which memory does not go on repeats them.
    const { strides } = layout(shape);
    const own = product(shape.filter((_, axis) => strides[axis] !== 0));
    const values = exact ? integers(builder.random, own, -8, 8) : uniform(builder.random, own);
    const repeated = Array.from({ length: product(shape) }, (_, i) => {
      let place = 0;
      let step = 1;
      for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
        const index = rest % shape[axis];
        rest = Math.floor(rest / shape[axis]);
        if (strides[axis] === 0) continue;
        place += index * step;
        step *= shape[axis];
      }
      return values[place];
    });
    return [builder.input(dtype, shape, repeated, layout), repeated];
  };
  const [a, left] = make([...batch, m, k], aLayout);
  const [b, right] = make([...batch, k, n], bLayout);
  const scale = new Float64Array(product(batch) * m * n);
  for (let i = 0; i < scale.length; i++) {
    const j = i % n;
    const row = Math.floor(i / n);
    const matrix = Math.floor(row / m);
    for (let l = 0; l < k; l++) scale[i] += Math.abs(left[row * k + l] * right[(matrix * k + l) * n + j]);
  }
  return { a, b, scale };
}

export function matmul(name: string, spec: Product): Case {
  const { batch = [], m, n, k, dtype = 'float32', out = contiguous } = spec;
  return define(`matmul ${name}`, (builder) => {
    const { a, b, scale } = sides(builder, spec);
    const check = spec.exact
      ? ({ keys: ['exact'] } as const)
      : ({ keys: ['matmul', 'value'], scale } as const);
    const c = builder.output(dtype, [...batch, m, n], check, out);
    builder.step({
      kind: 'matmul',
      batch,
      m,
      n,
      k,
      a,
      b,
      scalars: [],
      epilogue: null,
      epilogueInputs: [],
      outputs: [c],
    });
  });
}

/** With an epilogue; `fill` gets what it needs to make epilogue inputs and outputs. */
function withEpilogue(
  name: string,
  spec: Product,
  fill: (
    builder: CaseBuilder,
    shape: number[],
    scale: Float64Array,
  ) => { program: Program; inputs: Operand[]; outputs: Operand[]; scalars?: number[] },
): Case {
  const { batch = [], m, n, k } = spec;
  return define(`matmul ${name}`, (builder) => {
    const { a, b, scale } = sides(builder, spec);
    const { program, inputs, outputs, scalars = [] } = fill(builder, [...batch, m, n], scale);
    builder.step({
      kind: 'matmul',
      batch,
      m,
      n,
      k,
      a,
      b,
      scalars,
      epilogue: program,
      epilogueInputs: inputs,
      outputs,
    });
  });
}

const add = (a: number, b: number): Instruction => ({ op: 'add', type: 'float32', a, b });
const mul = (a: number, b: number): Instruction => ({ op: 'mul', type: 'float32', a, b });

function epilogueCases(): Case[] {
  const spec = { m: 17, n: 33, k: 20 };
  return [
    withEpilogue('with a bias', spec, (b, shape, scale) => ({
      program: { instructions: [load(0), load(1), add(0, 1)], outputs: [2] },
      inputs: [b.input('float32', shape, repeatRows(uniform(b.random, 33), 17), broadcast(0))],
      outputs: [b.output('float32', shape, { keys: ['matmul', 'value'], scale: scale.map((s) => s + 1) })],
    })),
    withEpilogue(
      'with a bias and GELU, the pre-activation saved',
      { ...spec, batch: [3] },
      (b, shape, scale) => ({
        program: {
          instructions: [
            load(0),
            load(1),
            add(0, 1),
            constant(Math.SQRT1_2),
            mul(2, 3),
            { op: 'erf', type: 'float32', a: 4 },
            constant(1),
            add(5, 6),
            constant(0.5),
            mul(2, 8),
            mul(9, 7),
          ],
          outputs: [10, 2],
        },
        inputs: [b.input('float32', shape, repeatRows(uniform(b.random, 33), 51), broadcast(0, 1))],
        outputs: [1, 2].map(() =>
          b.output('float32', shape, { keys: ['matmul', 'value'], scale: scale.map((s) => 2 * s + 2) }),
        ),
      }),
    ),
    withEpilogue('added to what is there', { ...spec, exact: true }, (b, shape) => {
      const c = b.stored(b.input('float32', shape, integers(b.random, product(shape), -9, 9)), {
        keys: ['exact'],
      });
      return {
        program: { instructions: [load(0), load(1), add(0, 1)], outputs: [2] },
        inputs: [c],
        outputs: [c],
      };
    }),
    withEpilogue('scaled by a run-time scalar, stored transposed', { ...spec, exact: true }, (b, shape) => ({
      program: {
        instructions: [load(0), { op: 'scalar', type: 'float32', scalar: 0 }, mul(0, 1)],
        outputs: [2],
      },
      inputs: [],
      outputs: [b.output('float32', shape, { keys: ['exact'] }, transposed)],
      scalars: [b.scalar('float32', 0.25)],
    })),
    withEpilogue('masked by index', { m: 9, n: 9, k: 8, batch: [2], exact: true }, (b, shape) => ({
      program: {
        instructions: [
          load(0),
          { op: 'index', type: 'int32', axis: 1 },
          { op: 'index', type: 'int32', axis: 2 },
          { op: 'le', type: 'bool', a: 2, b: 1 },
          constant(-1e30),
          { op: 'select', type: 'float32', a: 3, b: 0, c: 4 },
        ],
        outputs: [5],
      },
      inputs: [],
      outputs: [b.output('float32', shape, { keys: ['exact'] })],
    })),
    withEpilogue('compared: a bool output', { ...spec, exact: true }, (b, shape) => ({
      program: {
        instructions: [load(0), constant(0), { op: 'gt', type: 'bool', a: 0, b: 1 }],
        outputs: [2],
      },
      inputs: [],
      outputs: [b.output('bool', shape, { keys: ['exact'] })],
    })),
    withEpilogue('of no terms, with a bias', { m: 5, n: 7, k: 0, exact: true }, (b, shape) => ({
      program: { instructions: [load(0), load(1), add(0, 1)], outputs: [2] },
      inputs: [b.input('float32', shape, uniform(b.random, 35))],
      outputs: [b.output('float32', shape, { keys: ['exact'] })],
    })),
    // More rows than wait for their epilogue together.
    withEpilogue('of 60 wide rows, with a bias', { m: 60, n: 1100, k: 40 }, (b, shape, scale) => ({
      program: { instructions: [load(0), load(1), add(0, 1)], outputs: [2] },
      inputs: [b.input('float32', shape, repeatRows(uniform(b.random, 1100), 60), broadcast(0))],
      outputs: [b.output('float32', shape, { keys: ['matmul', 'value'], scale: scale.map((s) => s + 1) })],
    })),
    withEpilogue('of one row, with a bias', { m: 1, n: 300, k: 65 }, (b, shape, scale) => ({
      program: { instructions: [load(0), load(1), add(0, 1)], outputs: [2] },
      inputs: [b.input('float32', shape, uniform(b.random, 300))],
      outputs: [b.output('float32', shape, { keys: ['matmul', 'value'], scale: scale.map((s) => s + 1) })],
    })),
  ];
}

function repeatRows(row: readonly number[], rows: number): number[] {
  return Array.from({ length: rows }, () => row).flat();
}

export function matmulCases(dtypes: readonly DType[]): Case[] {
  const sizes = [1, 2, 3, 5, 7, 8, 16, 17, 31, 33, 64, 65];
  const cases: Case[] = [];
  for (const [i, m] of sizes.entries()) {
    // Each size meets others in all three places, without the cube of all.
    const n = sizes[(i * 5 + 3) % sizes.length];
    const k = sizes[(i * 7 + 6) % sizes.length];
    for (const [text, a, b] of [
      ['NN', contiguous, contiguous],
      ['NT', contiguous, transposed],
      ['TN', transposed, contiguous],
      ['TT', transposed, transposed],
    ] as const) {
      cases.push(matmul(`${m} x ${k} x ${n} ${text}`, { m, n, k, a, b, exact: true }));
    }
    cases.push(matmul(`${m} x ${k} x ${n}`, { m, n, k }));
  }
  for (const [m, n, k] of [
    [100, 257, 65],
    [257, 100, 33],
    [128, 128, 128],
    // Several blocks of depth, of rows and of columns, whole ones and a rest.
    [43, 130, 800],
    [247, 70, 400],
    [6, 70, 8200],
    [65, 1, 257],
    [1, 257, 100],
    [2, 65, 300],
    [4, 31, 129],
    // More weights than a cache keeps from one product to the next, for few rows.
    [2, 260, 301],
    [3, 263, 270],
    [4, 257, 288],
  ]) {
    cases.push(matmul(`${m} x ${k} x ${n}`, { m, n, k }));
    cases.push(matmul(`${m} x ${k} x ${n}, b transposed`, { m, n, k, b: transposed }));
    cases.push(matmul(`${m} x ${k} x ${n}, a transposed`, { m, n, k, a: transposed }));
    if (m < 5)
      cases.push(matmul(`${m} x ${k} x ${n}, both transposed`, { m, n, k, a: transposed, b: transposed }));
  }
  const small = { m: 9, n: 10, k: 11 };
  cases.push(
    matmul('5 x 0 x 3: no terms', { m: 5, n: 3, k: 0 }),
    matmul('0 x 4 x 3: no rows', { m: 0, n: 3, k: 4 }),
    matmul('3 x 4 x 0: no columns', { m: 3, n: 0, k: 4 }),
    matmul('of no matrices', { batch: [0], m: 2, n: 3, k: 4 }),
    matmul('batch of 5', { batch: [5], ...small }),
    matmul('batch of 3 x 4', { batch: [3, 4], ...small, b: transposed }),
    matmul('batch of 2 x 1 x 3', { batch: [2, 1, 3], ...small, a: transposed }),
    matmul('batch, b shared', { batch: [6], ...small, b: broadcast(0) }),
    matmul('batch, a shared', { batch: [6], ...small, a: broadcast(0) }),
    matmul('batch, both shared', { batch: [3], ...small, a: broadcast(0), b: broadcast(0) }),
    matmul('a the same at each step of the sum', { ...small, a: broadcast(1) }),
    matmul('b the same at each step of the sum', { ...small, b: broadcast(0) }),
    matmul('heads side by side in the rows', {
      batch: [2, 3],
      ...small,
      a: permuted(0, 2, 1, 3),
      b: permuted(0, 3, 1, 2),
    }),
    matmul('output heads side by side', { batch: [2, 3], ...small, out: permuted(0, 2, 1, 3) }),
    matmul('padded rows', { ...small, a: padded(3), b: padded(1), out: padded(2) }),
    matmul('output transposed', { m: 33, n: 17, k: 20, out: transposed }),
    matmul('long sums', { m: 3, n: 5, k: 5000 }),
    matmul('48 heads of 64 x 32', { batch: [48], m: 64, n: 64, k: 32, b: transposed }),
    ...epilogueCases(),
  );
  if (dtypes.includes('float16')) {
    cases.push(matmul('float16', { m: 17, n: 33, k: 20, dtype: 'float16' }));
    cases.push(
      matmul('float16, exact', { m: 16, n: 31, k: 8, dtype: 'float16', exact: true, b: transposed }),
    );
  }
  if (dtypes.includes('float64')) cases.push(matmul('float64', { m: 17, n: 33, k: 20, dtype: 'float64' }));
  return cases;
}
