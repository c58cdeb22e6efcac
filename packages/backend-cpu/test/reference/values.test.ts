/** The oracle against values worked out by hand. */

import { broadcast, transposed } from '@inkstone/conformance';
import type { ComputeType, Instruction, Program, Reducer } from '@inkstone/core/backend';
import { describe, expect, it } from 'vitest';
import { compute } from './compute.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const load = (input: number, type: ComputeType = 'float32'): Instruction => ({ op: 'load', type, input });
const constant = (value: number, type: ComputeType = 'float32'): Instruction => ({
  op: 'const',
  type,
  value,
});
const program = (...instructions: Instruction[]): Program => ({
  instructions,
  outputs: [instructions.length - 1],
});

function expectClose(got: readonly number[], want: readonly number[], tolerance = 1e-6): void {
  expect(got).toHaveLength(want.length);
  got.forEach((value, i) => {
    if (Number.isNaN(want[i])) expect(value).toBeNaN();
    else if (!Number.isFinite(want[i])) expect(value).toBe(want[i]);
    else
      expect(Math.abs(value - want[i]), `element ${i}: ${value}, not ${want[i]}`).toBeLessThanOrEqual(
        tolerance,
      );
  });
}

describe('pointwise', () => {
  const binary = async (
    op: 'add' | 'mul' | 'max',
    type: 'float32' | 'float64' | 'int32',
    x: number[],
    y: number[],
  ) => {
    const [z] = await compute((b, out) => {
      const inputs = [b.input(type, [x.length], x), b.input(type, [x.length], y)];
      const instructions = [load(0, type), load(1, type), { op, type, a: 0, b: 1 } as const];
      b.pointwise([x.length], inputs, program(...instructions), [out(type, [x.length])]);
    });
    return z;
  };

  it('rounds each float32 instruction once, and float64 not at all', async () => {
    expect(await binary('add', 'float32', [16777216, 0.1], [1, 0.2])).toEqual([
      16777216,
      Math.fround(0.30000000447034836),
    ]);
    expect(await binary('add', 'float64', [16777216, 0.1], [1, 0.2])).toEqual([
      16777217, 0.30000000000000004,
    ]);
    expect(await binary('mul', 'float32', [1e30, 3e38], [1e30, 2])).toEqual([inf, inf]);
  });

  it('wraps int32', async () => {
    expect(await binary('add', 'int32', [2147483647, -5], [1, 3])).toEqual([-2147483648, -2]);
    expect(await binary('mul', 'int32', [65536, 123456789], [65537, 987654321])).toEqual([65536, -67153019]);
  });

  it('propagates NaN through max', async () => {
    expect(await binary('max', 'float32', [nan, 1, 2], [1, nan, 3])).toEqual([nan, nan, 3]);
  });

  it('walks broadcast and transposed operands', async () => {
    const [z] = await compute((b, out) => {
      const x = b.input('float32', [2, 3], [1, 2, 3, 4, 5, 6], transposed);
      const y = b.input('float32', [2, 3], [10, 20, 30, 10, 20, 30], broadcast(0));
      const w = b.input('float32', [2, 3], [100, 100, 100, 200, 200, 200], broadcast(1));
      const sum = program(
        load(0),
        load(1),
        load(2),
        { op: 'add', type: 'float32', a: 0, b: 1 },
        { op: 'add', type: 'float32', a: 3, b: 2 },
      );
      b.pointwise([2, 3], [x, y, w], sum, [out('float32', [2, 3])]);
    });
    expect(z).toEqual([111, 122, 133, 214, 225, 236]);
  });

  it('counts coordinates, selects and casts', async () => {
    const [z, s] = await compute((b, out) => {
      const p: Program = {
        instructions: [
          { op: 'index', type: 'int32', axis: 0 },
          { op: 'index', type: 'int32', axis: 1 },
          { op: 'ge', type: 'bool', a: 0, b: 1 },
          { op: 'cast', type: 'float32', a: 1 },
          constant(-1),
          { op: 'select', type: 'float32', a: 2, b: 3, c: 4 },
          { op: 'scalar', type: 'int32', scalar: 0 },
        ],
        outputs: [5, 6],
      };
      const scalars = [b.scalar('int32', 42)];
      b.pointwise([2, 3], [], p, [out('float32', [2, 3]), out('int32', [2, 3])], scalars);
    });
    expect(z).toEqual([0, -1, -1, 0, 1, -1]);
    expect(s).toEqual(Array(6).fill(42));
  });

  it('casts as PyTorch does where that is defined', async () => {
    const values = [1.9, -1.9, 0, -0, 300, nan, inf, -inf, 0.4];
    const [int, bool, byte, half] = await compute((b, out) => {
      const shape = [values.length];
      const x = b.input('float32', shape, values);
      const p: Program = {
        instructions: [load(0), { op: 'cast', type: 'int32', a: 0 }, { op: 'cast', type: 'bool', a: 0 }],
        outputs: [1, 2, 1, 0],
      };
      b.pointwise(shape, [x], p, [
        out('int32', shape),
        out('bool', shape),
        out('uint8', shape),
        out('float16', shape),
      ]);
    });
    expect(int).toEqual([1, -1, 0, 0, 300, 0, 2147483647, -2147483648, 0]);
    expect(bool).toEqual([1, 1, 0, 0, 1, 1, 1, 1, 1]);
    expect(byte).toEqual([1, 255, 0, 0, 44, 0, 255, 0, 0]);
    expect(half).toEqual([1.900390625, -1.900390625, 0, -0, 300, nan, inf, -inf, 0.39990234375]);
  });
});

