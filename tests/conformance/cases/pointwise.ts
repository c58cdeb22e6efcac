/** Pointwise steps: layouts, dtypes, casts, constants, scalars, index, select, several outputs, updates in place. */
import type { ComputeType, DType, Instruction, Program } from '@inkstone/core/backend';
import {
  broadcast,
  type Case,
  contiguous,
  define,
  gapped,
  type Layout,
  offsetBy,
  padded,
  permuted,
  product,
  transposed,
} from '../case.js';
import { integers, uniform } from '../values.js';

export const raggedSizes: readonly number[] = [1, 2, 3, 5, 7, 8, 16, 17, 31, 33, 64, 65, 100, 257, 1000];

export const exact = { keys: ['exact'] } as const;

export function load(input: number, type: ComputeType = 'float32'): Instruction {
  return { op: 'load', type, input };
}

export function constant(value: number, type: ComputeType = 'float32'): Instruction {
  return { op: 'const', type, value };
}

/** a * b + c */
const multiplyAdd: Program = {
  instructions: [
    load(0),
    load(1),
    load(2),
    { op: 'mul', type: 'float32', a: 0, b: 1 },
    { op: 'add', type: 'float32', a: 3, b: 2 },
  ],
  outputs: [4],
};

export const copy = (type: ComputeType): Program => ({ instructions: [load(0, type)], outputs: [0] });

/** Whole numbers, so that a fused multiply-add gives the same. */
function arithmetic(
  name: string,
  shape: readonly number[],
  layouts: readonly [Layout, Layout, Layout, Layout],
): Case {
  return define(name, (b) => {
    const count = product(shape);
    const inputs = layouts.slice(0, 3).map((layout) => {
      const { strides } = layout(shape);
      const values = integers(b.random, count, -9, 9);
      return b.input('float32', shape, repeatBroadcast(values, shape, strides), layout);
    });
    const y = b.output('float32', shape, exact, layouts[3]);
    b.pointwise(shape, inputs, multiplyAdd, [y]);
  });
}

/** Where a stride is 0, points that share an element must agree on its value: the last writer's is what is stored. */
function repeatBroadcast(values: number[], shape: readonly number[], strides: readonly number[]): number[] {
  if (!strides.includes(0)) return values;
  const stored = new Map<number, number>();
  const places = values.map((_, point) => {
    let place = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += (point % shape[axis]) * strides[axis];
      point = Math.floor(point / shape[axis]);
    }
    return place;
  });
  for (const [point, place] of places.entries()) stored.set(place, values[point]);
  return places.map((place) => stored.get(place) ?? 0);
}

function layoutCases(): Case[] {
  const c = contiguous;
  const shape = [3, 5, 7];
  return [
    ...raggedSizes.map((n) => arithmetic(`pointwise over ${n}`, [n], [c, c, c, c])),
    ...raggedSizes.map((n) =>
      arithmetic(`pointwise over ${n} x 3, one transposed`, [n, 3], [c, transposed, c, c]),
    ),
    arithmetic('pointwise over nothing', [0], [c, c, c, c]),
    arithmetic('pointwise over 3 x 0 x 2', [3, 0, 2], [c, c, c, c]),
    arithmetic('pointwise over a scalar', [], [c, c, c, c]),
    arithmetic('pointwise over a scalar with an offset', [], [offsetBy(3), c, offsetBy(1), offsetBy(2)]),
    arithmetic('pointwise, offsets', [33], [offsetBy(1), offsetBy(2), offsetBy(7), offsetBy(5)]),
    arithmetic('pointwise, gaps', shape, [gapped(2), gapped(3), c, gapped(2)]),
    arithmetic('pointwise, padded rows', [9, 17], [padded(1), padded(3), c, padded(5)]),
    arithmetic('pointwise, permuted', shape, [permuted(2, 1, 0), permuted(1, 0, 2), permuted(0, 2, 1), c]),
    arithmetic('pointwise, permuted output', shape, [c, permuted(1, 2, 0), c, permuted(2, 0, 1)]),
    arithmetic('pointwise, broadcast rows', [17, 33], [c, broadcast(0), broadcast(1), c]),
    arithmetic('pointwise, all but one broadcast', shape, [
      broadcast(0, 1, 2),
      broadcast(1, 2),
      broadcast(0, 1),
      c,
    ]),
    arithmetic('pointwise, everything broadcast', [65], [broadcast(0), broadcast(0), broadcast(0), c]),
    arithmetic(
      'pointwise, six axes',
      [2, 3, 1, 2, 4, 3],
      [permuted(5, 4, 3, 2, 1, 0), c, broadcast(1, 4), gapped(2)],
    ),
    arithmetic('pointwise, large', [129, 1031], [c, transposed, broadcast(0), padded(1)]),
  ];
}

