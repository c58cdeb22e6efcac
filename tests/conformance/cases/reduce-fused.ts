/** Reductions with work before and after them in the same step. */
import type { Instruction, Operand, Program, Reducer } from '@inkstone/core/backend';
import { broadcast, type Case, type CaseBuilder, define } from '../case.js';
import { integers, uniform } from '../values.js';
import { constant, exact, load } from './pointwise.js';
import { keptAxes } from './reduce.js';

function program(...instructions: Instruction[]): Program {
  return { instructions, outputs: [instructions.length - 1] };
}

const square: Instruction = { op: 'mul', type: 'float32', a: 0, b: 0 };
const productOf: Instruction = { op: 'mul', type: 'float32', a: 0, b: 1 };

export function fusedReduceCases(): Case[] {
  const fused = (
    name: string,
    shape: readonly number[],
    axes: readonly number[],
    fill: (
      b: CaseBuilder,
      kept: number[],
    ) => {
      inputs: Operand[];
      prologue: Program;
      epilogue: Program | null;
      epilogueInputs?: Operand[];
      outputs: Operand[];
      reducer?: Reducer;
      scalars?: number[];
    },
  ) =>
    define(`reduce ${name}`, (b) => {
      const { epilogueInputs = [], reducer = 'sum', scalars = [], ...rest } = fill(b, keptAxes(shape, axes));
      b.step({ kind: 'reduce', shape, axes, reducer, scalars, epilogueInputs, ...rest });
    });
  return [
    fused('squares, then the root', [17, 65], [1], (b, kept) => ({
      inputs: [b.input('float32', [17, 65], uniform(b.random, 17 * 65))],
      prologue: program(load(0), square),
      epilogue: program(load(0), { op: 'sqrt', type: 'float32', a: 0 }),
      outputs: [b.output('float32', kept, { keys: ['reduce', 'value'], scale: 65 / 3 })],
    })),
    fused('a product of two operands, one broadcast', [9, 33], [0], (b, kept) => {
      const row = integers(b.random, 33, -5, 5);
      return {
        inputs: [
          b.input('float32', [9, 33], integers(b.random, 9 * 33, -5, 5)),
          b.input('float32', [9, 33], Array(9).fill(row).flat(), broadcast(0)),
        ],
        prologue: program(load(0), load(1), productOf),
        epilogue: null,
        outputs: [b.output('float32', kept, exact)],
      };
    }),
    fused('into a running total, in place', [50, 7], [0], (b, kept) => {
      const total = b.stored(b.input('float32', kept, integers(b.random, 7, -9, 9)), exact);
      return {
        inputs: [b.input('float32', [50, 7], integers(b.random, 350, -9, 9))],
        prologue: program(load(0)),
        epilogue: program(load(0), load(1), { op: 'add', type: 'float32', a: 0, b: 1 }),
        epilogueInputs: [total],
        outputs: [total],
      };
    }),
    fused('with scalars before and after, two outputs', [5, 100], [1], (b, kept) => ({
      inputs: [b.input('float32', [5, 100], integers(b.random, 500, -9, 9))],
      scalars: [b.scalar('float32', 0.5), b.scalar('float32', 4)],
      prologue: program(load(0), { op: 'scalar', type: 'float32', scalar: 0 }, productOf),
      epilogue: {
        instructions: [load(0), { op: 'scalar', type: 'float32', scalar: 1 }, productOf],
        outputs: [2, 0],
      },
      outputs: [b.output('float32', kept, exact), b.output('float32', kept, exact)],
    })),
    fused('by index: the sum of the diagonal', [33, 33], [0, 1], (b) => ({
      inputs: [b.input('float32', [33, 33], integers(b.random, 1089, -9, 9))],
      prologue: program(
        load(0),
        { op: 'index', type: 'int32', axis: 0 },
        { op: 'index', type: 'int32', axis: 1 },
        { op: 'eq', type: 'bool', a: 1, b: 2 },
        constant(0),
        { op: 'select', type: 'float32', a: 3, b: 0, c: 4 },
      ),
      epilogue: null,
      outputs: [b.output('float32', [], exact)],
    })),
    fused('of index alone, without operands; index in the epilogue', [3, 5, 7], [1], (b, kept) => ({
      inputs: [],
      prologue: program({ op: 'index', type: 'int32', axis: 1 }),
      epilogue: program(
        load(0, 'int32'),
        { op: 'index', type: 'int32', axis: 0 },
        { op: 'index', type: 'int32', axis: 1 },
        { op: 'mul', type: 'int32', a: 1, b: 2 },
        { op: 'add', type: 'int32', a: 0, b: 3 },
      ),
      outputs: [b.output('int32', kept, exact)],
    })),
    fused('argmax, then a cast to float', [9, 40], [1], (b, kept) => ({
      reducer: 'argmax',
      inputs: [b.input('float32', [9, 40], uniform(b.random, 360))],
      prologue: program(load(0)),
      epilogue: program(load(0, 'int32'), { op: 'cast', type: 'float32', a: 0 }),
      outputs: [b.output('float32', kept, exact)],
    })),
    fused('any, of a comparison, inverted', [9, 40], [1], (b, kept) => ({
      reducer: 'any',
      inputs: [b.input('float32', [9, 40], uniform(b.random, 360))],
      prologue: program(load(0), constant(0.95), { op: 'gt', type: 'bool', a: 0, b: 1 }),
      epilogue: program(load(0, 'bool'), { op: 'not', type: 'bool', a: 0 }),
      outputs: [b.output('bool', kept, exact)],
    })),
  ];
}
