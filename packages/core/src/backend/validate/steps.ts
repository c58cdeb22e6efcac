/** Rules of the single kinds of steps: shapes, dtypes, contiguity, attributes. */
import type { Plan } from '../contract.js';
import { type ComputeType, computeTypeOf, isFloatingPoint } from '../dtype.js';
import * as S from '../steps.js';
import { describe, elementsOf, isContiguous, isCount, sameShape } from './layout.js';
import { checkProgram, computeTypes } from './program.js';
import { checkQuantisedMatmul } from './quantised.js';
import { rule } from './rule.js';

type Scalars = Plan['scalars'];

export function checkStep(step: S.Step, scalars: Scalars): void {
  switch (step.kind) {
    case 'pointwise':
      checkPointwise(step, scalars);
      break;
    case 'reduce':
      checkReduce(step, scalars);
      break;
    case 'matmul':
      checkMatmul(step, scalars);
      break;
    case 'quantisedMatmul':
      checkQuantisedMatmul(step);
      break;
    case 'softmax':
    case 'softmaxBackward':
      checkSoftmax(step);
      break;
    case 'crossEntropy':
    case 'crossEntropyBackward':
      checkCrossEntropy(step);
      break;
    case 'norm':
    case 'normBackward':
      checkNorm(step);
      break;
    case 'attention':
    case 'attentionBackward':
      checkAttention(step, scalars);
      break;
    case 'recurrent':
    case 'recurrentBackward':
      checkRecurrent(step);
      break;
    case 'indexSelect':
    case 'indexAdd':
    case 'gather':
    case 'scatter':
      checkIndexing(step);
      break;
    case 'sort':
      checkSort(step);
      break;
    case 'scan':
      checkScan(step);
      break;
    default:
      rule(false, `there is no step of kind '${(step as { kind: string }).kind}'`);
  }
}

function checkPointwise(step: S.PointwiseStep, scalars: Scalars): void {
  counts({ shape: step.shape });
  eachHasShape('inputs', step.inputs, step.shape);
  eachHasShape('outputs', step.outputs, step.shape);
  rule(step.outputs.length > 0, 'it has no output');
  checkProgram(step.program, {
    name: 'program',
    loads: computeTypes(step.inputs),
    scalars: scalarTypes(step.scalars, scalars),
    axes: step.shape.length,
    outputs: computeTypes(step.outputs),
  });
}

function checkReduce(step: S.ReduceStep, scalars: Scalars): void {
  const { shape, axes, reducer, prologue } = step;
  counts({ shape });
  rule(
    axes.every((axis) => isCount(axis) && axis < shape.length) && new Set(axes).size === axes.length,
    `axes [${axes.join(', ')}] are not distinct axes of a shape of ${shape.length} axes`,
  );
  eachHasShape('inputs', step.inputs, shape);
  const kept = shape.filter((_, axis) => !axes.includes(axis));
  const value = prologue.instructions[prologue.outputs[0]]?.type;
  rule(prologue.outputs.length === 1 && value !== undefined, 'the prologue must have one output');
  checkProgram(prologue, {
    name: 'prologue',
    loads: computeTypes(step.inputs),
    scalars: scalarTypes(step.scalars, scalars),
    axes: shape.length,
    outputs: [value],
  });
  if (reducer === 'any' || reducer === 'all') rule(value === 'bool', `${reducer} takes bool, not ${value}`);
  else rule(value !== 'bool', `${reducer} does not take bool`);
  if (reducer === 'mean') rule(value !== 'int32', 'mean does not take int32');
  const isArg = reducer === 'argmax' || reducer === 'argmin';
  if (isArg) {
    const length = elementsOf(axes.map((axis) => shape[axis]));
    rule(length > 0 || elementsOf(kept) === 0, `${reducer} over no elements`);
  }
  checkEpilogue(step, kept, isArg ? 'int32' : value, scalars);
}

function checkMatmul(step: S.MatmulStep, scalars: Scalars): void {
  const { batch, m, n, k, a, b } = step;
  counts({ batch, m, n, k });
  hasShape('a', a, [...batch, m, k]);
  hasShape('b', b, [...batch, k, n]);
  const type = floats({ a, b });
  for (const [name, side] of Object.entries({ a, b })) {
    const [rows, columns] = side.shape.slice(-2);
    const [rowStride, columnStride] = side.strides.slice(-2);
    rule(
      rows <= 1 || columns <= 1 || rowStride === 1 || columnStride === 1,
      `${name} (${describe(side)}): one of the last two strides must be 1`,
    );
  }
  checkEpilogue(step, [...batch, m, n], type, scalars);
}

