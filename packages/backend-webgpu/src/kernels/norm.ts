import type { NormBackwardStep, NormStep, Operand } from '@inkstone/core/backend';
import { contiguousStrides, type Lowering } from '../plan/lowering.js';
import forward from './norm.wgsl';
import backward from './norm_backward.wgsl';
import weightGradients from './norm_weights.wgsl';
import { chooseParts, reduce } from './reduce.js';
import { rowLayout } from './rows.js';

export function norm(step: NormStep, to: Lowering): void {
  const { rows, columns } = step;
  if (rows === 0) return;
  const kernel = to.kernel(step.label ?? 'norm');
  kernel.input('x', step.x);
  if (step.weight) kernel.input('weight', step.weight);
  if (step.bias) kernel.input('bias', step.bias);
  kernel.output('y', step.y);
  if (step.mean) kernel.output('mean', step.mean);
  if (step.rstd) kernel.output('rstd', step.rstd);
  kernel.sizes({ rows, columns });
  kernel.param('eps', 'f32', step.eps);
  const layout = rowLayout(rows, columns, to.tuning);
  to.add(
    kernel.build(
      'norm',
      forward,
      {
        ...layout,
        LAYER: step.variant === 'layer',
        WEIGHT: step.weight !== null,
        BIAS: step.bias !== null,
        MEAN: step.mean !== null,
        RSTD: step.rstd !== null,
      },
      Math.ceil(rows / layout.ROWS),
    ),
  );
}

export function normBackward(step: NormBackwardStep, to: Lowering): void {
  if (step.dx && step.rows * step.columns > 0) inputGradient(step, step.dx, to);
  if ((step.dweight || step.dbias) && step.columns > 0) parameterGradients(step, to);
}

function inputGradient(step: NormBackwardStep, dx: Operand, to: Lowering): void {
  const { rows, columns } = step;
  const kernel = to.kernel(step.label ?? 'norm backward');
  kernel.input('x', step.x);
  kernel.input('dy', step.dy);
  if (step.weight) kernel.input('weight', step.weight);
  if (step.mean) kernel.input('mean', step.mean);
  kernel.input('rstd', step.rstd);
  kernel.output('dx', dx);
  kernel.sizes({ rows, columns });
  const layout = rowLayout(rows, columns, to.tuning);
  const values = { ...layout, LAYER: step.variant === 'layer', WEIGHT: step.weight !== null };
  to.add(kernel.build('norm_backward', backward, values, Math.ceil(rows / layout.ROWS)));
}

function parameterGradients(step: NormBackwardStep, to: Lowering): void {
  const { rows, columns } = step;
  const { lanes: parts, slices } = chooseParts(columns, rows, { ...to.tuning, rowLanes: 8 });
  const target = (operand: Operand | null) =>
    operand && slices > 1 ? to.scratch('float32', [slices, columns]) : operand;
  const dweight = target(step.dweight);
  const dbias = target(step.dbias);
  const kernel = to.kernel(`${step.label ?? 'norm backward'} (parameters)`);
  kernel.input('dy', step.dy);
  if (dweight) {
    kernel.input('x', step.x);
    if (step.mean) kernel.input('mean', step.mean);
    kernel.input('rstd', step.rstd);
    kernel.output('dweight', dweight);
  }
  if (dbias) kernel.output('dbias', dbias);
  const workgroup = Math.max(64, parts * 8);
  const perGroup = workgroup / parts;
  const groups = Math.ceil(columns / perGroup);
  kernel.sizes({ rows, columns, groups, slice_rows: Math.ceil(rows / slices) });
  const values = {
    WORKGROUP: workgroup,
    COLUMNS: perGroup,
    PARTS: parts,
    TREE: parts > 1,
    LAYER: step.variant === 'layer',
    WEIGHT: dweight !== null,
    BIAS: dbias !== null,
  };
  to.add(kernel.build('norm_weights', weightGradients, values, groups * slices));
  if (slices === 1) return;
  for (const [partial, result] of [
    [dweight, step.dweight],
    [dbias, step.dbias],
  ] as const) {
    if (partial && result) addSlices(partial, result, slices, [columns], to, step.label);
  }
}

/** result = the sum of the slices of `partial` [slices, ...shape], in order. */
function addSlices(
  partial: Operand,
  result: Operand,
  slices: number,
  shape: readonly number[],
  to: Lowering,
  label: string | undefined,
): void {
  reduce(
    {
      kind: 'reduce',
      label: `${label ?? 'norm backward'} (slices)`,
      shape: [slices, ...shape],
      axes: [0],
      reducer: 'sum',
      inputs: [{ ...partial, strides: contiguousStrides([slices, ...shape]) }],
      scalars: [],
      prologue: { instructions: [{ op: 'load', type: 'float32', input: 0 }], outputs: [0] },
      epilogue: null,
      epilogueInputs: [],
      outputs: [result],
    },
    to,
  );
}
