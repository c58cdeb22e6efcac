/** x W^T for weights of 4 or 8 bits. Not differentiable: it is for models in use. */
import { type QuantisedBits, quantisedGroups, quantisedWords } from '../backend/quantised.js';
import { operandAs } from '../graph/layout.js';
import type { KernelOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import { showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { raised } from './autocast.js';

export { type QuantisedBits, quantisedGroupUnit } from '../backend/quantised.js';

const quantizedLinearOp: KernelOp = {
  kind: 'kernel',
  name: 'quantizedLinear',
  lower: (node, io) => {
    const [x, weight] = node.inputs;
    const output = io.output();
    if (node.size === 0) return;
    const bits = node.attrs?.bits as QuantisedBits;
    const groupSize = node.attrs?.groupSize as number;
    const depth = x.shape[x.shape.length - 1];
    const columns = weight.shape[0];
    const rows = node.size / columns;
    io.emit({
      kind: 'quantisedMatmul',
      label: 'quantizedLinear',
      ...{ bits, rows, columns, depth, groupSize },
      x: operandAs(io.input(0, 'contiguous'), [rows, depth]),
      weight: operandAs(io.input(1, 'contiguous'), [columns, quantisedWords(bits, depth)]),
      scale: operandAs(io.input(2, 'contiguous'), [columns, quantisedGroups(depth, groupSize)]),
      y: operandAs(output, [rows, columns]),
    });
  },
};

/** x [..., depth], weight int32 [out, words], scale [out, groups] (see `QuantisedMatmulStep`) -> [..., out]. */
export function quantizedLinear(
  input: Value,
  weight: Value,
  scale: Value,
  { bits, groupSize, depth }: { bits: QuantisedBits; groupSize: number; depth: number },
): Value {
  const x = raised(input);
  if (x.shape.at(-1) !== depth || x.dtype !== scale.dtype) {
    throw new Error(
      `quantizedLinear: x is ${x.dtype} ${showShape(x.shape)}; the weights want ${scale.dtype} [..., ${depth}]`,
    );
  }
  const shape = [...x.shape.slice(0, -1), weight.shape[0]];
  return record(quantizedLinearOp, [x, weight, scale], shape, x.dtype, { bits, groupSize });
}
