/** How pointwise ops of one input are said: a name, the instructions, the gradient. */
import type { UnaryOp } from '../backend/program.js';
import type { PointwiseOp } from '../graph/op.js';
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import type { Value } from '../graph/value.js';

/** The op as instructions; where an op has no input there is no x. */
export type Emit = (b: ProgramBuilder, x: Expr, node: Value) => Expr;
export type Gradient = (g: Value, x: Value, out: Value) => Value | null;

/** A pointwise op of one input; `emit` is the name of an instruction, or makes it of several. */
export function define(name: string, emit: UnaryOp | Emit, gradient?: Gradient): PointwiseOp {
  return {
    kind: 'pointwise',
    name,
    emit: (b, [x], node) => (typeof emit === 'string' ? b.unary(emit, x) : emit(b, x, node)),
    ...(gradient && { gradient: (node: Value, g: Value) => [gradient(g, node.inputs[0], node)] }),
  };
}
