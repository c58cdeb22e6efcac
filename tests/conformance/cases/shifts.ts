/** Operands at positions that a run-time scalar moves, in every kind of step. */
import type { Operand } from '@inkstone/core/backend';
import { type Case, type CaseBuilder, type Check, define, type Layout, product } from '../case.js';
import { integers, uniform } from '../values.js';
import { exact, load } from './pointwise.js';

/** How far the scalar moves each operand, in steps of its own stride. */
const position = 3;

class Shifted {
  private readonly scalar: number;

  constructor(private readonly b: CaseBuilder) {
    this.scalar = b.scalar('int32', position);
  }

  /** Dense values that begin `position` strides behind the operand's offset. */
  input(shape: readonly number[], values: readonly number[], stride: number): Operand {
    return this.moved(this.b.input('float32', shape, values, behind(stride)), stride);
  }

  output(shape: readonly number[], check: Check, stride: number): Operand {
    return this.moved(this.b.output('float32', shape, check, behind(stride)), stride);
  }

  private moved(operand: Operand, stride: number): Operand {
    const offset = operand.offset - position * stride;
    return { ...operand, offset, shift: { scalar: this.scalar, stride } };
  }
}

/** Row-major after `position` strides and one element more; two elements follow. */
function behind(stride: number): Layout {
  return (shape) => {
    const strides = shape.map(() => 1);
    for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
    const offset = position * stride + 1;
    return { strides, offset, elements: offset + product(shape) + 2 };
  };
}

const shift = (name: string, fill: (b: CaseBuilder, shifted: Shifted) => void): Case =>
  define(`shifted ${name}`, (b) => fill(b, new Shifted(b)));

export function shiftCases(): Case[] {
  return [
    shift('reduction', (b, s) => {
      b.step({
        kind: 'reduce',
        shape: [5, 7],
        axes: [1],
        reducer: 'sum',
        inputs: [s.input([5, 7], integers(b.random, 35, -9, 9), 7)],
        scalars: [],
        prologue: { instructions: [load(0)], outputs: [0] },
        epilogue: {
          instructions: [load(0), load(1), { op: 'add', type: 'float32', a: 0, b: 1 }],
          outputs: [2],
        },
        epilogueInputs: [s.input([5], integers(b.random, 5, -9, 9), 5)],
        outputs: [s.output([5], exact, 5)],
      });
    }),
    shift('product', (b, s) => {
      b.step({
        kind: 'matmul',
        batch: [],
        m: 3,
        n: 5,
        k: 9,
        a: s.input([3, 9], integers(b.random, 27, -9, 9), 9),
        b: s.input([9, 5], integers(b.random, 45, -9, 9), 1),
        scalars: [],
        epilogue: null,
        epilogueInputs: [],
        outputs: [s.output([3, 5], exact, 10)],
      });
    }),
    shift('softmax', (b, s) => {
      const x = s.input([2, 5], uniform(b.random, 10), 5);
      const y = s.output([2, 5], { keys: ['softmax', 'value'] }, 5);
      b.step({ kind: 'softmax', log: false, rows: 2, columns: 5, x, y });
    }),
    shift('norm', (b, s) => {
      b.step({
        kind: 'norm',
        variant: 'layer',
        rows: 2,
        columns: 5,
        eps: 1e-5,
        x: s.input([2, 5], uniform(b.random, 10), 5),
        weight: s.input([5], uniform(b.random, 5), 5),
        bias: s.input([5], uniform(b.random, 5), 1),
        y: s.output([2, 5], { keys: ['norm', 'value'], scale: 4 }, 10),
        mean: s.output([2], { keys: ['norm', 'value'] }, 2),
        rstd: s.output([2], { keys: ['norm', 'value'], scale: 4 }, 2),
      });
    }),
    shift('index-select, index-add, gather and scatter', (b, s) => {
      const sizes = { outer: 1, size: 4, inner: 3, count: 2, flag: null } as const;
      const index = b.input('int32', [2], [3, 1]);
      const points = b.input('int32', [1, 2, 3], [3, 1, 0, 2, 2, 1]);
      const input = s.input([1, 4, 3], integers(b.random, 12, -9, 9), 3);
      const source = s.input([1, 2, 3], integers(b.random, 6, -9, 9), 6);
      b.step({ kind: 'indexSelect', ...sizes, input, index, output: s.output([1, 2, 3], exact, 3) });
      b.step({ kind: 'gather', ...sizes, input, index: points, output: s.output([1, 2, 3], exact, 3) });
      const add = { accumulate: false, skip: null, source } as const;
      b.step({ kind: 'indexAdd', ...sizes, ...add, index, output: s.output([1, 4, 3], exact, 12) });
      const set = { accumulate: false, reduce: 'sum', source } as const;
      b.step({ kind: 'scatter', ...sizes, ...set, index: points, output: s.output([1, 4, 3], exact, 12) });
    }),
    shift('cross-entropy', (b, s) => {
      const value: Check = { keys: ['crossEntropy', 'value'], scale: 4 };
      b.step({
        kind: 'crossEntropy',
        rows: 3,
        classes: 4,
        ignoreIndex: -100,
        labelSmoothing: 0,
        logits: s.input([3, 4], uniform(b.random, 12), 4),
        target: b.input('int32', [3], [1, 3, 0]),
        weight: null,
        loss: s.output([3], value, 3),
        logSumExp: s.output([3], value, 3),
        total: null,
        flag: null,
      });
    }),
    shift('attention', (b, s) => {
      const [query, key] = [
        [1, 2, 2, 4],
        [1, 2, 5, 4],
      ];
      b.step({
        kind: 'attention',
        batch: 1,
        heads: 2,
        keyHeads: 2,
        queries: 2,
        keys: 5,
        headSize: 4,
        keyLength: null,
        scale: 0.5,
        causal: 3,
        causalShift: null,
        q: s.input(query, uniform(b.random, 16), 4),
        k: s.input(key, uniform(b.random, 40), 20),
        v: s.input(key, uniform(b.random, 40), 8),
        mask: null,
        dropout: null,
        dropoutP: null,
        out: s.output(query, { keys: ['attention', 'value'] }, 16),
        logSumExp: null,
      });
    }),
  ];
}
