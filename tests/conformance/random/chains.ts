/**
 * Random chains of steps of many kinds over shared buffers, all on whole numbers small enough that every sum is exact in
 * any order: what a step leaves behind, the next ones must find, and every buffer must come out the very same.
 */
import type { Operand, Program } from '@inkstone/core/backend';
import fc from 'fast-check';
import { type Case, type CaseBuilder, define } from '../case.js';
import { integers } from '../values.js';

export interface ChainRecipe {
  /** Axes have one of these sizes. */
  readonly sizes: readonly [number, number, number];
  readonly steps: readonly {
    readonly kind: number;
    readonly a: number;
    readonly b: number;
    readonly c: number;
  }[];
}

const number = fc.nat(1000);
const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(31, 32, 33, 64, 65, 100));

export const chainRecipe: fc.Arbitrary<ChainRecipe> = fc.record({
  sizes: fc.tuple(size, size, size),
  steps: fc.array(fc.record({ kind: number, a: number, b: number, c: number }), {
    minLength: 1,
    maxLength: 14,
  }),
});

/** Matrices hold whole numbers within these bounds, whatever made them. */
const limit = 8;

const clamped = (op: 'add' | 'sub' | 'max' | 'min' | 'mul'): Program => ({
  instructions: [
    { op: 'load', type: 'float32', input: 0 },
    { op: 'load', type: 'float32', input: 1 },
    { op, type: 'float32', a: 0, b: 1 },
    ...clampOf(2),
  ],
  outputs: [6],
});

const clampOnly: Program = {
  instructions: [{ op: 'load', type: 'float32', input: 0 }, ...clampOf(0)],
  outputs: [4],
};

function clampOf(value: number): Program['instructions'] {
  const first = value + 1;
  return [
    { op: 'const', type: 'float32', value: limit },
    { op: 'min', type: 'float32', a: value, b: first },
    { op: 'const', type: 'float32', value: -limit },
    { op: 'max', type: 'float32', a: first + 1, b: first + 2 },
  ];
}

/** The state of a chain: matrices [sizes[i], sizes[j]] of float32 and an index vector, each with a buffer. */
class Chain {
  private readonly matrices: Operand[] = [];
  private readonly indices: Operand[];

  constructor(
    private readonly b: CaseBuilder,
    private readonly sizes: readonly number[],
  ) {
    for (const rows of sizes) {
      for (const columns of sizes.slice(0, 2)) this.matrices.push(this.fresh(rows, columns));
    }
    // Index vectors as long as an axis, with values inside of the smallest one.
    const smallest = Math.min(...sizes);
    this.indices = sizes.map((count) =>
      b.input('int32', [count], integers(b.random, count, 0, smallest - 1)),
    );
  }

  step({ kind, a, b, c }: ChainRecipe['steps'][number]): void {
    const steps = [
      this.combine,
      this.combine,
      this.update,
      this.multiply,
      this.multiply,
      this.reduce,
      this.select,
      this.addRows,
    ];
    steps[kind % steps.length].call(this, a, b, c);
  }

  /** A new matrix, with something in it. */
  private fresh(rows: number, columns: number): Operand {
    const { b } = this;
    const values = integers(b.random, rows * columns, -limit, limit);
    return b.stored(b.input('float32', [rows, columns], values), { keys: ['exact'] });
  }

  private matrix(choice: number): Operand {
    return this.matrices[choice % this.matrices.length];
  }

  /** A matrix to overwrite: one of this shape that the step does not read, else a new one. */
  private target(shape: readonly number[], reads: readonly Operand[], choice: number): Operand {
    const free = this.matrices.filter(
      (m) => m.shape[0] === shape[0] && m.shape[1] === shape[1] && !reads.some((r) => r.buffer === m.buffer),
    );
    if (free.length > 0 && choice % 3 > 0) return free[choice % free.length];
    const matrix = this.fresh(shape[0], shape[1]);
    this.matrices.push(matrix);
    return matrix;
  }

  /** Another operand of this shape: a matrix, one transposed, or a row or column of one, broadcast. */
  private matching(shape: readonly number[], choice: number): Operand {
    const [rows, columns] = shape;
    const views = this.matrices.flatMap((m): Operand[] => {
      const [r, c] = m.shape;
      const found: Operand[] = [];
      if (r === rows && c === columns) found.push(m);
      if (r === columns && c === rows) found.push({ ...m, shape, strides: [1, c] });
      if (c === columns) found.push({ ...m, shape, strides: [0, 1], offset: (choice % r) * c });
      if (r === rows) found.push({ ...m, shape, strides: [c, 0], offset: choice % c });
      return found;
    });
    return views[choice % views.length];
  }

