import type { NormBackwardStep, NormStep, Operand, PointwiseStep } from '@inkstone/core/backend';
import { contiguousStrides, type Lowering } from '../plan/lowering.js';
import forward from './norm.wgsl';
import backward from './norm_backward.wgsl';
import { chooseParts, reduce } from './reduce.js';
import { rowLayout } from './rows.js';
import { tailFunction } from './tail.js';

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

/** @param tail a pointwise step over dx, to be run along with it */
export function normBackward(step: NormBackwardStep, to: Lowering, tail: PointwiseStep | null = null): void {
  const { rows, columns, dx } = step;
  const byRows = dx !== null && rows * columns > 0;
  const byColumns = (step.dweight !== null || step.dbias !== null) && columns > 0;
  if (!byRows && !byColumns) return;
  const layout = rowLayout(rows, columns, to.tuning);
  const partsAtMost = Math.max(8, to.tuning.rowLanes / 8);
  const { lanes: parts, slices } = chooseParts(columns, rows, { ...to.tuning, rowLanes: partsAtMost });
  const workgroup = Math.max(layout.WORKGROUP, parts * 8);
  const perGroup = { rows: workgroup / layout.LANES, columns: workgroup / parts };
  const rowGroups = byRows ? Math.ceil(rows / perGroup.rows) : 0;
  const columnGroups = byColumns ? Math.ceil(columns / perGroup.columns) : 0;
  const target = (operand: Operand | null) =>
    operand && slices > 1 ? to.scratch('float32', [slices, columns]) : operand;
  const dweight = byColumns ? target(step.dweight) : null;
  const dbias = byColumns ? target(step.dbias) : null;

  const kernel = to.kernel(step.label ?? 'norm backward');
  kernel.input('dy', step.dy);
  if (byRows || dweight) {
    kernel.input('x', step.x);
    if (step.mean) kernel.input('mean', step.mean);
    kernel.input('rstd', step.rstd);
  }
  if (byRows) {
    if (step.weight) kernel.input('weight', step.weight);
    kernel.output('dx', dx);
  }
  if (dweight) kernel.output('dweight', dweight);
  if (dbias) kernel.output('dbias', dbias);
  kernel.sizes({ rows, columns });
  if (byColumns) {
    const slice_rows = Math.ceil(rows / slices);
    kernel.sizes({ row_groups: rowGroups, column_groups: columnGroups, slice_rows });
  }
  const values = {
    WORKGROUP: workgroup,
    ROWS: perGroup.rows,
    LANES: layout.LANES,
    COLUMNS: perGroup.columns,
    PARTS: parts,
    TREE: parts > 1,
    LAYER: step.variant === 'layer',
    WEIGHT: step.weight !== null,
    DWEIGHT: dweight !== null,
    DBIAS: dbias !== null,
    BY_ROWS: byRows,
    BY_COLUMNS: byColumns,
    TAIL: byRows && tail !== null,
    TAIL_FUNCTION: byRows && tail && dx ? tailFunction(tail, dx, kernel) : '',
  };
  to.add(kernel.build('norm_backward', backward, values, rowGroups + columnGroups * slices));
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
