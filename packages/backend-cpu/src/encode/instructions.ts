/** From the contract's instructions to the kernels' opcodes. */
import type { BinaryOp, ComputeType, UnaryOp } from '@inkstone/core/backend';
import { Op } from '../../assembly/opcodes.js';

const floatUnary: Partial<Record<UnaryOp, Op>> = {
  neg: Op.NegF,
  abs: Op.AbsF,
  sign: Op.SignF,
  floor: Op.Floor,
  ceil: Op.Ceil,
  round: Op.Round,
  trunc: Op.Trunc,
  sqrt: Op.Sqrt,
  rsqrt: Op.Rsqrt,
  exp: Op.Exp,
  expm1: Op.Expm1,
  log: Op.Log,
  log1p: Op.Log1p,
  log2: Op.Log2,
  sin: Op.Sin,
  cos: Op.Cos,
  tan: Op.Tan,
  atan: Op.Atan,
  sinh: Op.Sinh,
  cosh: Op.Cosh,
  tanh: Op.Tanh,
  sigmoid: Op.Sigmoid,
  erf: Op.Erf,
  isnan: Op.IsNan,
  isinf: Op.IsInf,
};

const intUnary: Partial<Record<UnaryOp, Op>> = {
  neg: Op.NegI,
  abs: Op.AbsI,
  sign: Op.SignI,
  floor: Op.Copy,
  ceil: Op.Copy,
  round: Op.Copy,
  trunc: Op.Copy,
};

const floatBinary: Partial<Record<BinaryOp, Op>> = {
  add: Op.AddF,
  sub: Op.SubF,
  mul: Op.MulF,
  div: Op.DivF,
  floorDiv: Op.FloorDivF,
  remainder: Op.RemainderF,
  fmod: Op.FmodF,
  pow: Op.Pow,
  max: Op.MaxF,
  min: Op.MinF,
  atan2: Op.Atan2,
  eq: Op.EqF,
  ne: Op.NeF,
  lt: Op.LtF,
  le: Op.LeF,
  gt: Op.GtF,
  ge: Op.GeF,
};

const intBinary: Partial<Record<BinaryOp, Op>> = {
  add: Op.AddI,
  sub: Op.SubI,
  mul: Op.MulI,
  floorDiv: Op.FloorDivI,
  remainder: Op.RemainderI,
  fmod: Op.FmodI,
  pow: Op.PowI,
  max: Op.MaxI,
  min: Op.MinI,
  eq: Op.EqI,
  ne: Op.NeI,
  lt: Op.LtI,
  le: Op.LeI,
  gt: Op.GtI,
  ge: Op.GeI,
  and: Op.And,
  or: Op.Or,
  xor: Op.Xor,
  shl: Op.Shl,
  shr: Op.Shr,
};

/** Bools are masks, and all ones is below zero as an integer: order is turned round. */
const boolBinary: Partial<Record<BinaryOp, Op>> = {
  max: Op.Or,
  min: Op.And,
  eq: Op.EqI,
  ne: Op.NeI,
  lt: Op.GtI,
  le: Op.GeI,
  gt: Op.LtI,
  ge: Op.LeI,
  and: Op.And,
  or: Op.Or,
  xor: Op.Xor,
  mul: Op.And,
  add: Op.Or,
};

function pick(table: Readonly<Record<string, Op | undefined>>, op: string, type: ComputeType): Op {
  const code = table[op];
  if (code === undefined) throw new TypeError(`cpu: no instruction '${op}' on ${type}`);
  return code;
}

/** The opcode for a function of one value of type `type`. */
export function unaryCode(op: UnaryOp, type: ComputeType): Op {
  if (type === 'bool') return pick({ not: Op.Not }, op, type);
  return pick(type === 'int32' ? intUnary : floatUnary, op, type);
}

/** The opcode for a function of two values of type `type`. */
export function binaryCode(op: BinaryOp, type: ComputeType): Op {
  return pick(type === 'bool' ? boolBinary : type === 'int32' ? intBinary : floatBinary, op, type);
}

/** The opcode that casts, or null where the value stays as it is. */
export function castCode(from: ComputeType, to: ComputeType): Op | null {
  if (from === to) return null;
  if (to === 'bool') return from === 'int32' ? Op.NonZeroI : Op.NonZeroF;
  if (from === 'bool') return to === 'int32' ? Op.MaskToInt : Op.MaskToFloat;
  return to === 'int32' ? Op.FloatToInt : Op.IntToFloat;
}
