/** Recurrent steps: how rows and units are cut into tasks. */
import {
  gatesOf,
  type RecurrentBackwardStep,
  type RecurrentCell,
  type RecurrentStep,
} from '@inkstone/core/backend';
import { RecurrentCell as Cell, CommandKind } from '../../assembly/opcodes.js';
import type { StepEncoder } from './step.js';
import { type Address, nowhere } from './writer.js';

const codes: Readonly<Record<RecurrentCell, Cell>> = {
  tanh: Cell.Tanh,
  relu: Cell.Relu,
  lstm: Cell.Lstm,
  gru: Cell.Gru,
};

/** Rows that are multiplied with weights in place; more pay for packing. */
const fewRows = 4;
/** Rows of the micro-kernel's tile. */
const tileRows = 5;
/** Bytes of weights that stay in a thread's second-level cache from step to step. */
const cachedWeights = 512 * 1024;
/** Tasks wanted, for any number of threads. */
const wantedTasks = 8;

interface Blocks {
  readonly rows: number;
  readonly units: number;
}

function blocksOf(
  { cell, batch, hidden }: RecurrentStep | RecurrentBackwardStep,
  leastUnits: number,
): Blocks {
  const tiles = Math.ceil(batch / tileRows);
  if (gatesOf[cell] * hidden * hidden * 4 > cachedWeights) {
    const units = Math.max(leastUnits, Math.ceil(hidden / (2 * wantedTasks) / 8) * 8);
    return { rows: Math.max(1, Math.min(batch, wantedTasks * tileRows)), units: Math.min(units, hidden) };
  }
  if (batch <= fewRows) return { rows: 1, units: hidden };
  const rows = tiles > wantedTasks ? tileRows * Math.ceil(tiles / wantedTasks) : Math.ceil(batch / tiles);
  return { rows, units: hidden };
}

/** The fields that both commands begin with. Returns the offset of nothing: all is written. */
function begin(encoder: StepEncoder, step: RecurrentStep | RecurrentBackwardStep, blocks: Blocks): void {
  const { writer } = encoder;
  const { cell, steps, batch, hidden } = step;
  const gates = gatesOf[cell];
  const points = steps * batch * gates * hidden;
  const kind = step.kind === 'recurrent' ? CommandKind.Recurrent : CommandKind.RecurrentBackward;
  const weight = encoder.contiguous(step.weight);
  const packed: Address =
    batch <= fewRows
      ? nowhere
      : {
          kind: 'scratch',
          byteOffset: encoder.scratch.take(gates * (Math.ceil(hidden / 8) * 8) * hidden * 4 + gates * 256),
        };
  writer.begin(kind, encoder.flags(points * (hidden / 8 + 4)));
  writer.word(codes[cell], gates, steps, batch, hidden, step.reverse ? 1 : 0, blocks.rows, blocks.units);
  writer.address(weight);
  writer.address(packed);
}

const pitchOf = (units: number): number => Math.ceil(units / 8) * 32;

export function encodeRecurrent(encoder: StepEncoder, step: RecurrentStep): void {
  if (step.batch === 0) return;
  const { writer } = encoder;
  const inputs = [
    encoder.contiguous(step.x),
    encoder.contiguousOrNone(step.bias),
    encoder.contiguous(step.h0),
    encoder.contiguousOrNone(step.c0),
  ];
  const outputs = [step.states, step.cells, step.saved].map((operand) => encoder.target(operand));
  const blocks = blocksOf(step, 16);
  begin(encoder, step, blocks);
  for (const { address } of outputs) writer.address(address);
  for (const address of inputs) writer.address(address);
  writer.end();
  encoder.scratch.needLocal(blocks.rows * gatesOf[step.cell] * pitchOf(blocks.units) + 64);
  for (const output of outputs) output.store();
}

export function encodeRecurrentBackward(encoder: StepEncoder, step: RecurrentBackwardStep): void {
  if (step.batch === 0) return;
  const { writer } = encoder;
  const inputs = [
    encoder.contiguous(step.states),
    encoder.contiguousOrNone(step.cells),
    encoder.contiguousOrNone(step.saved),
    encoder.contiguous(step.dout),
    encoder.contiguousOrNone(step.dlastCell),
  ];
  const [dx, ds, dh0, dc0] = [step.dx, step.ds, step.dh0, step.dc0].map((operand) => encoder.target(operand));
  // Narrow blocks of columns would read the weights in crumbs.
  const blocks = blocksOf(step, 64);
  begin(encoder, step, blocks);
  for (const address of inputs) writer.address(address);
  for (const address of [dx.address, step.ds ? ds.address : dx.address, dh0.address, dc0.address]) {
    writer.address(address);
  }
  writer.end();
  encoder.scratch.needLocal(blocks.rows * pitchOf(blocks.units) + 64);
  for (const output of [dx, ds, dh0, dc0]) output.store();
}