describe('reduce', () => {
  const reduce = async (
    reducer: Reducer,
    shape: number[],
    axes: number[],
    values: number[],
    type: ComputeType = 'float32',
  ) => {
    const [y] = await compute((b, out) => {
      b.step({
        kind: 'reduce',
        shape,
        axes,
        reducer,
        inputs: [b.input(type, shape, values)],
        scalars: [],
        prologue: program(load(0, type)),
        epilogue: null,
        epilogueInputs: [],
        outputs: [
          out(
            reducer.startsWith('arg') ? 'int32' : type,
            shape.filter((_, axis) => !axes.includes(axis)),
          ),
        ],
      });
    });
    return y;
  };
  const cube = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

  it('sums over any axes', async () => {
    expect(await reduce('sum', [2, 3, 2], [0, 1, 2], cube)).toEqual([78]);
    expect(await reduce('sum', [2, 3, 2], [0], cube)).toEqual([8, 10, 12, 14, 16, 18]);
    expect(await reduce('sum', [2, 3, 2], [1], cube)).toEqual([9, 12, 27, 30]);
    expect(await reduce('sum', [2, 3, 2], [2], cube)).toEqual([3, 7, 11, 15, 19, 23]);
    expect(await reduce('sum', [2, 3, 2], [2, 0], cube)).toEqual([18, 26, 34]);
    expect(await reduce('sum', [2, 3, 2], [], cube)).toEqual(cube);
    expect(await reduce('mean', [2, 3, 2], [1], cube)).toEqual([3, 4, 9, 10]);
    expect(await reduce('prod', [2, 3, 2], [1], cube)).toEqual([15, 48, 693, 960]);
  });

  it('finds extremes and where they are', async () => {
    const x = [3, 1, 3, -2, 5, 5, nan, 9, nan, -inf, -inf, -inf];
    expect(await reduce('max', [4, 3], [1], x)).toEqual([3, 5, nan, -inf]);
    expect(await reduce('min', [4, 3], [1], x)).toEqual([1, -2, nan, -inf]);
    expect(await reduce('argmax', [4, 3], [1], x)).toEqual([0, 1, 0, 0]);
    expect(await reduce('argmin', [4, 3], [1], x)).toEqual([1, 0, 0, 0]);
    // Over two axes: the row-major position within them.
    expect(await reduce('argmax', [2, 2, 3], [1, 2], [0, 0, 0, 0, 9, 0, 7, 0, 0, 0, 0, 7])).toEqual([4, 0]);
    expect(await reduce('argmax', [2, 2, 3], [0, 2], [0, 0, 0, 0, 9, 0, 7, 0, 0, 0, 0, 7])).toEqual([3, 1]);
  });

  it('gives neutral elements for nothing', async () => {
    const want: Partial<Record<Reducer, number>> = { sum: 0, mean: nan, prod: 1, max: -inf, min: inf };
    for (const [reducer, value] of Object.entries(want)) {
      expect(await reduce(reducer as Reducer, [2, 0], [1], [])).toEqual([value, value]);
    }
    expect(await reduce('any', [1, 0], [1], [], 'bool')).toEqual([0]);
    expect(await reduce('all', [1, 0], [1], [], 'bool')).toEqual([1]);
    expect(await reduce('max', [1, 0], [1], [], 'int32')).toEqual([-2147483648]);
  });

  it('tests bools, wraps int32 and sums long rows without losing digits', async () => {
    expect(await reduce('any', [2, 2], [1], [0, 0, 0, 1], 'bool')).toEqual([0, 1]);
    expect(await reduce('all', [2, 2], [1], [1, 1, 0, 1], 'bool')).toEqual([1, 0]);
    expect(await reduce('sum', [3], [0], [2147483647, 1, 5], 'int32')).toEqual([-2147483643]);
    expect(await reduce('prod', [3], [0], [65536, 65536, 3], 'int32')).toEqual([0]);
    const million = Array(1_000_000).fill(0.1);
    expectClose(await reduce('sum', [1_000_000], [0], million), [100000.0015], 0.01);
  });
});

