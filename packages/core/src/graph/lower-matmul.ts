/** Lowers a matrix product with the pointwise nodes that follow it. */
import type { Group } from './fuse.js';
import { broadcastLayout, contiguousLayout, type Layout, operandOf } from './layout.js';
import type { Lowering } from './lower.js';
import { epilogueProgram } from './lower-pointwise.js';
import { OperandList } from './operand-list.js';
import { type Expr, ProgramBuilder } from './program-builder.js';
import { reshapeStrides, type Shape, sizeOf } from './shape.js';

export function lowerMatmul(lowering: Lowering, group: Group): void {
  const { nodes } = lowering.recording;
  const node = nodes[group.root];
  if (node.op?.kind !== 'matmul') throw new Error('internal: not a matmul node');
  const { transposed, bias } = node.op;
  const [left, right] = node.inputs;

  // With one matrix on the right, all rows on the left are rows of one matrix.
  const flat = right.shape.length === 2;
  const leading = node.shape.slice(0, -1);

  // Program over the product.
  const b = new ProgramBuilder(flat ? (leading.length > 0 ? { merged: leading } : { axes: [1] }) : {});
  const operands = new OperandList(lowering, node.shape, 1);
  let product = b.load(0, node.dtype === 'float64' ? 'float64' : 'float32');
  if (bias) product = b.add(product, operands.load(b, node.inputs[2].index));
  const known = new Map([[group.root, product]]);
  lowering.emitMembers(b, operands, group.members, known);
  const results = [group.root, ...group.members].filter((member) => lowering.fusion.materialised(member));
  const outputs = results.map((member) => lowering.output(member));
  if (sizeOf(node.shape) === 0) return;

  const n = node.shape[node.shape.length - 1];
  const k = left.shape[left.shape.length - 1];
  const a = lowering.layout(left.index);
  const other = lowering.layout(right.index);
  const swapped: Layout = transposed
    ? { ...other, shape: swapLast(other.shape), strides: swapLast(other.strides) }
    : other;

  const batch = flat ? [] : node.shape.slice(0, -2);
  const m = flat ? sizeOf(node.shape) / n : node.shape[node.shape.length - 2];
  const view = (layout: Layout): Layout => (flat ? reshapeOrCopy(lowering, layout, [m, n]) : layout);
  const readA = flat ? reshapeOrCopy(lowering, a, [m, k]) : broadcastLayout(a, [...batch, m, k]);
  const readB = flat ? swapped : broadcastLayout(swapped, [...batch, k, n]);

  const epilogue = epilogueProgram(
    b,
    results.map((member) => known.get(member) as Expr),
  );
  lowering.emit({
    kind: 'matmul',
    label: results.map((member) => nodes[member].op?.name).join('+'),
    batch,
    m,
    n,
    k,
    a: operandOf(withUnitStride(lowering, readA)),
    b: operandOf(withUnitStride(lowering, readB)),
    scalars: operands.scalars,
    epilogue,
    epilogueInputs: operands.layouts.map((layout) => operandOf(view(layout))),
    outputs: outputs.map((layout) => operandOf(view(layout))),
  });
}

function swapLast(axes: readonly number[]): number[] {
  const out = [...axes];
  const last = out.length - 1;
  [out[last], out[last - 1]] = [out[last - 1], out[last]];
  return out;
}

/** The layout under another shape of the same size, copied if its strides do not allow it. */
function reshapeOrCopy(lowering: Lowering, layout: Layout, shape: Shape): Layout {
  const strides = reshapeStrides(layout.shape, layout.strides, shape);
  if (strides) return { ...layout, shape, strides };
  const copy = lowering.contiguous(layout);
  return contiguousLayout(copy.buffer, copy.dtype, shape, copy.offset);
}

/** A matrix whose rows or columns are contiguous, copied if neither are. */
function withUnitStride(lowering: Lowering, layout: Layout): Layout {
  const rank = layout.shape.length;
  const fits = (axis: number): boolean => layout.shape[axis] === 1 || layout.strides[axis] === 1;
  return fits(rank - 1) || fits(rank - 2) ? layout : lowering.contiguous(layout);
}