/** The epilogue of a reduction or product whose result has this shape and type, or its absence. */
function checkEpilogue(
  step: S.ReduceStep | S.MatmulStep,
  shape: readonly number[],
  type: ComputeType,
  scalars: Scalars,
): void {
  eachHasShape('epilogueInputs', step.epilogueInputs, shape);
  eachHasShape('outputs', step.outputs, shape);
  rule(step.outputs.length > 0, 'it has no output');
  if (step.epilogue === null) {
    rule(step.epilogueInputs.length === 0, 'it has epilogue inputs but no epilogue');
    rule(step.outputs.length === 1, `without an epilogue it has one output, not ${step.outputs.length}`);
    const stored = computeTypeOf(step.outputs[0].dtype);
    rule(stored === type, `the result is ${type}, its operand takes ${stored}`);
    return;
  }
  checkProgram(step.epilogue, {
    name: 'epilogue',
    loads: [type, ...computeTypes(step.epilogueInputs)],
    scalars: scalarTypes(step.scalars, scalars),
    axes: shape.length,
    outputs: computeTypes(step.outputs),
  });
}

function checkSoftmax(step: S.SoftmaxStep | S.SoftmaxBackwardStep): void {
  const { rows, columns } = step;
  counts({ rows, columns });
  const operands =
    step.kind === 'softmax' ? { x: step.x, y: step.y } : { y: step.y, dy: step.dy, dx: step.dx };
  for (const [name, operand] of Object.entries(operands)) dense(name, operand, [rows, columns]);
  floats(operands);
}

function checkCrossEntropy(step: S.CrossEntropyStep | S.CrossEntropyBackwardStep): void {
  const { rows, classes, ignoreIndex, labelSmoothing, logits, target, weight, logSumExp } = step;
  counts({ rows, classes });
  rule(classes > 0, 'it has no classes');
  rule(ignoreIndex === (ignoreIndex | 0), `ignoreIndex ${ignoreIndex} is no int32`);
  rule(labelSmoothing >= 0 && labelSmoothing <= 1, `labelSmoothing is ${labelSmoothing}, not in 0 ... 1`);
  dense('logits', logits, [rows, classes]);
  dense('target', target, [rows]);
  rule(target.dtype === 'int32', `target is ${target.dtype} instead of int32`);
  if (weight) dense('weight', weight, [classes]);
  dense('logSumExp', logSumExp, [rows]);
  if (step.kind === 'crossEntropyBackward') {
    hasShape('dloss', step.dloss, [rows]);
    dense('dlogits', step.dlogits, [rows, classes]);
    floats({ logits, weight, logSumExp, dloss: step.dloss, dlogits: step.dlogits });
  } else {
    dense('loss', step.loss, [rows]);
    if (step.total) dense('total', step.total, [rows]);
    floats({ logits, weight, logSumExp, loss: step.loss, total: step.total });
    isFlag(step.flag);
  }
}

function checkNorm(step: S.NormStep | S.NormBackwardStep): void {
  const { rows, columns, variant, x, weight, mean, rstd } = step;
  counts({ rows, columns });
  rule(columns > 0, 'it has no columns');
  const perColumn: Record<string, S.Operand | null> = { weight };
  const full: Record<string, S.Operand | null> = { x };
  if (step.kind === 'norm') {
    rule(step.eps >= 0 && Number.isFinite(step.eps), `eps is ${step.eps}`);
    perColumn.bias = step.bias;
    full.y = step.y;
    if (variant === 'rms') rule(step.bias === null, "variant 'rms' has no bias");
  } else {
    Object.assign(perColumn, { dweight: step.dweight, dbias: step.dbias });
    Object.assign(full, { dy: step.dy, dx: step.dx });
    if (variant === 'layer') rule(mean !== null, "variant 'layer' needs the mean");
    else rule(step.dbias === null, "variant 'rms' has no dbias");
    rule(Boolean(step.dx ?? step.dweight ?? step.dbias), 'it has no output');
  }
  if (variant === 'rms') rule(mean === null, "variant 'rms' has no mean");
  for (const [name, operand] of Object.entries(full)) if (operand) dense(name, operand, [rows, columns]);
  for (const [name, operand] of Object.entries(perColumn)) if (operand) dense(name, operand, [columns]);
  for (const [name, operand] of Object.entries({ mean, rstd })) if (operand) dense(name, operand, [rows]);
  floats({ ...full, ...perColumn, mean, rstd });
}

