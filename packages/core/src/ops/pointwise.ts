/** Arithmetic, comparison and selection with broadcasting. Functions of one argument are in functions.ts. */

import { computeTypeOf, type DType } from '../backend/dtype.js';
import type { BinaryOp } from '../backend/program.js';
import type { Attrs, PointwiseOp } from '../graph/op.js';
import type { Expr, ProgramBuilder } from '../graph/program-builder.js';
import { record } from '../graph/record.js';
import { broadcastShapes, type Shape } from '../graph/shape.js';
import { walker } from '../graph/trace.js';
import type { Value } from '../graph/value.js';
import { raised } from './autocast.js';
import { sumTo } from './broadcast.js';
import { cast, detach } from './cast.js';
import { zerosOf } from './create.js';
import { define } from './define.js';
import { floating } from './elementwise.js';
import { promoteNumber, promoteTypes, toFloat } from './promotion.js';

/** A tensor or a JavaScript number. Numbers are run-time scalars: a new value needs no new plan. */
export type Operand = Value | number;

export type Emit = (b: ProgramBuilder, x: Expr, y: Expr) => Expr;
/** Gradients for both sides; only those asked for are used. */
export type BinaryGradient = (
  g: Value,
  x: Operand,
  y: Operand,
  out: Value,
) => { x: () => Value; y: () => Value };

/** Which inputs of a binary node are numbers: 'vv' both values, 'vn' right number, 'nv' left number. */
type Form = 'vv' | 'vn' | 'nv';

function operands(node: Value): [Operand, Operand] {
  const form = node.attrs?.form as Form;
  if (form === 'vv') return [node.inputs[0], node.inputs[1]];
  return form === 'vn' ? [node.inputs[0], node.scalars[0]] : [node.scalars[0], node.inputs[0]];
}

/** An op of two operands that broadcast. */
export function binaryOp(name: string, emit: Emit, gradient?: BinaryGradient): PointwiseOp {
  return {
    kind: 'pointwise',
    name,
    emit: (b, inputs, node, scalars) => {
      const type = computeTypeOf(node.attrs?.in as DType);
      const form = node.attrs?.form as Form;
      const x = form === 'nv' ? scalars[0] : inputs[0];
      const y = form === 'vv' ? inputs[1] : form === 'vn' ? scalars[0] : inputs[0];
      return emit(b, b.cast(x, type), b.cast(y, type));
    },
    ...(gradient && {
      gradient: (node: Value, g: Value) => {
        const [x, y] = operands(node);
        const parts = gradient(g, x, y, node);
        const flow = (side: Operand, part: () => Value): (Value | null)[] =>
          typeof side === 'number'
            ? []
            : [side.requiresGrad ? cast(sumTo(part(), side.shape), side.dtype) : null];
        return [...flow(x, parts.x), ...flow(y, parts.y)];
      },
    }),
  };
}

/** Records a binary op; `resultType` maps the dtype that the operands are combined in to that of the result. */
export function binary(
  op: PointwiseOp,
  x: Operand,
  y: Operand,
  inputType: (promoted: DType) => DType = same,
  resultType: (combined: DType) => DType = same,
): Value {
  const again = walker?.pair(op, x, y);
  if (again) return again;
  if (typeof x !== 'number' && typeof y !== 'number') {
    const combined = inputType(promoteTypes(x.dtype, y.dtype));
    const shape = broadcastShapes(op.name, x.shape, y.shape);
    return record(op, [x, y], shape, resultType(combined), attrsFor('vv', combined));
  }
  if (typeof x !== 'number') {
    const combined = inputType(promoteNumber(x.dtype, y as number));
    return record(op, [x], x.shape, resultType(combined), attrsFor('vn', combined), [y as number]);
  }
  if (typeof y !== 'number') {
    const combined = inputType(promoteNumber(y.dtype, x));
    return record(op, [y], y.shape, resultType(combined), attrsFor('nv', combined), [x]);
  }
  throw new Error(`${op.name}: at least one tensor is needed, got ${x} and ${y}`);
}

const same = (dtype: DType): DType => dtype;
const bool = (): DType => 'bool';

const attrsOf: Record<Form, Map<DType, Attrs>> = { vv: new Map(), vn: new Map(), nv: new Map() };
function attrsFor(form: Form, combined: DType): Attrs {
  const known = attrsOf[form];
  let attrs = known.get(combined);
  if (!attrs) {
    const type = computeTypeOf(combined);
    attrs = Object.freeze({ form, in: combined, scalarType: type === 'bool' ? 'int32' : type });
    known.set(combined, attrs);
  }
  return attrs;
}

export const instruction =
  (op: BinaryOp): Emit =>
  (b, x, y) =>
    b.binary(op, x, y);

/** On bools PyTorch's + and maximum are "or", its * and minimum are "and". */
export const onBools =
  (op: BinaryOp, logicalOp: BinaryOp): Emit =>
  (b, x, y) =>
    b.binary(b.typeOf(x) === 'bool' ? logicalOp : op, x, y);