/** Copies through every pair of a storage dtype and its own compute type, and casts between all. */
function dtypeCases(dtypes: readonly DType[]): Case[] {
  const typeOf = (dtype: DType): ComputeType =>
    dtype === 'float16' ? 'float32' : dtype === 'uint8' ? 'int32' : dtype;
  const values: Record<DType, number[]> = {
    float32: [
      0, -0, 1.5, -2.75, 1e-3, 300.5, -129, 2147483520, 3e9, -3e9, 255.9, 0.1, 65519, 65520, 1e-7, 3.05e-5,
    ],
    float64: [0, -0, 1.5, -2.75, 1e-3, 300.5, -129, 2147483647.5, 3e9, -3e9, 255.9, 0.1, 1e300, 1e-300, 5, 6],
    float16: [0, -0, 1.5, -2.75, 0.099, 300.5, -129, 65504, -65504, 6e-8, 6.1e-5, 0.33, 1, 2, 3, 4],
    int32: [0, 1, -1, 255, 256, -129, 2147483647, -2147483648, 16777217, 65535, 5, 6, 7, 8, 9, 10],
    uint8: [0, 1, 2, 127, 128, 200, 254, 255, 5, 6, 7, 8, 9, 10, 11, 12],
    bool: [0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1],
  };
  return dtypes.flatMap((from) =>
    dtypes.map((to) =>
      define(`cast ${from} to ${to}`, (b) => {
        const shape = [values[from].length];
        const instructions: Instruction[] = [load(0, typeOf(from))];
        if (typeOf(from) !== typeOf(to)) instructions.push({ op: 'cast', type: typeOf(to), a: 0 });
        b.pointwise(
          shape,
          [b.input(from, shape, values[from], offsetBy(1))],
          { instructions, outputs: [instructions.length - 1] },
          [b.output(to, shape, { keys: ['cast', 'exact'] }, offsetBy(2))],
        );
      }),
    ),
  );
}