function checkAttention(step: S.AttentionStep | S.AttentionBackwardStep, scalars: Scalars): void {
  const { batch, heads, keyHeads, queries, keys, headSize, q, k, v, out, logSumExp } = step;
  const { mask, dropout, dropoutP } = step;
  counts({ batch, heads, keyHeads, queries, keys, headSize });
  rule(keyHeads > 0 && heads % keyHeads === 0, `${heads} heads are not a multiple of ${keyHeads} key heads`);
  rule(Number.isFinite(step.scale), `scale is ${step.scale}`);
  for (const name of ['keyLength', 'causalShift'] as const) {
    const scalar = step[name];
    rule(scalar === null || scalars[scalar] === 'int32', `${name} names scalar ${scalar}, which is no int32`);
  }
  const { causal, causalShift } = step;
  rule(causal === null || Number.isSafeInteger(causal), `causal is ${causal}: null or a whole number`);
  rule(causal !== null || causalShift === null, 'causalShift without causal');
  const query = [batch, heads, queries, headSize];
  const key = [batch, keyHeads, keys, headSize];
  const scores = [batch, heads, queries, keys];
  const rowsOf: Record<string, [S.Operand, number[]]> = {
    q: [q, query],
    k: [k, key],
    v: [v, key],
    out: [out, query],
  };
  if (step.kind === 'attentionBackward') {
    Object.assign(rowsOf, {
      dout: [step.dout, query],
      dq: [step.dq, query],
      dk: [step.dk, key],
      dv: [step.dv, key],
    });
  }
  for (const [name, [operand, shape]] of Object.entries(rowsOf)) {
    hasShape(name, operand, shape);
    rule(
      headSize <= 1 || elementsOf(shape) === 0 || operand.strides[3] === 1,
      `${name} (${describe(operand)}): the last stride must be 1`,
    );
  }
  if (logSumExp) dense('logSumExp', logSumExp, [batch, heads, queries]);
  if (mask) hasShape('mask', mask, scores);
  const seeded = dropoutP !== null;
  if (dropout) dense('dropout', dropout, seeded ? [] : scores);
  rule(!seeded || (dropoutP > 0 && dropoutP <= 1), `dropoutP is ${dropoutP}, not above 0 and at most 1`);
  rule(!seeded || dropout?.dtype === 'int32', `dropoutP takes a seed of int32, not ${dropout?.dtype}`);
  const rows = Object.fromEntries(Object.entries(rowsOf).map(([name, [operand]]) => [name, operand]));
  floats({
    ...rows,
    logSumExp,
    dropout: seeded ? null : dropout,
    mask: mask?.dtype === 'bool' ? null : mask,
  });
}

function checkRecurrent(step: S.RecurrentStep | S.RecurrentBackwardStep): void {
  const { cell, steps, batch, hidden, states, cells, weight, saved } = step;
  counts({ steps, batch, hidden });
  rule(steps > 0 && hidden > 0, `it has ${steps} steps and ${hidden} hidden units: at least 1 of each`);
  const gates = S.gatesOf[cell];
  rule(gates !== undefined, `there is no cell '${cell}'`);
  const state = [batch, hidden];
  const all = [steps + 1, batch, hidden];
  const wide = [steps, batch, gates * hidden];
  const lstm = cell === 'lstm';
  const gated = lstm || cell === 'gru';
  const backward = step.kind === 'recurrentBackward';
  rule(gated || saved === null, `cell '${cell}' saves nothing`);
  rule(!(gated && backward) || saved !== null, `cell '${cell}' needs what the forward step saved`);
  // Each operand, its shape, and whether the cell has it: true, false, or undefined where it may be null.
  const operands: Record<string, [S.Operand | null, number[], boolean | undefined]> = {
    weight: [weight, [gates * hidden, hidden], true],
    states: [states, all, true],
    cells: [cells, all, lstm],
    saved: [saved, [steps, batch, 4 * hidden], undefined],
    ...(backward
      ? {
          dout: [step.dout, [steps, batch, hidden], true],
          dlastCell: [step.dlastCell, state, lstm ? undefined : false],
          dx: [step.dx, wide, true],
          ds: [step.ds, wide, cell === 'gru'],
          dh0: [step.dh0, state, true],
          dc0: [step.dc0, state, lstm],
        }
      : {
          x: [step.x, wide, true],
          bias: [step.bias, [gates * hidden], undefined],
          h0: [step.h0, state, true],
          c0: [step.c0, state, lstm],
        }),
  };
  for (const [name, [operand, , wanted]] of Object.entries(operands)) {
    const right = wanted === undefined || (operand !== null) === wanted;
    rule(right, `cell '${cell}' ${wanted ? 'needs' : 'has no'} ${name}`);
  }
  for (const [name, [operand, shape]] of Object.entries(operands)) if (operand) dense(name, operand, shape);
  floats(Object.fromEntries(Object.entries(operands).map(([name, [operand]]) => [name, operand])));
}

