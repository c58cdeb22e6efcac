/** Dropout without a mask in memory: which elements stay is computed from a seed where they are needed. */
import { dropoutLimit, dropoutScale } from '../backend/dropout.js';
import type { GraphDevice } from '../graph/device.js';
import type { PointwiseOp } from '../graph/op.js';
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import { drawnValue, record } from '../graph/record.js';
import type { Shape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import type { Generator } from '../random/generator.js';

/** A number below 2^24 for each place of a shape (backend/dropout.ts). */
function hash(b: ProgramBuilder, shape: Shape, seed: Expr): Expr {
  const int = (value: number): Expr => b.const(value | 0, 'int32');
  // The language's shift keeps the sign.
  const shifted = (x: Expr, by: number): Expr =>
    b.binary('and', b.binary('shr', x, int(by)), int(2 ** (32 - by) - 1));
  const folded = (x: Expr, by: number): Expr => b.binary('xor', x, shifted(x, by));
  let x = b.mul(folded(b.add(b.place(shape), seed), 16), int(0x7feb352d));
  x = b.mul(b.binary('xor', folded(x, 15), b.mul(seed, int(0x9e3779b9))), int(0x846ca68b));
  return shifted(folded(x, 16), 8);
}

const dropoutOp: PointwiseOp = {
  kind: 'pointwise',
  name: 'dropout',
  // The same seed drops the same elements: the backward pass computes the factors again.
  gradient: (node, g) => [dropout(g, node.inputs[1], node.attrs?.p as number), null],
  emit: (b, [x, seed], node) => {
    const p = node.attrs?.p as number;
    const dropped = b.binary('lt', hash(b, node.shape, seed), b.const(dropoutLimit(p), 'int32'));
    return b.select(dropped, b.like(x, 0), b.mul(x, b.like(x, dropoutScale(p))));
  },
};

/** Each element of x with probability p as 0, else times 1 / (1 - p). */
export function dropout(x: Value, seed: Value, p: number): Value {
  return record(dropoutOp, [x, seed], x.shape, x.dtype, { p, shape: x.shape });
}

/** The seed of one call: a draw, made anew at each call of a compiled function. */
export function drawSeed(device: GraphDevice, generator: Generator): Value {
  return drawnValue(device, [], 'int32', (out) => {
    out[0] = generator.engine.next() | 0;
  });
}
