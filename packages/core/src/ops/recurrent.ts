/** Recurrent layers over a whole sequence: one kernel forward, one back, and products for the gradients of weights. */
import type { DType } from '../backend/dtype.js';
import { gatesOf, type Operand, type RecurrentCell } from '../backend/steps.js';
import { type Layout, operandAs, operandOf } from '../graph/layout.js';
import type { KernelIO, KernelOp } from '../graph/op.js';
import { auxOf, record } from '../graph/record.js';
import { contiguousStrides, type Shape, sameShape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { raised } from './autocast.js';
import { reshape, sum } from './broadcast.js';
import { matmul } from './matmul.js';
import { slice, slicesOf, transpose } from './views.js';

/** Side results of the forward kernel, and of the backward kernel. */
const savedAux = 0;
const dsAux = 0;
const dh0Aux = 1;
const dc0Aux = 2;

interface Sizes {
  readonly cell: RecurrentCell;
  readonly steps: number;
  readonly batch: number;
  readonly hidden: number;
  readonly reverse: boolean;
}

const sizesOf = ({ attrs }: Value): Sizes => attrs as unknown as Sizes;

/** The result is h of all times, the initial state among them, below it for an LSTM c likewise: rows of [batch, hidden]. */
function rowsOf({ cell, steps, reverse }: Sizes) {
  const last = reverse ? 0 : steps;
  return {
    total: cell === 'lstm' ? 2 * (steps + 1) : steps + 1,
    /** Where the results begin, and what steps start from. */
    outputs: reverse ? 0 : 1,
    before: reverse ? 1 : 0,
    lastState: last,
    lastCell: steps + 1 + last,
  };
}

/** Rows `start` ... of a layout of rows, as an operand of the given shape. */
function rowsAt(layout: Layout, start: number, shape: Shape): Operand {
  const offset = layout.offset + start * layout.strides[0];
  return operandOf({ ...layout, shape, strides: contiguousStrides(shape), offset });
}

/** h and c of all times within a result. */
function statesOf(layout: Layout, { cell, steps, batch, hidden }: Sizes) {
  const shape = [steps + 1, batch, hidden];
  return {
    states: rowsAt(layout, 0, shape),
    cells: cell === 'lstm' ? rowsAt(layout, steps + 1, shape) : null,
  };
}

const isGated = (cell: RecurrentCell): boolean => cell === 'lstm' || cell === 'gru';

/** Inputs: x, weight, h0, then c0 of an LSTM, then the bias if there is one. */
const recurrentOp: KernelOp = {
  kind: 'kernel',
  name: 'recurrent',
  gradient: (node, g) => gradients(node, g),
  lower: (node, io) => {
    const sizes = sizesOf(node);
    const { cell, steps, batch, hidden } = sizes;
    const out = io.output();
    const saved = io.aux(savedAux);
    if (node.size === 0) return;
    const wide = gatesOf[cell] * hidden;
    const lstm = cell === 'lstm';
    const read = (i: number, shape: Shape): Operand => operandAs(io.input(i, 'contiguous'), shape);
    const biasAt = lstm ? 4 : 3;
    io.emit({
      kind: 'recurrent',
      label: cell,
      ...sizes,
      ...statesOf(out, sizes),
      x: read(0, [steps, batch, wide]),
      weight: read(1, [wide, hidden]),
      h0: read(2, [batch, hidden]),
      c0: lstm ? read(3, [batch, hidden]) : null,
      bias: node.inputs.length > biasAt ? read(biasAt, [wide]) : null,
      saved: saved && operandOf(saved),
    });
  },
};

/** Inputs: weight, the forward result, dout, then what was saved, then the gradient of the last c if it has one. */
const recurrentBackwardOp: KernelOp = {
  kind: 'kernel',
  name: 'recurrentBackward',
  lower: (node, io: KernelIO) => {
    const sizes = sizesOf(node);
    const { cell, steps, batch, hidden } = sizes;
    const state = [batch, hidden];
    const other = (index: number, shape: Shape): Layout => io.aux(index) ?? io.scratch(shape, node.dtype);
    const dx = io.output();
    const ds = cell === 'gru' ? other(dsAux, node.shape) : null;
    const dh0 = other(dh0Aux, state);
    const dc0 = cell === 'lstm' ? other(dc0Aux, state) : null;
    if (node.size === 0) return;
    const gated = isGated(cell);
    const read = (i: number): Operand => operandOf(io.input(i, 'contiguous'));
    io.emit({
      kind: 'recurrentBackward',
      label: `${cell}Backward`,
      ...sizes,
      ...statesOf(io.input(1, 'contiguous'), sizes),
      weight: read(0),
      dout: operandAs(io.input(2, 'contiguous'), [steps, batch, hidden]),
      saved: gated ? read(3) : null,
      dlastCell: node.inputs.length > 4 ? operandAs(io.input(4, 'contiguous'), state) : null,
      dx: operandOf(dx),
      ds: ds && operandOf(ds),
      dh0: operandOf(dh0),
      dc0: dc0 && operandOf(dc0),
    });
  },
};

function gradients(node: Value, g: Value): (Value | null)[] {
  const sizes = sizesOf(node);
  const { cell, steps, batch, hidden } = sizes;
  const [x, weight, h0, ...rest] = node.inputs;
  const { before } = rowsOf(sizes);
  const { dout, dlast } = gradientsOfResults(g, sizes);
  const saved = isGated(cell) ? [auxOf(node, savedAux, [steps, batch, 4 * hidden], node.dtype)] : [];
  const inputs = [weight, node, dout, ...saved, ...(dlast ? [dlast] : [])];
  const dx = record(recurrentBackwardOp, inputs, x.shape, x.dtype, node.attrs);
  const ds = cell === 'gru' ? auxOf(dx, dsAux, x.shape, x.dtype) : dx;
  const state = [batch, hidden];
  const flat = reshape(ds, [steps * batch, ds.shape[2]]);
  const starts = reshape(slice(node, 0, before, steps), [steps * batch, hidden]);
  const out: (Value | null)[] = [
    x.requiresGrad ? dx : null,
    weight.requiresGrad ? matmul(transpose(flat, 0, 1), starts) : null,
    h0.requiresGrad ? auxOf(dx, dh0Aux, state, x.dtype) : null,
  ];
  const [c0, bias] = cell === 'lstm' ? rest : [undefined, rest[0]];
  if (c0) out.push(c0.requiresGrad ? auxOf(dx, dc0Aux, state, x.dtype) : null);
  if (bias) out.push(bias.requiresGrad ? sum(flat, 0) : null);
  return out;
}

/** The gradients of all h_t and of the last c, out of that of the whole result: as they are where they came in as slices. */
function gradientsOfResults(g: Value, sizes: Sizes): { dout: Value; dlast: Value | null } {
  const { cell, steps } = sizes;
  const { outputs, lastCell } = rowsOf(sizes);
  const parts = slicesOf(g, 0);
  const ofOut = parts?.find(({ start, value }) => start === outputs && value.shape[0] === steps);
  const ofLast = parts?.find(({ start, value }) => start === lastCell && value.shape[0] === 1);
  if (ofOut && parts?.length === (ofLast ? 2 : 1)) {
    g.passing = true;
    return { dout: ofOut.value, dlast: ofLast?.value ?? null };
  }
  return {
    dout: slice(g, 0, outputs, steps),
    dlast: cell === 'lstm' ? slice(g, 0, lastCell, 1) : null,
  };
}

export interface RecurrentInputs {
  /** W_ih x + b_ih of all steps, [steps, batch, gates * hidden]. */
  readonly x: Value;
  /** W_hh [gates * hidden, hidden], and b_hh [gates * hidden] or null. */
  readonly weight: Value;
  readonly bias: Value | null;
  /** Initial states [batch, hidden]; c0 for an LSTM only. */
  readonly h0: Value;
  readonly c0: Value | null;
}

export interface RecurrentResults {
  /** [steps, batch, hidden] */
  readonly output: Value;
  /** States after the sequence, [1, batch, hidden]: h, and c of an LSTM. */
  readonly states: readonly Value[];
}

/**
 * A recurrent layer in one direction over a whole sequence; the formulas stand in `RecurrentStep`.
 * @throws Error that names the shapes or the dtypes that do not fit.
 */
export function recurrent(cell: RecurrentCell, inputs: RecurrentInputs, reverse: boolean): RecurrentResults {
  const x = raised(inputs.x);
  const weight = raised(inputs.weight);
  const bias = inputs.bias && raised(inputs.bias);
  const h0 = raised(inputs.h0);
  const c0 = inputs.c0 && raised(inputs.c0);
  const [steps, batch] = x.shape;
  const [, hidden] = weight.shape;
  const wide = gatesOf[cell] * hidden;
  const expect = (name: string, value: Value | null, shape: Shape, dtype: DType): void => {
    if (value && !(sameShape(value.shape, shape) && value.dtype === dtype)) {
      const got = `${showShape(value.shape)} ${value.dtype}`;
      throw new Error(`recurrent (${cell}): ${name} is ${got}; ${showShape(shape)} ${dtype} is needed`);
    }
  };
  expect('x', x, [steps, batch, wide], x.dtype);
  expect('weight', weight, [wide, hidden], x.dtype);
  expect('bias', bias, [wide], x.dtype);
  expect('h0', h0, [batch, hidden], x.dtype);
  expect('c0', c0, [batch, hidden], x.dtype);
  const sizes: Sizes = { cell, steps, batch, hidden, reverse };
  const { total, outputs, lastState, lastCell } = rowsOf(sizes);
  const result = record(
    recurrentOp,
    [x, weight, h0, ...(c0 ? [c0] : []), ...(bias ? [bias] : [])],
    [total, batch, hidden],
    x.dtype,
    { ...sizes },
  );
  const row = (start: number): Value => slice(result, 0, start, 1);
  return {
    output: slice(result, 0, outputs, steps),
    states: cell === 'lstm' ? [row(lastState), row(lastCell)] : [row(lastState)],
  };
}
