/** Cross-entropy of class scores: one pass forward, one back, no one-hot. */
import { operandOf } from '../graph/layout.js';
import type { KernelOp } from '../graph/op.js';
import { auxOf, record } from '../graph/record.js';
import { showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { raised } from './autocast.js';
import { expectFloat, expectIndices } from './expect.js';
import { checkHostIndices } from './indexing.js';

export interface CrossEntropyOptions {
  readonly weight: Value | null;
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
}

/** Side results of the forward kernel. */
const logSumExp = 0;
const total = 1;

const crossEntropyOp: KernelOp = {
  kind: 'kernel',
  name: 'crossEntropy',
  gradient: (node, g) => {
    const [logits, target, ...weight] = node.inputs;
    const lse = auxOf(node, logSumExp, node.shape, node.dtype);
    return [
      record(backwardOp, [logits, target, lse, g, ...weight], logits.shape, logits.dtype, node.attrs),
      null,
    ];
  },
  lower: (node, io) => {
    const [rows, classes] = node.inputs[0].shape;
    const loss = io.output();
    const totals = io.aux(total);
    const kept = io.aux(logSumExp);
    if (rows === 0) return;
    io.emit({
      kind: 'crossEntropy',
      label: 'crossEntropy',
      rows,
      classes,
      ignoreIndex: node.attrs?.ignoreIndex as number,
      labelSmoothing: node.attrs?.labelSmoothing as number,
      logits: operandOf(io.input(0, 'contiguous')),
      target: operandOf(io.input(1, 'contiguous')),
      weight: node.inputs.length > 2 ? operandOf(io.input(2, 'contiguous')) : null,
      loss: operandOf(loss),
      logSumExp: operandOf(kept ?? io.scratch([rows], node.dtype)),
      total: totals && operandOf(totals),
      flag: node.attrs?.checked ? null : operandOf(io.flag()),
    });
  },
};

const backwardOp: KernelOp = {
  kind: 'kernel',
  name: 'crossEntropyBackward',
  lower: (node, io) => {
    const [rows, classes] = node.shape;
    const out = io.output();
    if (rows === 0) return;
    io.emit({
      kind: 'crossEntropyBackward',
      label: 'crossEntropyBackward',
      rows,
      classes,
      ignoreIndex: node.attrs?.ignoreIndex as number,
      labelSmoothing: node.attrs?.labelSmoothing as number,
      logits: operandOf(io.input(0, 'contiguous')),
      target: operandOf(io.input(1, 'contiguous')),
      weight: node.inputs.length > 4 ? operandOf(io.input(4, 'contiguous')) : null,
      logSumExp: operandOf(io.input(2, 'contiguous')),
      dloss: operandOf(io.input(3)),
      dlogits: operandOf(out),
    });
  },
};

/**
 * Losses of each row and the weights that a mean divides by.
 * logits [rows, classes] float, target [rows] int32.
 */
export function crossEntropyRows(
  logits: Value,
  target: Value,
  options: CrossEntropyOptions,
): { loss: Value; total: Value } {
  logits = raised(logits);
  expectFloat('crossEntropy', logits.dtype);
  expectIndices('crossEntropy', target.dtype);
  if (logits.shape.length !== 2 || target.shape.length !== 1 || target.shape[0] !== logits.shape[0]) {
    throw new Error(
      `crossEntropy: scores ${showShape(logits.shape)} and targets ${showShape(target.shape)} do not match: [N, C] and [N] are needed`,
    );
  }
  const { weight, ignoreIndex, labelSmoothing } = options;
  const classes = logits.shape[1];
  if (weight && (weight.shape.length !== 1 || weight.shape[0] !== classes)) {
    throw new Error(
      `crossEntropy: weight has shape ${showShape(weight.shape)}, but there are ${classes} classes`,
    );
  }
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new Error(`crossEntropy: labelSmoothing is ${labelSmoothing}, but lies between 0 and 1`);
  }
  const checked = checkHostIndices('crossEntropy', target, classes, ignoreIndex);
  const loss = record(
    crossEntropyOp,
    weight ? [logits, target, weight] : [logits, target],
    [logits.shape[0]],
    logits.dtype,
    {
      ignoreIndex,
      labelSmoothing,
      checked,
    },
  );
  return { loss, total: auxOf(loss, total, loss.shape, loss.dtype) };
}