describe('matmul', () => {
  it('multiplies, with a bias and ReLU behind', async () => {
    const [plain, activated] = await compute((b, out) => {
      const step = {
        kind: 'matmul',
        batch: [],
        m: 2,
        n: 3,
        k: 2,
        a: b.input('float32', [2, 2], [1, 2, 3, 4]),
        b: b.input('float32', [2, 3], [5, 6, 7, 8, 9, 10], transposed),
        scalars: [],
        epilogueInputs: [],
      } as const;
      b.step({ ...step, epilogue: null, outputs: [out('float32', [2, 3])] });
      b.step({
        ...step,
        epilogue: program(load(0), load(1), { op: 'add', type: 'float32', a: 0, b: 1 }, constant(0), {
          op: 'max',
          type: 'float32',
          a: 2,
          b: 3,
        }),
        epilogueInputs: [b.input('float32', [2, 3], [-22, 1, 2, -22, 1, 2], broadcast(0))],
        outputs: [out('float32', [2, 3])],
      });
    });
    expect(plain).toEqual([21, 24, 27, 47, 54, 61]);
    expect(activated).toEqual([0, 25, 29, 25, 55, 63]);
  });

  it('batches, and shares a side', async () => {
    const [c] = await compute((b, out) => {
      b.step({
        kind: 'matmul',
        batch: [2],
        m: 1,
        n: 2,
        k: 3,
        a: b.input('float32', [2, 1, 3], [1, 2, 3, 4, 5, 6]),
        b: b.input('float32', [2, 3, 2], [1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1], broadcast(0)),
        scalars: [],
        epilogue: null,
        epilogueInputs: [],
        outputs: [out('float32', [2, 1, 2])],
      });
    });
    expect(c).toEqual([4, 5, 10, 11]);
  });
});

