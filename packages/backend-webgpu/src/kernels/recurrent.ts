import {
  gatesOf,
  type Operand,
  type RecurrentBackwardStep,
  type RecurrentStep,
} from '@inkstone/core/backend';
import type { Dispatch, Kernel } from '../kernel.js';
import type { Lowering } from '../plan/lowering.js';
import { isAligned, pointwise } from './pointwise.js';
import forward from './recurrent.wgsl';
import backward from './recurrent_backward.wgsl';

type Step = RecurrentStep | RecurrentBackwardStep;

/** Floats of workgroup memory: a quarter of what every adapter has, so that several workgroups fit on a core. */
const sharedFloats = 1024;
/** Bytes of weights that one core reads again and again at a good speed; with more, the units are shared out. */
const cachedWeights = 1 << 20;

interface Shape {
  readonly rows: number;
  readonly lanes: number;
  /** Neighbouring units of a lane. */
  readonly vector: 1 | 4;
  /** Units of a workgroup. */
  readonly units: number;
}

/** A program that copies. */
const copied = { instructions: [{ op: 'load', type: 'float32', input: 0 }], outputs: [0] } as const;

function copy(label: string, from: Operand, output: Operand, to: Lowering): void {
  const { shape } = output;
  pointwise(
    { kind: 'pointwise', label, shape, inputs: [from], scalars: [], program: copied, outputs: [output] },
    to,
  );
}

/**
 * Results that the kernel reads again in later steps: in float32, so that nothing is rounded on the way. What is kept
 * in float16 is copied when all steps are done.
 */
class Results {
  private readonly copies: (readonly [Operand, Operand])[] = [];

  constructor(
    private readonly label: string,
    private readonly kernel: Kernel,
    private readonly to: Lowering,
  ) {}

  add(name: string, operand: Operand | null): void {
    if (!operand) return;
    if (operand.dtype !== 'float16') return void this.kernel.output(name, operand);
    const whole = this.to.scratch('float32', operand.shape);
    this.copies.push([whole, operand]);
    this.kernel.output(name, whole);
  }

  finish(): void {
    for (const [from, operand] of this.copies) copy(`${this.label} (store)`, from, operand, this.to);
  }
}

function shapeOf(step: Step, { tuning }: Lowering): Shape {
  const { batch, hidden } = step;
  const { recurrentLanes, recurrentRows, recurrentVector: vector, parallelism } = tuning;
  const whole = gatesOf[step.cell] * hidden * hidden * 4 <= cachedWeights;
  let lanes = Math.min(recurrentLanes, 64);
  while (whole && lanes < recurrentLanes && lanes * vector < hidden) lanes *= 2;
  const units = whole ? hidden : Math.max(lanes * vector, 64);
  // Rows share the weights that a lane reads, as long as there is enough work for all cores.
  const items = Math.ceil(hidden / units) * lanes * vector;
  let rows = recurrentRows;
  while (rows > 1 && (rows / 2 >= batch || Math.ceil(batch / rows) * items < parallelism)) rows /= 2;
  return { rows, lanes, vector, units };
}

/** Weights as a lane reads them: rows [..., hidden] that begin at multiples of its vector. */
function weights(label: string, from: Operand, vector: number, to: Lowering): Operand {
  const lead = from.shape.slice(0, -1);
  const pitch = Math.ceil((from.shape.at(-1) as number) / vector) * vector;
  const padded = to.scratch('float32', [...lead, pitch]);
  copy(`${label} (weights)`, from, { ...padded, shape: from.shape }, to);
  return padded;
}

