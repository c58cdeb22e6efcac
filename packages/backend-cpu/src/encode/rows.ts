/** Steps that work row by row: softmax, cross-entropy, norms. */
import type {
  CrossEntropyBackwardStep,
  CrossEntropyStep,
  NormBackwardStep,
  NormStep,
  SoftmaxBackwardStep,
  SoftmaxStep,
} from '@inkstone/core/backend';
import { CommandKind } from '../../assembly/opcodes.js';
import type { StepEncoder } from './step.js';
import { nowhere } from './writer.js';

/** Rows of a task: some thousand elements. */
function rowsOfTask(columns: number): number {
  return Math.max(1, Math.floor(4096 / Math.max(1, columns)));
}

export function encodeSoftmax(encoder: StepEncoder, step: SoftmaxStep): void {
  const { writer } = encoder;
  const x = encoder.contiguous(step.x);
  const y = encoder.target(step.y);
  writer.begin(CommandKind.Softmax, encoder.flags(step.rows * step.columns * 4));
  writer.word(step.log ? 1 : 0, step.rows, step.columns, rowsOfTask(step.columns));
  writer.address(x);
  writer.address(y.address);
  writer.end();
  y.store();
}

export function encodeSoftmaxBackward(encoder: StepEncoder, step: SoftmaxBackwardStep): void {
  const { writer } = encoder;
  const y = encoder.contiguous(step.y);
  const dy = encoder.contiguous(step.dy);
  const dx = encoder.target(step.dx);
  writer.begin(CommandKind.SoftmaxBackward, encoder.flags(step.rows * step.columns * 2));
  writer.word(step.log ? 1 : 0, step.rows, step.columns, rowsOfTask(step.columns));
  writer.address(y);
  writer.address(dy);
  writer.address(dx.address);
  writer.end();
  dx.store();
}

export function encodeCrossEntropy(encoder: StepEncoder, step: CrossEntropyStep): void {
  const { writer, scratch } = encoder;
  const logits = encoder.contiguous(step.logits);
  const target = encoder.contiguous(step.target);
  const weight = encoder.contiguousOrNone(step.weight);
  const loss = encoder.target(step.loss);
  const total = encoder.target(step.total);
  const logSumExp = encoder.target(step.logSumExp);
  const flag = encoder.target(step.flag);
  writer.begin(CommandKind.CrossEntropy, encoder.flags(step.rows * step.classes * 4));
  writer.word(step.rows, step.classes, rowsOfTask(step.classes), step.ignoreIndex);
  writer.float(step.labelSmoothing);
  for (const address of [
    logits,
    target,
    weight,
    loss.address,
    logSumExp.address,
    total.address,
    flag.address,
  ]) {
    writer.address(address);
  }
  writer.end();
  scratch.needLocal(0);
  for (const output of [loss, total, logSumExp]) output.store();
}

export function encodeCrossEntropyBackward(encoder: StepEncoder, step: CrossEntropyBackwardStep): void {
  const { writer } = encoder;
  const logits = encoder.contiguous(step.logits);
  const target = encoder.contiguous(step.target);
  const weight = encoder.contiguousOrNone(step.weight);
  const logSumExp = encoder.contiguous(step.logSumExp);
  const dloss = encoder.contiguous(step.dloss);
  const dlogits = encoder.target(step.dlogits);
  writer.begin(CommandKind.CrossEntropyBackward, encoder.flags(step.rows * step.classes * 4));
  writer.word(step.rows, step.classes, rowsOfTask(step.classes), step.ignoreIndex);
  writer.float(step.labelSmoothing);
  for (const address of [logits, target, weight, logSumExp, dloss]) writer.address(address);
  writer.word(4);
  writer.address(dlogits.address);
  writer.end();
  dlogits.store();
}

export function encodeNorm(encoder: StepEncoder, step: NormStep): void {
  const { writer } = encoder;
  const x = encoder.contiguous(step.x);
  const weight = encoder.contiguousOrNone(step.weight);
  const bias = encoder.contiguousOrNone(step.bias);
  const y = encoder.target(step.y);
  const mean = encoder.target(step.mean);
  const rstd = encoder.target(step.rstd);
  writer.begin(CommandKind.Norm, encoder.flags(step.rows * step.columns * 2));
  writer.word(step.variant === 'rms' ? 1 : 0, step.rows, step.columns, rowsOfTask(step.columns));
  writer.float(step.eps);
  for (const address of [x, weight, bias, y.address, mean.address, rstd.address]) writer.address(address);
  writer.end();
  for (const output of [y, mean, rstd]) output.store();
}

export function encodeNormBackward(encoder: StepEncoder, step: NormBackwardStep): void {
  const { writer, scratch } = encoder;
  const { rows, columns } = step;
  const x = encoder.contiguous(step.x);
  const dy = encoder.contiguous(step.dy);
  const weight = encoder.contiguousOrNone(step.weight);
  const mean = encoder.contiguousOrNone(step.mean);
  const rstd = encoder.contiguous(step.rstd);
  const dx = encoder.target(step.dx);
  const dweight = encoder.target(step.dweight);
  const dbias = encoder.target(step.dbias);
  // As many partial sums as rows in each: the error of a sum grows with the square root of its length.
  const chunk = Math.max(rowsOfTask(columns), Math.ceil(Math.sqrt(rows)));
  const tasks = Math.ceil(rows / chunk);
  const pitch = Math.ceil(columns / 4) * 16;
  const wanted = step.dweight !== null || step.dbias !== null;
  writer.begin(CommandKind.NormBackward, encoder.flags(rows * columns * 2));
  writer.word(step.variant === 'rms' ? 1 : 0, rows, columns, chunk);
  for (const address of [x, dy, weight, mean, rstd]) writer.address(address);
  for (const output of [dx, dweight, dbias]) writer.address(output.address);
  writer.address(wanted ? { kind: 'scratch', byteOffset: scratch.take(tasks * pitch * 2) } : nowhere);
  writer.end();
  for (const output of [dx, dweight, dbias]) output.store();
}
