/** Recurrent layers over whole sequences, forward and backward: every cell, both directions, odd sizes. */
import { type DType, gatesOf, type Operand, type RecurrentCell } from '@inkstone/core/backend';
import { type Case, type CaseBuilder, type Check, define, offsetBy, product } from '../case.js';
import { uniform } from '../values.js';

export interface Recurrent {
  readonly cell: RecurrentCell;
  readonly steps: number;
  readonly batch: number;
  readonly hidden: number;
  readonly reverse?: boolean;
  readonly biased?: boolean;
  /** forward: what backward needs is stored too */
  readonly kept?: boolean;
  /** backward, lstm: the last c has a gradient */
  readonly lastCell?: boolean;
  readonly dtype?: DType;
  /** of the inputs: large ones saturate the gates */
  readonly spread?: number;
}

const value = (scale: number): Check => ({ keys: ['recurrent', 'value'], scale });
const gradient = (scale: number): Check => ({ keys: ['recurrentBackward', 'gradient'], scale });

function sizes(spec: Recurrent) {
  const { cell, steps, batch, hidden, reverse = false, dtype = 'float32' } = spec;
  const wide = gatesOf[cell] * hidden;
  const state = [batch, hidden];
  const all = [steps + 1, batch, hidden];
  return { cell, steps, batch, hidden, reverse, dtype, wide, state, all, lstm: cell === 'lstm' };
}

function forward(b: CaseBuilder, spec: Recurrent) {
  const { cell, steps, batch, hidden, reverse, dtype, wide, state, all, lstm } = sizes(spec);
  const { biased = true, kept = true, spread = 2 } = spec;
  const some = (shape: number[], size: number, at = 0): Operand =>
    b.input(dtype, shape, uniform(b.random, product(shape), -size, size), offsetBy(at));
  // As layers are initialised: a step then forgets more than it adds.
  const bound = 1 / Math.sqrt(hidden);
  const saves = kept && (lstm || cell === 'gru');
  const check = value(4 * spread);
  const step = {
    kind: 'recurrent',
    cell,
    steps,
    batch,
    hidden,
    reverse,
    x: some([steps, batch, wide], spread, 1),
    weight: some([wide, hidden], bound, 2),
    bias: biased ? some([wide], bound) : null,
    h0: some(state, 1, 3),
    c0: lstm ? some(state, 1) : null,
    states: b.output(dtype, all, check, offsetBy(1)),
    cells: lstm ? b.output(dtype, all, check, offsetBy(2)) : null,
    saved: saves ? b.output(dtype, [steps, batch, 4 * hidden], check, offsetBy(3)) : null,
  } as const;
  b.step(step);
  return step;
}

function nameOf({ cell, steps, batch, hidden, reverse, dtype, biased = true, spread }: Recurrent): string {
  const parts = [`${cell}: ${steps} steps, batch ${batch}, ${hidden} hidden`];
  if (reverse) parts.push('reverse');
  if (!biased) parts.push('no bias');
  if (spread !== undefined) parts.push(`inputs to ${spread}`);
  if (dtype) parts.push(dtype);
  return parts.join(', ');
}

export function recurrent(spec: Recurrent): Case {
  return define(`recurrent ${nameOf(spec)}${spec.kept === false ? ', nothing saved' : ''}`, (b) => {
    forward(b, spec);
  });
}

/** Forward, then backward from what it stored: the backward step's own input could not be made up. */
export function recurrentBackward(spec: Recurrent): Case {
  return define(`recurrent backward ${nameOf(spec)}`, (b) => {
    const { x: _x, bias: _bias, h0: _h0, c0: _c0, ...step } = forward(b, spec);
    const { cell, steps, batch, hidden, dtype, wide, state, lstm } = sizes(spec);
    const shape = [steps, batch, hidden];
    const check = gradient(8);
    b.step({
      ...step,
      kind: 'recurrentBackward',
      dout: b.input(dtype, shape, uniform(b.random, product(shape)), offsetBy(1)),
      dlastCell: lstm && spec.lastCell ? b.input(dtype, state, uniform(b.random, product(state))) : null,
      dx: b.output(dtype, [steps, batch, wide], check, offsetBy(2)),
      ds: cell === 'gru' ? b.output(dtype, [steps, batch, wide], check) : null,
      dh0: b.output(dtype, state, check, offsetBy(3)),
      dc0: lstm ? b.output(dtype, state, check) : null,
    });
  });
}

/** Steps, batch, hidden. */
const shapes: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [3, 2, 5],
  [4, 7, 9],
  [3, 17, 33],
  [2, 1, 130],
];

export function recurrentCases(dtypes: readonly DType[]): Case[] {
  const cases: Case[] = [];
  for (const cell of ['lstm', 'gru', 'tanh', 'relu'] as const) {
    for (const [i, [steps, batch, hidden]] of shapes.entries()) {
      const spec = { cell, steps, batch, hidden, reverse: i % 2 === 1, biased: i % 3 !== 2 };
      cases.push(recurrentBackward({ ...spec, lastCell: i % 4 === 0 }));
    }
    const spec = { cell, steps: 6, batch: 3, hidden: 10 };
    cases.push(
      recurrent({ ...spec, kept: false, reverse: true }),
      recurrentBackward({ ...spec, spread: 50 }),
      recurrentBackward({ ...spec, batch: 0 }),
    );
    for (const dtype of ['float16', 'float64'] as const) {
      if (dtypes.includes(dtype))
        cases.push(recurrentBackward({ ...spec, dtype, lastCell: true, reverse: true }));
    }
  }
  cases.push(
    // More weights than a thread's cache holds, or a workgroup reads at once: for few rows and for many.
    recurrentBackward({ cell: 'lstm', steps: 2, batch: 1, hidden: 260, lastCell: true }),
    recurrentBackward({ cell: 'gru', steps: 2, batch: 9, hidden: 300, reverse: true }),
    recurrentBackward({ cell: 'tanh', steps: 2, batch: 2, hidden: 520 }),
    recurrentBackward({ cell: 'lstm', steps: 200, batch: 2, hidden: 8, reverse: true }),
  );
  return cases;
}