export function recurrent(step: RecurrentStep, to: Lowering): void {
  if (step.batch === 0) return;
  const { hidden, cell } = step;
  const gates = gatesOf[cell];
  const shape = shapeOf(step, to);
  const label = step.label ?? 'recurrent';
  const turned = { shape: [hidden, gates, hidden], strides: [1, hidden * hidden, hidden] };
  const weight = weights(label, { ...step.weight, ...turned }, shape.vector, to);
  const kernel = to.kernel(label);
  const results = new Results(label, kernel, to);
  const optional = (name: string, operand: Operand | null): void =>
    void (operand && kernel.input(name, operand));
  kernel.input('x', step.x);
  kernel.input('weight', weight, shape.vector);
  optional('bias', step.bias);
  kernel.input('h0', step.h0);
  optional('c0', step.c0);
  for (const name of ['states', 'cells', 'saved'] as const) results.add(name, step[name]);
  const gated = cell === 'lstm' || cell === 'gru';
  const values = { BIAS: step.bias !== null, SAVED: step.saved !== null, GATED: gated };
  add(step, to, kernel, shape, (groups, common) =>
    kernel.build('recurrent', forward, { ...common, ...values }, groups),
  );
  results.finish();
}

export function recurrentBackward(step: RecurrentBackwardStep, to: Lowering): void {
  if (step.batch === 0) return;
  const { cell, hidden } = step;
  const label = step.label ?? 'recurrent backward';
  const kernel = to.kernel(label);
  const results = new Results(label, kernel, to);
  const lstm = cell === 'lstm';
  const shape = shapeOf(step, to);
  const { vector } = shape;
  // Where they lie they can be read if all rows begin at multiples of a vector.
  const inPlace =
    vector === 1 || (step.weight.dtype === 'float32' && hidden % vector === 0 && isAligned(step.weight));
  kernel.input('weight', inPlace ? step.weight : weights(label, step.weight, vector, to), vector);
  if (lstm) kernel.input('cells', step.cells as Operand);
  else kernel.input('states', step.states);
  if (step.saved) kernel.input('saved', step.saved);
  kernel.input('dout', step.dout);
  if (step.dlastCell) kernel.input('dlast', step.dlastCell);
  for (const name of ['dx', 'ds', 'dh0', 'dc0'] as const) results.add(name, step[name]);
  add(step, to, kernel, shape, (groups, common) =>
    kernel.build('recurrent_backward', backward, { ...common, LAST_CELL: step.dlastCell !== null }, groups),
  );
  results.finish();
}

/** One dispatch for all steps where a workgroup has all units, else one for each. */
function add(
  step: Step,
  to: Lowering,
  kernel: Kernel,
  { rows, lanes, vector, units }: Shape,
  build: (groups: number, common: Readonly<Record<string, number | boolean | string>>) => Dispatch,
): void {
  const { cell, steps, batch, hidden } = step;
  const rowTiles = Math.ceil(batch / rows);
  const groups = rowTiles * Math.ceil(hidden / units);
  // Backward, there is one more: the gradient of the initial state.
  const end = step.kind === 'recurrent' ? steps : steps + 1;
  kernel.sizes({ groups, row_tiles: rowTiles, units, batch, hidden, steps, reverse: step.reverse ? 1 : 0 });
  kernel.sizes({ pitch: Math.ceil(hidden / vector) * vector, first: 0, end });
  const dispatch = build(groups, {
    LANES: lanes,
    ROWS: rows,
    GATES: gatesOf[cell],
    VEC: vector,
    VECTOR: vector > 1,
    SUMS: vector > 1 ? 'vec4<f32>' : 'f32',
    LOAD: vector > 1 ? 'load4' : 'load',
    CHUNK: sharedFloats / rows,
    LSTM: cell === 'lstm',
    GRU: cell === 'gru',
    TANH: cell === 'tanh',
    RELU: cell === 'relu',
  });
  if (units >= hidden) {
    to.add(dispatch);
    return;
  }
  for (let i = 0; i < end; i++) {
    const at: Readonly<Record<string, number>> = { first: i, end: i + 1 };
    const params = dispatch.params.map((param) => ({ ...param, value: at[param.name] ?? param.value }));
    to.add({ ...dispatch, params });
  }
}