  private combine(a: number, b: number, c: number): void {
    const x = this.matrix(a);
    const y = this.matching(x.shape, b);
    const ops = ['add', 'sub', 'max', 'min', 'mul'] as const;
    this.b.pointwise(x.shape, [x, y], clamped(ops[c % ops.length]), [this.target(x.shape, [x, y], b + c)]);
  }

  /** In place. */
  private update(a: number, b: number, c: number): void {
    const x = this.matrix(a);
    const y = this.matching(x.shape, b);
    if (y.buffer === x.buffer) this.b.pointwise(x.shape, [x, x], clamped(c % 2 ? 'sub' : 'add'), [x]);
    else this.b.pointwise(x.shape, [x, y], clamped('sub'), [x]);
  }

  private multiply(a: number, b: number, c: number): void {
    const left = this.matrix(a);
    const [m, k] = left.shape;
    const rights = this.matrices.flatMap((matrix): Operand[] => {
      const [r, columns] = matrix.shape;
      const found: Operand[] = [];
      if (r === k) found.push(matrix);
      if (columns === k) found.push({ ...matrix, shape: [columns, r], strides: [1, columns] });
      return found;
    });
    if (rights.length === 0) {
      this.update(a, b, c);
      return;
    }
    const right = rights[b % rights.length];
    const n = right.shape[1];
    const out = this.target([m, n], [left, right], c);
    this.b.step({
      kind: 'matmul',
      batch: [],
      m,
      n,
      k,
      a: left,
      b: right,
      scalars: [],
      epilogue: c % 2 ? clampOnly : clamped('add'),
      epilogueInputs: c % 2 ? [] : [out],
      outputs: [out],
    });
  }

  /** Sums or extremes of rows or columns, spread over a row or column of another matrix. */
  private reduce(a: number, b: number, c: number): void {
    const x = this.matrix(a);
    const axis = b % 2;
    const length = x.shape[1 - axis];
    const hosts = this.matrices.filter((m) => m.buffer !== x.buffer && m.shape[1] === length);
    if (hosts.length === 0) {
      this.update(a, b, c);
      return;
    }
    const host = hosts[b % hosts.length];
    const row = { ...host, shape: [length], strides: [1], offset: (c % host.shape[0]) * length };
    this.b.step({
      kind: 'reduce',
      shape: x.shape,
      axes: [axis],
      reducer: (['sum', 'max', 'min'] as const)[c % 3],
      inputs: [x],
      scalars: [],
      prologue: { instructions: [{ op: 'load', type: 'float32', input: 0 }], outputs: [0] },
      epilogue: clampOnly,
      epilogueInputs: [],
      outputs: [row],
    });
  }

  private select(a: number, b: number, c: number): void {
    const x = this.matrix(a);
    const index = this.indices[b % this.indices.length];
    const [size, inner] = x.shape;
    const count = index.shape[0];
    const output = this.target([count, inner], [x], c);
    this.b.step({
      kind: 'indexSelect',
      outer: 1,
      size,
      inner,
      count,
      ...indexed(x, index, output, [size, inner]),
    });
  }

  private addRows(a: number, b: number, c: number): void {
    const source = this.matrix(a);
    const [count, inner] = source.shape;
    const index = this.indices.find((operand) => operand.shape[0] === count) as Operand;
    const output = this.target([this.sizes[b % 3], inner], [source], c);
    const size = output.shape[0];
    this.b.step({
      kind: 'indexAdd',
      outer: 1,
      size,
      inner,
      count,
      accumulate: c % 2 === 0,
      skip: b % 4 === 0 ? 0 : null,
      index,
      source: { ...source, shape: [1, count, inner], strides: [count * inner, inner, 1] },
      output: { ...output, shape: [1, size, inner], strides: [size * inner, inner, 1] },
      flag: null,
    });
    this.b.pointwise(output.shape, [output], clampOnly, [output]);
  }
}

function indexed(input: Operand, index: Operand, output: Operand, [size, inner]: readonly number[]) {
  const count = index.shape[0];
  return {
    input: { ...input, shape: [1, size, inner], strides: [size * inner, inner, 1] },
    index,
    output: { ...output, shape: [1, count, inner], strides: [count * inner, inner, 1] },
    flag: null,
  };
}

export function chainCase({ sizes, steps }: ChainRecipe): Case {
  return define('random chain', (b) => {
    const chain = new Chain(b, sizes);
    for (const step of steps) chain.step(step);
  });
}
