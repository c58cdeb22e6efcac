/** Layer norm and RMS norm over the last dimension(s). */

import { isFloatingPoint } from '../backend/dtype.js';
import { operandAs } from '../graph/layout.js';
import type { KernelIO, KernelOp } from '../graph/op.js';
import { auxOf, record } from '../graph/record.js';
import { type Shape, sameShape, showShape, sizeOf } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { raised } from './autocast.js';
import { full } from './create.js';
import { add } from './pointwise.js';

type Variant = 'layer' | 'rms';

/** Side results of the forward kernel, and of the backward kernel. */
const meanAux = 0;
const rstdAux = 1;
const dweightAux = 0;
const dbiasAux = 1;

/** Which inputs exist, from the attributes: x, then weight, then bias. */
const has = (node: Value, what: 'weight' | 'bias'): boolean => node.attrs?.[what] === true;

function size(node: Value): { rows: number; columns: number } {
  const columns = node.attrs?.columns as number;
  return { rows: columns === 0 ? 0 : node.size / columns, columns };
}

const normOp: KernelOp = {
  kind: 'kernel',
  name: 'norm',
  gradient: (node, g) => {
    const [x, weight, bias] = node.inputs;
    // The kernel has no rows to sum over.
    if (x.size === 0) return node.inputs.map((input) => full(g.device, input.shape, 0, g.dtype));
    const variant = node.attrs?.variant as Variant;
    const { rows } = size(node);
    const mean = variant === 'layer' ? [auxOf(node, meanAux, [rows], node.dtype)] : [];
    const rstd = auxOf(node, rstdAux, [rows], node.dtype);
    const inputs = [x, g, rstd, ...mean, ...(weight ? [weight] : [])];
    const dx = record(normBackwardOp, inputs, x.shape, x.dtype, node.attrs);
    const out: (Value | null)[] = [x.requiresGrad ? dx : null];
    if (weight) out.push(weight.requiresGrad ? auxOf(dx, dweightAux, weight.shape, weight.dtype) : null);
    if (bias) out.push(bias.requiresGrad ? auxOf(dx, dbiasAux, bias.shape, bias.dtype) : null);
    return out;
  },
  lower: (node, io) => {
    const { rows, columns } = size(node);
    const y = io.output();
    const mean = io.aux(meanAux);
    const rstd = io.aux(rstdAux);
    if (rows === 0) return;
    io.emit({
      kind: 'norm',
      label: `${node.attrs?.variant as string}Norm`,
      variant: node.attrs?.variant as Variant,
      rows,
      columns,
      eps: node.attrs?.eps as number,
      x: operandAs(io.input(0, 'contiguous'), [rows, columns]),
      weight: has(node, 'weight') ? operandAs(io.input(1, 'contiguous'), [columns]) : null,
      bias: has(node, 'bias') ? operandAs(io.input(2, 'contiguous'), [columns]) : null,
      y: operandAs(y, [rows, columns]),
      mean: mean && operandAs(mean, [rows]),
      rstd: rstd && operandAs(rstd, [rows]),
    });
  },
};

const normBackwardOp: KernelOp = {
  kind: 'kernel',
  name: 'normBackward',
  lower: (node, io: KernelIO) => {
    const { rows, columns } = size(node);
    const variant = node.attrs?.variant as Variant;
    const dx = io.output();
    const dweight = io.aux(dweightAux);
    const dbias = io.aux(dbiasAux);
    if (rows === 0) return;
    const weightAt = variant === 'layer' ? 4 : 3;
    io.emit({
      kind: 'normBackward',
      label: `${variant}NormBackward`,
      variant,
      rows,
      columns,
      x: operandAs(io.input(0, 'contiguous'), [rows, columns]),
      dy: operandAs(io.input(1, 'contiguous'), [rows, columns]),
      rstd: operandAs(io.input(2, 'contiguous'), [rows]),
      mean: variant === 'layer' ? operandAs(io.input(3, 'contiguous'), [rows]) : null,
      weight: has(node, 'weight') ? operandAs(io.input(weightAt, 'contiguous'), [columns]) : null,
      dx: operandAs(dx, [rows, columns]),
      dweight: dweight && operandAs(dweight, [columns]),
      dbias: dbias && operandAs(dbias, [columns]),
    });
  },
};

function norm(
  variant: Variant,
  x: Value,
  normalizedShape: Shape,
  weight: Value | null,
  bias: Value | null,
  eps: number,
): Value {
  x = raised(x);
  const name = `${variant}Norm`;
  const wrong = [x, weight, bias].find((value) => value && !isFloatingPoint(value.dtype));
  if (wrong) {
    throw new Error(
      `${name}: a floating point dtype is needed, not ${wrong.dtype} (shape ${showShape(wrong.shape)})`,
    );
  }
  const tail = x.shape.slice(x.shape.length - normalizedShape.length);
  if (normalizedShape.length === 0 || !sameShape(tail, normalizedShape)) {
    throw new Error(
      `${name}: input ${showShape(x.shape)} does not end in the normalized shape ${showShape(normalizedShape)}`,
    );
  }
  for (const parameter of [weight, bias]) {
    if (parameter && !sameShape(parameter.shape, normalizedShape)) {
      throw new Error(
        `${name}: a parameter has shape ${showShape(parameter.shape)}, the normalized shape is ${showShape(normalizedShape)}`,
      );
    }
  }
  // The kernel takes a bias only behind a weight; by itself it is a sum like any other, which fuses.
  if (bias && !weight) return add(norm(variant, x, normalizedShape, null, null, eps), bias);
  const inputs = [x, ...(weight ? [weight] : []), ...(bias ? [bias] : [])];
  const attrs = {
    variant,
    columns: sizeOf(normalizedShape),
    eps,
    weight: weight !== null,
    bias: bias !== null,
  };
  return record(normOp, inputs, x.shape, x.dtype, attrs);
}

export const layerNorm = (
  x: Value,
  shape: Shape,
  weight: Value | null,
  bias: Value | null,
  eps: number,
): Value => norm('layer', x, shape, weight, bias, eps);
export const rmsNorm = (x: Value, shape: Shape, weight: Value | null, eps: number): Value =>
  norm('rms', x, shape, weight, null, eps);
