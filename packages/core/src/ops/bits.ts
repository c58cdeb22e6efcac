/** Arithmetic on the bits of integers; on bools it is that of logic. */
import type { DType } from '../backend/dtype.js';
import type { BinaryOp } from '../backend/program.js';
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import type { Value } from '../graph/value.js';
import { binary, binaryOp, type Emit, logicalNot, type Operand, sub } from './pointwise.js';

/** Refuses floats, and bools where they have no bits. */
function integers(name: string, bools: boolean): (dtype: DType) => DType {
  return (dtype) => {
    if (dtype.startsWith('float') || (dtype === 'bool' && !bools))
      throw new Error(`${name}: integers${bools ? ' or bools' : ''} are needed, not ${dtype}`);
    return dtype;
  };
}

function bitwise(name: string, emit: BinaryOp | Emit, bools = true): (x: Operand, y: Operand) => Value {
  const op = binaryOp(name, typeof emit === 'string' ? (b, x, y) => b.binary(emit, x, y) : emit);
  return (x, y) => binary(op, x, y, integers(name, bools));
}

const inside = (b: ProgramBuilder, n: Expr): Expr =>
  b.binary('and', b.binary('ge', n, b.like(n, 0)), b.binary('lt', n, b.like(n, 32)));

export const bitwiseAnd: (x: Operand, y: Operand) => Value = bitwise('bitwiseAnd', 'and');
export const bitwiseOr: (x: Operand, y: Operand) => Value = bitwise('bitwiseOr', 'or');
export const bitwiseXor: (x: Operand, y: Operand) => Value = bitwise('bitwiseXor', 'xor');

/** -1 - x, which in uint8 is 255 - x. */
export function bitwiseNot(x: Value): Value {
  integers('bitwiseNot', true)(x.dtype);
  return x.dtype === 'bool' ? logicalNot(x) : sub(x.dtype === 'uint8' ? 255 : -1, x);
}

/** Counts below 0 and from 32 on push all bits out, where the language looks at the lowest five bits of a count alone. */
export const bitwiseLeftShift: (x: Operand, y: Operand) => Value = bitwise(
  'bitwiseLeftShift',
  (b, x, n) => b.select(inside(b, n), b.binary('shl', x, n), b.like(x, 0)),
  false,
);
export const bitwiseRightShift: (x: Operand, y: Operand) => Value = bitwise(
  'bitwiseRightShift',
  (b, x, n) => b.binary('shr', x, b.select(inside(b, n), n, b.like(n, 31))),
  false,
);