describe('rows', () => {
  it('takes softmax and log-softmax', async () => {
    const row = [0, Math.log(2), Math.log(3)];
    const [y, z, masked] = await compute((b, out) => {
      const x = b.input('float32', [1, 3], row);
      b.step({ kind: 'softmax', log: false, rows: 1, columns: 3, x, y: out('float32', [1, 3]) });
      b.step({ kind: 'softmax', log: true, rows: 1, columns: 3, x, y: out('float32', [1, 3]) });
      const allMasked = b.input('float32', [2, 2], [-inf, -inf, -inf, 5]);
      b.step({ kind: 'softmax', log: false, rows: 2, columns: 2, x: allMasked, y: out('float32', [2, 2]) });
    });
    expectClose(y, [1 / 6, 1 / 3, 1 / 2], 1e-7);
    expectClose(z, [Math.log(1 / 6), Math.log(1 / 3), Math.log(1 / 2)]);
    expectClose(masked, [nan, nan, 0, 1]);
  });

  it('takes cross-entropy with weights, smoothing, ignored and impossible targets', async () => {
    // Every row has p = [1/4, 3/4]; -log p = [log 4, log 4/3].
    const [far, near] = [Math.log(4), Math.log(4 / 3)];
    const rows = 4;
    const logits = Array(rows)
      .fill([1, 1 + Math.log(3)])
      .flat();
    const [loss, sums, total, smooth, flag, d] = await compute((b, out) => {
      const step = {
        kind: 'crossEntropy',
        rows,
        classes: 2,
        ignoreIndex: -100,
        labelSmoothing: 0,
        logits: b.input('float32', [rows, 2], logits),
        target: b.input('int32', [rows], [0, 1, -100, 7]),
        weight: b.input('float32', [2], [2, 0.5]),
      } as const;
      const zero = b.input('int32', [1], [0]);
      const logSumExp = out('float32', [rows]);
      const rowsOut = () => out('float32', [rows]);
      const lossOut = rowsOut();
      const totalOut = rowsOut();
      b.step({ ...step, loss: lossOut, logSumExp, total: totalOut, flag: null });
      const flagOut = out('int32', [1]);
      b.pointwise([1], [zero], program(load(0, 'int32')), [flagOut]);
      const unused = b.output('float32', [rows], { keys: ['exact'] });
      b.step({
        ...step,
        labelSmoothing: 0.1,
        weight: null,
        loss: rowsOut(),
        logSumExp: unused,
        total: null,
        flag: flagOut,
      });
      b.step({
        ...step,
        kind: 'crossEntropyBackward',
        logSumExp,
        dloss: b.input('float32', [rows], [1, 2, 3, 4]),
        dlogits: out('float32', [rows, 2]),
      });
    }).then(([s, l, t, f, sm, dx]) => [l, s, t, sm, f, dx]);
    expectClose(sums, Array(rows).fill(1 + Math.log(4)));
    expectClose(loss, [2 * far, 0.5 * near, 0, 0.5 * near]);
    expectClose(total, [2, 0.5, 0, 0.5]);
    const even = 0.05 * (far + near);
    expectClose(smooth, [0.9 * far + even, 0.9 * near + even, 0, 0.9 * near + even]);
    expect(flag).toEqual([1]);
    expectClose(d, [
      2 * -0.75,
      2 * 0.75,
      2 * 0.5 * 0.25,
      2 * 0.5 * -0.25,
      0,
      0,
      4 * 0.5 * 0.25,
      4 * 0.5 * -0.25,
    ]);
  });

  it('normalises layers and root mean squares', async () => {
    const [mean, rstd, y, rms] = await compute((b, out) => {
      const [meanOut, rstdOut, yOut, rmsOut] = [
        out('float32', [2]),
        out('float32', [2]),
        out('float32', [2, 2]),
        out('float32', [1, 2]),
      ];
      b.step({
        kind: 'norm',
        variant: 'layer',
        rows: 2,
        columns: 2,
        eps: 3,
        x: b.input('float32', [2, 2], [1, 3, -4, 2]),
        weight: b.input('float32', [2], [1, 10]),
        bias: b.input('float32', [2], [0, 1]),
        y: yOut,
        mean: meanOut,
        rstd: rstdOut,
      });
      b.step({
        kind: 'norm',
        variant: 'rms',
        rows: 1,
        columns: 2,
        eps: 0,
        x: b.input('float32', [1, 2], [3, 4]),
        weight: null,
        bias: null,
        y: rmsOut,
        mean: null,
        rstd: null,
      });
    });
    expectClose(mean, [2, -1]);
    expectClose(rstd, [1 / 2, 1 / Math.sqrt(12)]); // variances 1 and 9, eps 3
    expectClose(y, [-0.5, 6, -3 / Math.sqrt(12), 30 / Math.sqrt(12) + 1], 1e-5);
    expectClose(rms, [3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5)]);
  });
});

describe('indexing', () => {
  it('selects, adds, gathers and scatters', async () => {
    const [selected, added, gathered, scattered, flag] = await compute((b, out) => {
      const sizes = { outer: 2, size: 3, inner: 2, count: 2 } as const;
      const input = b.input('float32', [2, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      const index = b.input('int32', [2], [2, 0]);
      const s = out('float32', [2, 2, 2]);
      b.step({ kind: 'indexSelect', ...sizes, input, index, output: s, flag: null });
      const twice = b.input('int32', [2], [1, 1]);
      b.step({
        kind: 'indexAdd',
        ...sizes,
        accumulate: false,
        skip: null,
        index: twice,
        source: s,
        output: out('float32', [2, 3, 2]),
        flag: null,
      });
      const perPoint = b.input('int32', [2, 2, 2], [0, 1, 2, 2, 1, 0, 0, 5]);
      const g = out('float32', [2, 2, 2]);
      const flags = out('int32', [1]);
      b.pointwise([1], [], program(constant(0, 'int32')), [flags]);
      b.step({ kind: 'gather', ...sizes, input, index: perPoint, output: g, flag: flags });
      const last = b.input('int32', [2, 2, 2], Array(8).fill(1));
      b.step({
        kind: 'scatter',
        ...sizes,
        reduce: 'none',
        accumulate: false,
        index: last,
        source: g,
        output: out('float32', [2, 3, 2]),
        flag: null,
      });
    }).then(([s, a, g, f, sc]) => [s, a, g, sc, f]);
    expect(selected).toEqual([5, 6, 1, 2, 11, 12, 7, 8]);
    expect(added).toEqual([0, 0, 6, 8, 0, 0, 0, 0, 18, 20, 0, 0]);
    expect(gathered).toEqual([1, 4, 5, 6, 9, 8, 7, 12]); // index 5 is clamped to 2
    expect(scattered).toEqual([0, 0, 5, 6, 0, 0, 0, 0, 7, 12, 0, 0]);
    expect(flag).toEqual([1]);
  });
});