function checkIndexing(step: S.IndexSelectStep | S.IndexAddStep | S.GatherStep | S.ScatterStep): void {
  const { outer, size, inner, count, index, output, flag } = step;
  counts({ outer, size, inner, count });
  const perPoint = step.kind === 'gather' || step.kind === 'scatter';
  dense('index', index, perPoint ? [outer, count, inner] : [count]);
  rule(index.dtype === 'int32', `index is ${index.dtype} instead of int32`);
  rule(size > 0 || outer * count * inner === 0, 'it selects from an axis of size 0');
  isFlag(flag);
  const selects = step.kind === 'indexSelect' || step.kind === 'gather';
  const other = selects ? step.input : step.source;
  dense(selects ? 'input' : 'source', other, [outer, selects ? size : count, inner]);
  dense('output', output, [outer, selects ? count : size, inner]);
  rule(other.dtype === output.dtype, `it goes from ${other.dtype} to ${output.dtype}: one dtype is needed`);
  if (step.kind === 'indexAdd' || (step.kind === 'scatter' && step.reduce === 'sum')) {
    rule(isFloatingPoint(output.dtype) || output.dtype === 'int32', `${output.dtype} cannot be added up`);
  }
  if (step.kind === 'indexAdd' && step.skip !== null) {
    rule(isCount(step.skip) && step.skip < size, `skip is ${step.skip}, not in 0 ... ${size - 1}`);
  }
}

function checkSort(step: S.SortStep): void {
  const { rows, columns, count, x, indices } = step;
  counts({ rows, columns, count });
  rule(count <= columns, `it takes the first ${count} of ${columns} elements`);
  dense('x', x, [rows, columns]);
  isNumeric('x', x);
  dense('indices', indices, [rows, count]);
  rule(indices.dtype === 'int32', `indices is ${indices.dtype} instead of int32`);
}

function checkScan(step: S.ScanStep): void {
  const { outer, size, inner, x, y } = step;
  counts({ outer, size, inner });
  dense('x', x, [outer, size, inner]);
  isNumeric('x', x);
  dense('y', y, [outer, size, inner]);
  rule(x.dtype === y.dtype, `it goes from ${x.dtype} to ${y.dtype}: one dtype is needed`);
}

function isNumeric(name: string, { dtype }: S.Operand): void {
  rule(isFloatingPoint(dtype) || dtype === 'int32', `${name} is ${dtype}: a float type or int32 is needed`);
}

function counts(sizes: Record<string, number | readonly number[]>): void {
  for (const [name, value] of Object.entries(sizes)) {
    rule([value].flat().every(isCount), `${name} is ${value}: sizes are whole numbers, at least 0`);
  }
}

function hasShape(name: string, operand: S.Operand, shape: readonly number[]): void {
  rule(
    sameShape(operand.shape, shape),
    `${name} (${describe(operand)}) should have shape [${shape.join(', ')}]`,
  );
}

function eachHasShape(name: string, operands: readonly S.Operand[], shape: readonly number[]): void {
  for (const [i, operand] of operands.entries()) hasShape(`${name}[${i}]`, operand, shape);
}

function dense(name: string, operand: S.Operand, shape: readonly number[]): void {
  hasShape(name, operand, shape);
  rule(isContiguous(operand), `${name} (${describe(operand)}) should be contiguous`);
}

function isFlag(flag: S.Operand | null): void {
  if (flag === null) return;
  rule(
    flag.dtype === 'int32' && elementsOf(flag.shape) === 1,
    `flag (${describe(flag)}) should be one int32`,
  );
}

/** The one compute type of these float operands. */
function floats(operands: Record<string, S.Operand | null>): ComputeType {
  let common: ComputeType | undefined;
  for (const [name, operand] of Object.entries(operands)) {
    if (!operand) continue;
    rule(isFloatingPoint(operand.dtype), `${name} is ${operand.dtype}: a float type is needed`);
    const type = computeTypeOf(operand.dtype);
    common ??= type;
    rule(type === common, `${name} is ${operand.dtype}, but the operands before it compute in ${common}`);
  }
  return common ?? 'float32';
}

function scalarTypes(scalars: readonly number[], plan: Scalars): ComputeType[] {
  return scalars.map((scalar, i) => {
    rule(scalar in plan, `scalars[${i}] is scalar ${scalar}, of ${plan.length}`);
    return plan[scalar];
  });
}
