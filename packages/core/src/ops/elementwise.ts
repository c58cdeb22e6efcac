/** Functions of single elements, by what they do with dtypes. */
import { isFloatingPoint } from '../backend/dtype.js';
import type { UnaryOp } from '../backend/program.js';
import { record } from '../graph/record.js';
import type { Value } from '../graph/value.js';
import { cast } from './cast.js';
import { define, type Emit, type Gradient } from './define.js';
import { toFloat } from './promotion.js';

/**
 * A function that is defined on floats: integers are converted first.
 * @param prepare what becomes of the input before that: `raised` for what autocast computes in float32.
 */
export function floating(
  name: string,
  emit: UnaryOp | Emit,
  gradient?: Gradient,
  prepare: (x: Value) => Value = same,
): (x: Value) => Value {
  const op = define(name, emit, gradient);
  return (input) => {
    const x = prepare(input);
    const dtype = toFloat(x.dtype);
    return record(op, [cast(x, dtype)], x.shape, dtype);
  };
}

const same = (x: Value): Value => x;

/** A function that keeps the dtype; on integers it may be the identity. */
export function keeping(
  name: string,
  emit: UnaryOp | Emit,
  gradient: Gradient,
  identityOnIntegers = false,
): (x: Value) => Value {
  const op = define(name, emit, gradient);
  return (x) => {
    if (x.dtype === 'bool') throw new Error(`${name}: not defined for bool`);
    if (identityOnIntegers && !isFloatingPoint(x.dtype)) return x;
    return record(op, [x], x.shape, x.dtype);
  };
}