const addOp = binaryOp('add', onBools('add', 'or'), (g) => ({ x: () => g, y: () => g }));
const subOp = binaryOp('sub', instruction('sub'), (g) => ({ x: () => g, y: () => neg(g) }));
const mulOp = binaryOp('mul', onBools('mul', 'and'), (g, x, y) => ({
  x: () => mul(g, y),
  y: () => mul(g, x),
}));
const divOp = binaryOp('div', instruction('div'), (g, _x, y, out) => ({
  x: () => div(g, y),
  y: () => neg(div(mul(g, out), y)),
}));

/** x + alpha * y */
export function add(x: Operand, y: Operand, alpha = 1): Value {
  return binary(addOp, x, alpha === 1 ? y : scaled(y, alpha));
}

/** x - alpha * y */
export function sub(x: Operand, y: Operand, alpha = 1): Value {
  return binary(
    subOp,
    x,
    alpha === 1 ? y : scaled(y, alpha),
    notBool('sub', 'bool tensors cannot be subtracted; use logicalXor or logicalNot'),
  );
}

const scaled = (y: Operand, alpha: number): Operand => (typeof y === 'number' ? y * alpha : mul(y, alpha));

export function mul(x: Operand, y: Operand): Value {
  return binary(mulOp, x, y);
}

/** True division: integers give floats. */
export function div(x: Operand, y: Operand): Value {
  return binary(divOp, x, y, toFloat);
}

function notBool(name: string, why = 'not defined for bool'): (dtype: DType) => DType {
  return (dtype) => {
    if (dtype === 'bool') throw new Error(`${name}: ${why}`);
    return dtype;
  };
}

const negOp = define('neg', 'neg', (g) => neg(g));

export function neg(x: Value): Value {
  if (x.dtype === 'bool') throw new Error('neg: bool tensors cannot be negated; use logicalNot');
  return record(negOp, [x], x.shape, x.dtype);
}

/** Rounded quotients are flat: PyTorch gives zeros, and so do we. */
const flatQuotient: BinaryGradient = (g) => ({ x: () => zerosOf(g), y: () => zerosOf(g) });
const floorDivOp = binaryOp('floorDivide', instruction('floorDiv'), flatQuotient);
const truncDivOp = binaryOp(
  'truncDiv',
  (b, x, y) => {
    if (b.typeOf(x) !== 'int32') return b.unary('trunc', b.div(x, y));
    // (x - remainder with x's sign) / y is exact, so rounding down changes nothing.
    return b.binary('floorDiv', b.sub(x, b.binary('fmod', x, y)), y);
  },
  flatQuotient,
);
const remainderOp = binaryOp('remainder', instruction('remainder'), (g, x, y) => ({
  x: () => g,
  y: () => neg(mul(g, floorDivide(constant(x), constant(y)))),
}));
const fmodOp = binaryOp('fmod', instruction('fmod'), (g, x, y) => ({
  x: () => g,
  y: () => neg(mul(g, truncDivide(constant(x), constant(y)))),
}));

/** A quotient's whole part is constant almost everywhere. */
const constant = (x: Operand): Operand => (typeof x === 'number' ? x : detach(x));

/** Rounded towards minus infinity, as Python's //. */
export const floorDivide = (x: Operand, y: Operand): Value =>
  binary(floorDivOp, x, y, notBool('floorDivide'));
/** Rounded towards zero, as C's / on integers. */
export const truncDivide = (x: Operand, y: Operand): Value => binary(truncDivOp, x, y, notBool('div'));
/** With the sign of the divisor, as Python's %. */
export const remainder = (x: Operand, y: Operand): Value => binary(remainderOp, x, y, notBool('remainder'));
/** With the sign of the dividend, as C's fmod. */
export const fmod = (x: Operand, y: Operand): Value => binary(fmodOp, x, y, notBool('fmod'));

function comparison(op: BinaryOp): (x: Operand, y: Operand) => Value {
  const pointwise = binaryOp(op, (b, x, y) => {
    // The language compares floats and integers; a bool is compared as the integer it is.
    const wide = (e: Expr): Expr => (b.typeOf(e) === 'bool' ? b.cast(e, 'int32') : e);
    return b.binary(op, wide(x), wide(y));
  });
  return (x, y) => binary(pointwise, x, y, same, bool);
}

export const eq: (x: Operand, y: Operand) => Value = comparison('eq');
export const ne: (x: Operand, y: Operand) => Value = comparison('ne');
export const lt: (x: Operand, y: Operand) => Value = comparison('lt');
export const le: (x: Operand, y: Operand) => Value = comparison('le');
export const gt: (x: Operand, y: Operand) => Value = comparison('gt');
export const ge: (x: Operand, y: Operand) => Value = comparison('ge');

function logical(name: string, op: BinaryOp): (x: Operand, y: Operand) => Value {
  const pointwise = binaryOp(name, (b, x, y) => b.binary(op, b.cast(x, 'bool'), b.cast(y, 'bool')));
  return (x, y) => binary(pointwise, x, y, same, bool);
}

export const logicalAnd: (x: Operand, y: Operand) => Value = logical('logicalAnd', 'and');
export const logicalOr: (x: Operand, y: Operand) => Value = logical('logicalOr', 'or');
export const logicalXor: (x: Operand, y: Operand) => Value = logical('logicalXor', 'xor');

