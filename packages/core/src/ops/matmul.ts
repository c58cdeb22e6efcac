/** Matrix products. */
import { isFloatingPoint } from '../backend/dtype.js';
import type { MatmulOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import { broadcastShapes, type Shape, showShape, sizeOf } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { lowered } from './autocast.js';
import { reshape, sum, sumTo } from './broadcast.js';
import { transpose } from './views.js';

const matmulOp: MatmulOp = {
  kind: 'matmul',
  name: 'matmul',
  bias: false,
  transposed: false,
  gradient: (node, g) => {
    const [a, b] = node.inputs;
    return [
      a.requiresGrad ? sumTo(matmul(g, transpose(b, -1, -2)), a.shape) : null,
      b.requiresGrad ? gradientOfRight(a, b, g) : null,
    ];
  },
};

/** a^T g; with one matrix on the right all rows of a count as one batch. */
function gradientOfRight(a: Value, b: Value, g: Value): Value {
  if (b.shape.length === 2) return matmul(transpose(rows(a), 0, 1), rows(g));
  return sumTo(matmul(transpose(a, -1, -2), g), b.shape);
}

/** All leading dimensions as one. */
function rows(x: Value): Value {
  const columns = x.shape[x.shape.length - 1];
  return reshape(x, [columns === 0 ? sizeOf(x.shape.slice(0, -1)) : x.size / columns, columns]);
}

/**
 * PyTorch's matmul: vectors are promoted, leading dimensions broadcast.
 * @throws Error that names both shapes.
 */
export function matmul(a: Value, b: Value): Value {
  if (a.shape.length === 0 || b.shape.length === 0)
    throw mismatch('matmul', a, b, 'both need at least 1 dimension');
  if (a.shape.length === 1) {
    const out = matmul(reshape(a, [1, a.shape[0]]), b.shape.length === 1 ? reshape(b, [b.shape[0], 1]) : b);
    return reshape(
      out,
      b.shape.length === 1 ? [] : [...out.shape.slice(0, -2), out.shape[out.shape.length - 1]],
    );
  }
  if (b.shape.length === 1) {
    const out = matmul(a, reshape(b, [b.shape[0], 1]));
    return reshape(out, out.shape.slice(0, -1));
  }
  [a, b] = [lowered(a), lowered(b)];
  checkTypes('matmul', a, b);
  const [m, k] = a.shape.slice(-2);
  const [k2, n] = b.shape.slice(-2);
  if (k !== k2) throw mismatch('matmul', a, b, `inner dimensions ${k} and ${k2} differ`);
  const batch =
    b.shape.length === 2
      ? a.shape.slice(0, -2)
      : broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  return record(matmulOp, [a, b], [...batch, m, n], a.dtype);
}

function checkTypes(name: string, a: Value, b: Value): void {
  if (a.dtype !== b.dtype) throw mismatch(name, a, b, `dtypes ${a.dtype} and ${b.dtype} differ`);
  if (!isFloatingPoint(a.dtype))
    throw mismatch(name, a, b, `a floating point dtype is needed, not ${a.dtype}`);
}

function mismatch(name: string, a: Value, b: Value, why: string): Error {
  return new Error(`${name}: shapes ${showShape(a.shape)} and ${showShape(b.shape)}: ${why}`);
}

function linearOp(bias: boolean): MatmulOp {
  return {
    kind: 'matmul',
    name: bias ? 'linear' : 'linearNoBias',
    bias,
    transposed: true,
    gradient: (node, g) => {
      const [x, weight, b] = node.inputs;
      const gRows = rows(g);
      const out = [
        x.requiresGrad ? matmul(g, weight) : null,
        weight.requiresGrad ? matmul(transpose(gRows, 0, 1), rows(x)) : null,
      ];
      if (b) out.push(b.requiresGrad ? sum(gRows, 0) : null);
      return out;
    },
  };
}

const linearWithBias = linearOp(true);
const linearWithoutBias = linearOp(false);

/** x W^T + b: x [..., in], weight [out, in], bias [out] or null. */
export function linear(x: Value, weight: Value, bias: Value | null): Value {
  if (weight.shape.length !== 2)
    throw new Error(`linear: weight needs 2 dimensions, not ${showShape(weight.shape)}`);
  [x, weight, bias] = [lowered(x), lowered(weight), bias && lowered(bias)];
  checkTypes('linear', x, weight);
  const [out, features] = weight.shape;
  if (x.shape.length === 0 || x.shape[x.shape.length - 1] !== features) {
    throw mismatch('linear', x, weight, `the input's last dimension must be ${features}`);
  }
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== out)) {
    throw mismatch('linear', weight, bias, `bias must have shape [${out}]`);
  }
  if (x.shape.length === 1) {
    const row = linear(reshape(x, [1, features]), weight, bias);
    return reshape(row, [out]);
  }
  const shape: Shape = [...x.shape.slice(0, -1), out];
  return bias
    ? record(linearWithBias, [x, weight, bias], shape, x.dtype)
    : record(linearWithoutBias, [x, weight], shape, x.dtype);
}
