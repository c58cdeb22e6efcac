/** Softmax and log-softmax over one dimension. */
import { operandAs } from '../graph/layout.js';
import type { KernelOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import { normalizeDim } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { raised } from './autocast.js';
import { expand, sum } from './broadcast.js';
import { expectFloat } from './expect.js';
import { exp, mul, sub } from './pointwise.js';
import { transpose } from './views.js';

/** Rows and columns of a value whose last dimension is normalised. */
function matrix(x: Value): { rows: number; columns: number } {
  const columns = x.shape.length === 0 ? 1 : x.shape[x.shape.length - 1];
  return { rows: columns === 0 ? 0 : x.size / columns, columns };
}

function softmaxOp(log: boolean): KernelOp {
  return {
    kind: 'kernel',
    name: log ? 'logSoftmax' : 'softmax',
    gradient: (node, g) => [record(log ? logBackward : plainBackward, [node, g], node.shape, node.dtype)],
    lower: (node, io) => {
      const { rows, columns } = matrix(node);
      const shape = [rows, columns];
      if (node.size === 0) return void io.output();
      const label = log ? 'logSoftmax' : 'softmax';
      const x = operandAs(io.input(0, 'contiguous'), shape);
      io.emit({ kind: 'softmax', label, log, rows, columns, x, y: operandAs(io.output(), shape) });
    },
  };
}

function backwardOp(log: boolean): KernelOp {
  return {
    kind: 'kernel',
    name: log ? 'logSoftmaxBackward' : 'softmaxBackward',
    gradient: (node, gg) => secondOrder(log, node, gg),
    lower: (node, io) => {
      const { rows, columns } = matrix(node);
      const shape = [rows, columns];
      if (node.size === 0) return void io.output();
      const label = log ? 'logSoftmaxBackward' : 'softmaxBackward';
      const y = operandAs(io.input(0, 'contiguous'), shape);
      const dy = operandAs(io.input(1, 'contiguous'), shape);
      io.emit({
        kind: 'softmaxBackward',
        label,
        log,
        rows,
        columns,
        y,
        dy,
        dx: operandAs(io.output(), shape),
      });
    },
  };
}

/** Derivatives of dx = y (dy - sum(y dy)) and dx = dy - exp(y) sum(dy) with respect to y and dy. */
function secondOrder(log: boolean, node: Value, gg: Value): Value[] {
  const [y, dy] = node.inputs;
  const total = (x: Value): Value => expand(sum(x, -1, true), x.shape);
  if (log) {
    const p = exp(y);
    const ofY = sub(0, mul(mul(gg, p), total(dy)));
    return [ofY, sub(gg, total(mul(gg, p)))];
  }
  const inner = total(mul(y, dy));
  const cross = total(mul(gg, y));
  return [sub(mul(gg, sub(dy, inner)), mul(cross, dy)), mul(y, sub(gg, cross))];
}

const plainOp = softmaxOp(false);
const logOp = softmaxOp(true);
const plainBackward = backwardOp(false);
const logBackward = backwardOp(true);

function along(op: KernelOp, x: Value, dim: number): Value {
  x = raised(x);
  expectFloat(op.name, x.dtype);
  if (x.shape.length === 0) return record(op, [x], x.shape, x.dtype);
  const axis = normalizeDim(op.name, dim, x.shape.length);
  const last = x.shape.length - 1;
  if (axis === last) return record(op, [x], x.shape, x.dtype);
  const moved = transpose(x, axis, last);
  return transpose(record(op, [moved], moved.shape, x.dtype), axis, last);
}

export const softmax = (x: Value, dim: number): Value => along(plainOp, x, dim);
export const logSoftmax = (x: Value, dim: number): Value => along(logOp, x, dim);