const logicalNotOp = define('logicalNot', (b, x) => b.unary('not', b.cast(x, 'bool')));
export function logicalNot(x: Value): Value {
  return record(logicalNotOp, [x], x.shape, 'bool');
}

/** The op behind `where`; numbers become scalars, in the order x, y. */
const whereOp: PointwiseOp = {
  kind: 'pointwise',
  name: 'where',
  gradient: (node, g) => {
    const [condition, ...values] = node.inputs;
    const form = node.attrs?.form as string;
    let next = 0;
    const out: (Value | null)[] = [null];
    for (const side of [0, 1]) {
      if (form[side] === 'n') continue;
      const value = values[next++];
      if (!value.requiresGrad) out.push(null);
      else
        out.push(
          cast(sumTo(side === 0 ? where(condition, g, 0) : where(condition, 0, g), value.shape), value.dtype),
        );
    }
    return out;
  },
  emit: (b, [condition, ...values], node, scalars) => {
    const type = computeTypeOf(node.dtype);
    const form = node.attrs?.form as string;
    let nextValue = 0;
    let nextScalar = 0;
    const side = (i: number): Expr =>
      b.cast(form[i] === 'n' ? scalars[nextScalar++] : values[nextValue++], type);
    const x = side(0);
    return b.select(b.cast(condition, 'bool'), x, side(1));
  },
};

/** x where the condition holds, else y. */
export function where(condition: Value, x: Operand, y: Operand): Value {
  if (condition.dtype !== 'bool')
    throw new Error(`where: a condition of dtype bool is needed, not ${condition.dtype}`);
  const inputs: Value[] = [condition];
  const scalars: number[] = [];
  let form = '';
  let shape: Shape = condition.shape;
  let dtype: DType | null = null;
  for (const side of [x, y]) {
    if (typeof side === 'number') {
      form += 'n';
      scalars.push(side);
    } else {
      form += 'v';
      inputs.push(side);
      shape = broadcastShapes('where', shape, side.shape);
      dtype = dtype === null ? side.dtype : promoteTypes(dtype, side.dtype);
    }
  }
  for (const scalar of scalars) {
    dtype =
      dtype === null
        ? Number.isInteger(scalar) && scalars.every(Number.isInteger)
          ? 'int32'
          : 'float32'
        : promoteNumber(dtype, scalar);
  }
  const result = dtype as DType;
  const type = computeTypeOf(result);
  return record(
    whereOp,
    inputs,
    shape,
    result,
    { form, scalarType: type === 'bool' ? 'int32' : type },
    scalars,
  );
}

const maximumOp = extremeOp('maximum', 'max');
const minimumOp = extremeOp('minimum', 'min');

/** PyTorch gives each side half of the gradient where both are equal. */
function extremeOp(name: string, op: 'max' | 'min'): PointwiseOp {
  const better = op === 'max' ? gt : lt;
  const share = (g: Value, mine: Operand, other: Operand): Value =>
    where(eq(mine, other), mul(g, 0.5), where(better(mine, other), g, 0));
  return binaryOp(name, onBools(op, op === 'max' ? 'or' : 'and'), (g, x, y) => ({
    x: () => share(g, x, y),
    y: () => share(g, y, x),
  }));
}

export const maximum = (x: Operand, y: Operand): Value => binary(maximumOp, x, y);
export const minimum = (x: Operand, y: Operand): Value => binary(minimumOp, x, y);

const powOp = binaryOp('pow', instruction('pow'), (g, x, y, out) => ({
  // d/dx x^y = y x^(y-1); where y is 0 that is 0 whatever x is.
  x: () =>
    typeof y === 'number'
      ? mul(mul(g, y), y === 0 ? 1 : pow(x, y - 1))
      : where(eq(y, 0), 0, mul(mul(g, y), pow(x, sub(y, 1)))),
  y: () => where(logicalAnd(eq(x, 0), ge(y, 0)), 0, mul(mul(g, out), logOf(x))),
}));

const logOf = (x: Operand): Operand => (typeof x === 'number' ? Math.log(x) : log(x));

export const log = floating('log', 'log', (g, x) => div(g, x), raised);
export const exp = floating('exp', 'exp', (g, _x, out) => mul(g, out), raised);
export const sqrt = floating('sqrt', 'sqrt', (g, _x, out) => div(g, mul(out, 2)));

const squareOp = define(
  'square',
  (b, x) => b.mul(x, x),
  (g, x) => mul(mul(g, 2), x),
);
export function square(input: Value): Value {
  const x = raised(input);
  return record(squareOp, [x], x.shape, x.dtype === 'bool' ? 'int32' : x.dtype);
}

/** x to the power y. The exponents 2, 0.5, -0.5 and 1 are exact short cuts. */
export function pow(base: Operand, y: Operand): Value {
  const x = typeof base === 'number' ? base : raised(base);
  if (typeof x !== 'number' && typeof y === 'number') {
    if (y === 2) return square(x);
    if (y === 1) return x;
    if (y === 0.5) return sqrt(x);
  }
  return binary(powOp, x, y);
}