function programCases(): Case[] {
  return [
    define('fill with constants', (b) => {
      const outputs = [
        b.output('float32', [5, 3], exact),
        b.output('int32', [5, 3], exact),
        b.output('bool', [5, 3], exact),
      ];
      const instructions = [constant(0.1), constant(-7, 'int32'), constant(1, 'bool')];
      b.pointwise([5, 3], [], { instructions, outputs: [0, 1, 2] }, outputs);
    }),
    define('fill with constants, not finite', (b) => {
      b.input('float32', [1], [Number.NaN]); // marks the case
      const outputs = [0, 1, 2].map(() => b.output('float32', [4], exact));
      const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      const program = { instructions: values.map((value) => constant(value)), outputs: [0, 1, 2] };
      b.pointwise([4], [], program, outputs);
    }),
    define('extreme constants', (b) => {
      const values = [
        3.4028234663852886e38,
        -3.4028234663852886e38,
        2 ** -126,
        16777217,
        2 ** 63,
        -0,
        1e-3,
        0.1,
      ];
      const outputs = values.map(() => b.output('float32', [2], exact));
      const program = {
        instructions: values.map((value) => constant(value)),
        outputs: values.map((_, i) => i),
      };
      b.pointwise([2], [], program, outputs);
    }),
    define('extreme int32 constants', (b) => {
      const values = [2147483647, -2147483648, 0, -1];
      const outputs = values.map(() => b.output('int32', [2], exact));
      const program = {
        instructions: values.map((value) => constant(value, 'int32')),
        outputs: values.map((_, i) => i),
      };
      b.pointwise([2], [], program, outputs);
    }),
    define('run-time scalars', (b) => {
      const unused = b.scalar('float32', 99);
      const rate = b.scalar('float32', 0.1);
      const position = b.scalar('int32', 2147483647);
      b.pointwise(
        [7],
        [],
        {
          instructions: [
            { op: 'scalar', type: 'float32', scalar: 2 },
            { op: 'scalar', type: 'int32', scalar: 0 },
          ],
          outputs: [0, 1],
        },
        [b.output('float32', [7], exact), b.output('int32', [7], exact)],
        [position, unused, rate],
      );
    }),
    define('index along each axis', (b) => {
      const shape = [3, 5, 7];
      const instructions: Instruction[] = [0, 1, 2].map((axis) => ({ op: 'index', type: 'int32', axis }));
      const outputs = [contiguous, permuted(2, 1, 0), gapped(2)].map((layout) =>
        b.output('int32', shape, exact, layout),
      );
      b.pointwise(shape, [], { instructions, outputs: [0, 1, 2] }, outputs);
    }),
    define('a lower triangle by index and select', (b) => {
      const shape = [9, 9];
      const x = b.input('float32', shape, uniform(b.random, 81));
      const instructions: Instruction[] = [
        load(0),
        { op: 'index', type: 'int32', axis: 0 },
        { op: 'index', type: 'int32', axis: 1 },
        { op: 'le', type: 'bool', a: 2, b: 1 },
        constant(-1e30),
        { op: 'select', type: 'float32', a: 3, b: 0, c: 4 },
      ];
      const outputs = [b.output('float32', shape, exact)];
      b.pointwise(shape, [x], { instructions, outputs: [5] }, outputs);
    }),
    define('select between int32 and between bool', (b) => {
      const shape = [8];
      const inputs = [
        b.input('bool', shape, [0, 1, 0, 1, 1, 0, 0, 1]),
        b.input('int32', shape, [1, 2, 3, 4, 5, 6, 7, 8]),
        b.input('bool', shape, [1, 1, 1, 0, 0, 0, 1, 0]),
      ];
      const instructions: Instruction[] = [
        load(0, 'bool'),
        load(1, 'int32'),
        { op: 'neg', type: 'int32', a: 1 },
        { op: 'select', type: 'int32', a: 0, b: 1, c: 2 },
        load(2, 'bool'),
        { op: 'select', type: 'bool', a: 4, b: 0, c: 4 },
      ];
      const outputs = [b.output('int32', shape, exact), b.output('bool', shape, exact)];
      b.pointwise(shape, inputs, { instructions, outputs: [3, 5] }, outputs);
    }),
    define('select loses the branch not taken, not finite', (b) => {
      const shape = [4];
      const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
      const inputs = [
        b.input('bool', shape, [0, 1, 0, 1]),
        b.input('float32', shape, [nan, 1, inf, nan]),
        b.input('float32', shape, [2, nan, 3, -inf]),
      ];
      const instructions: Instruction[] = [
        load(0, 'bool'),
        load(1),
        load(2),
        { op: 'select', type: 'float32', a: 0, b: 1, c: 2 },
      ];
      const outputs = [b.output('float32', shape, exact)];
      b.pointwise(shape, inputs, { instructions, outputs: [3] }, outputs);
    }),
  ];
}

export function pointwiseCases(dtypes: readonly DType[]): Case[] {
  return [...layoutCases(), ...dtypeCases(dtypes), ...programCases()];
}
