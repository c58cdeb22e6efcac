/**
 * The instructions of pointwise programs: each is a loop over one block of each of its operands.
 *
 * A register is a pair of words in the thread's register table: the address of its block and a mask. The mask is all
 * ones for a block, 0 for a value that is the same at all points (16 bytes): `address + (i & mask)` reads both.
 */
import { Op } from './opcodes';
import * as math from './math';

/** One instruction: an Op, then the registers (as byte offsets into the register table) of the result and arguments. */
@unmanaged
export class Instruction {
  op: i32;
  to: u32;
  a: u32;
  b: u32;
  c: u32;
}

// @ts-ignore: decorator
@inline
function at(address: usize, i: usize, mask: usize): v128 {
  return v128.load(address + (i & mask));
}

/** Runs `count` instructions over `bytes` (a multiple of 16) of each register. */
export function execute(code: usize, count: u32, registers: usize, bytes: usize): void {
  for (; count; count--, code += offsetof<Instruction>()) {
    const instruction = changetype<Instruction>(code);
    const a = load<usize>(registers + instruction.a), am = load<usize>(registers + instruction.a, 4);
    const b = load<usize>(registers + instruction.b), bm = load<usize>(registers + instruction.b, 4);
    const to = load<usize>(registers + instruction.to);
    const op = instruction.op;
    if (op >= Op.AddF) {
      if (op == Op.Select || op == Op.MulAddF) {
        const c = load<usize>(registers + instruction.c), cm = load<usize>(registers + instruction.c, 4);
        ternary(op, to, a, am, b, bm, c, cm, bytes);
      } else {
        binary(op, to, a, am, b, bm, bytes);
      }
    } else {
      unary(op, to, a, am, bytes);
    }
  }
}

function ternary(op: i32, to: usize, a: usize, am: usize, b: usize, bm: usize, c: usize, cm: usize, bytes: usize): void {
  if (op == Op.Select) {
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(to + i, v128.bitselect(at(b, i, bm), at(c, i, cm), at(a, i, am)));
    }
  } else {
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(to + i, f32x4.add(f32x4.mul(at(a, i, am), at(b, i, bm)), at(c, i, cm)));
    }
  }
}

function unary(op: i32, to: usize, a: usize, m: usize, bytes: usize): void {
  let i: usize = 0;
  switch (op) {
    case Op.Copy: for (; i < bytes; i += 16) v128.store(to + i, at(a, i, m)); return;
    case Op.NegF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.neg(at(a, i, m))); return;
    case Op.NegI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.neg(at(a, i, m))); return;
    case Op.AbsF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.abs(at(a, i, m))); return;
    case Op.AbsI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.abs(at(a, i, m))); return;
    case Op.SignF: for (; i < bytes; i += 16) v128.store(to + i, math.sign(at(a, i, m))); return;
    case Op.SignI: for (; i < bytes; i += 16) {
      const x = at(a, i, m);
      v128.store(to + i, i32x4.sub(i32x4.lt_s(x, i32x4.splat(0)), i32x4.gt_s(x, i32x4.splat(0))));
    } return;
    case Op.Floor: for (; i < bytes; i += 16) v128.store(to + i, f32x4.floor(at(a, i, m))); return;
    case Op.Ceil: for (; i < bytes; i += 16) v128.store(to + i, f32x4.ceil(at(a, i, m))); return;
    case Op.Round: for (; i < bytes; i += 16) v128.store(to + i, f32x4.nearest(at(a, i, m))); return;
    case Op.Trunc: for (; i < bytes; i += 16) v128.store(to + i, f32x4.trunc(at(a, i, m))); return;
    case Op.Sqrt: for (; i < bytes; i += 16) v128.store(to + i, f32x4.sqrt(at(a, i, m))); return;
    case Op.Rsqrt: for (; i < bytes; i += 16) v128.store(to + i, f32x4.div(f32x4.splat(1), f32x4.sqrt(at(a, i, m)))); return;
    case Op.Exp: for (; i < bytes; i += 16) v128.store(to + i, math.exp(at(a, i, m))); return;
    case Op.Expm1: for (; i < bytes; i += 16) v128.store(to + i, math.expm1(at(a, i, m))); return;
    case Op.Log: for (; i < bytes; i += 16) v128.store(to + i, math.log(at(a, i, m))); return;
    case Op.Log1p: for (; i < bytes; i += 16) v128.store(to + i, math.log1p(at(a, i, m))); return;
    case Op.Log2: for (; i < bytes; i += 16) v128.store(to + i, math.log2(at(a, i, m))); return;
    case Op.Sin: for (; i < bytes; i += 4) store<f32>(to + i, Mathf.sin(load<f32>(a + (i & m)))); return;
    case Op.Cos: for (; i < bytes; i += 4) store<f32>(to + i, Mathf.cos(load<f32>(a + (i & m)))); return;
    case Op.Tan: for (; i < bytes; i += 4) store<f32>(to + i, Mathf.tan(load<f32>(a + (i & m)))); return;
    case Op.Atan: for (; i < bytes; i += 4) store<f32>(to + i, Mathf.atan(load<f32>(a + (i & m)))); return;
    case Op.Sinh: for (; i < bytes; i += 4) store<f32>(to + i, Mathf.sinh(load<f32>(a + (i & m)))); return;
    case Op.Cosh: for (; i < bytes; i += 4) store<f32>(to + i, Mathf.cosh(load<f32>(a + (i & m)))); return;
    case Op.Tanh: for (; i < bytes; i += 16) v128.store(to + i, math.tanh(at(a, i, m))); return;
    case Op.Sigmoid: for (; i < bytes; i += 16) v128.store(to + i, math.sigmoid(at(a, i, m))); return;
    case Op.Erf: for (; i < bytes; i += 16) v128.store(to + i, math.erf(at(a, i, m))); return;
    case Op.Not: for (; i < bytes; i += 16) v128.store(to + i, v128.not(at(a, i, m))); return;
    case Op.IsNan: for (; i < bytes; i += 16) {
      const x = at(a, i, m);
      v128.store(to + i, f32x4.ne(x, x));
    } return;
    case Op.IsInf: for (; i < bytes; i += 16) v128.store(to + i, f32x4.eq(f32x4.abs(at(a, i, m)), f32x4.splat(Infinity))); return;
    case Op.FloatToInt: for (; i < bytes; i += 16) v128.store(to + i, i32x4.trunc_sat_f32x4_s(at(a, i, m))); return;
    case Op.IntToFloat: for (; i < bytes; i += 16) v128.store(to + i, f32x4.convert_i32x4_s(at(a, i, m))); return;
    case Op.MaskToFloat: for (; i < bytes; i += 16) v128.store(to + i, v128.and(at(a, i, m), f32x4.splat(1))); return;
    case Op.MaskToInt: for (; i < bytes; i += 16) v128.store(to + i, v128.and(at(a, i, m), i32x4.splat(1))); return;
    case Op.NonZeroF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.ne(at(a, i, m), f32x4.splat(0))); return;
    case Op.NonZeroI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.ne(at(a, i, m), i32x4.splat(0))); return;
    default: unreachable();
  }
}

function binary(op: i32, to: usize, a: usize, am: usize, b: usize, bm: usize, bytes: usize): void {
  let i: usize = 0;
  switch (op) {
    case Op.AddF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.add(at(a, i, am), at(b, i, bm))); return;
    case Op.AddI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.add(at(a, i, am), at(b, i, bm))); return;
    case Op.SubF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.sub(at(a, i, am), at(b, i, bm))); return;
    case Op.SubI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.sub(at(a, i, am), at(b, i, bm))); return;
    case Op.MulF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.mul(at(a, i, am), at(b, i, bm))); return;
    case Op.MulI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.mul(at(a, i, am), at(b, i, bm))); return;
    case Op.DivF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.div(at(a, i, am), at(b, i, bm))); return;
    case Op.MaxF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.max(at(a, i, am), at(b, i, bm))); return;
    case Op.MaxI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.max_s(at(a, i, am), at(b, i, bm))); return;
    case Op.MinF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.min(at(a, i, am), at(b, i, bm))); return;
    case Op.MinI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.min_s(at(a, i, am), at(b, i, bm))); return;
    case Op.EqF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.eq(at(a, i, am), at(b, i, bm))); return;
    case Op.NeF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.ne(at(a, i, am), at(b, i, bm))); return;
    case Op.LtF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.lt(at(a, i, am), at(b, i, bm))); return;
    case Op.LeF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.le(at(a, i, am), at(b, i, bm))); return;
    case Op.GtF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.gt(at(a, i, am), at(b, i, bm))); return;
    case Op.GeF: for (; i < bytes; i += 16) v128.store(to + i, f32x4.ge(at(a, i, am), at(b, i, bm))); return;
    case Op.EqI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.eq(at(a, i, am), at(b, i, bm))); return;
    case Op.NeI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.ne(at(a, i, am), at(b, i, bm))); return;
    case Op.LtI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.lt_s(at(a, i, am), at(b, i, bm))); return;
    case Op.LeI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.le_s(at(a, i, am), at(b, i, bm))); return;
    case Op.GtI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.gt_s(at(a, i, am), at(b, i, bm))); return;
    case Op.GeI: for (; i < bytes; i += 16) v128.store(to + i, i32x4.ge_s(at(a, i, am), at(b, i, bm))); return;
    case Op.And: for (; i < bytes; i += 16) v128.store(to + i, v128.and(at(a, i, am), at(b, i, bm))); return;
    case Op.Or: for (; i < bytes; i += 16) v128.store(to + i, v128.or(at(a, i, am), at(b, i, bm))); return;
    case Op.Xor: for (; i < bytes; i += 16) v128.store(to + i, v128.xor(at(a, i, am), at(b, i, bm))); return;
    default: binaryScalar(op, to, a, am, b, bm, bytes);
  }
}

/** Functions that are rare enough to be computed one element at a time. */
function binaryScalar(op: i32, to: usize, a: usize, am: usize, b: usize, bm: usize, bytes: usize): void {
  // In a value that is the same everywhere all four lanes are equal, so the mask for lanes keeps the low bits.
  am |= 12;
  bm |= 12;
  for (let i: usize = 0; i < bytes; i += 4) {
    const xAt = a + (i & am), yAt = b + (i & bm);
    const x = load<f32>(xAt), y = load<f32>(yAt);
    const n = load<i32>(xAt), d = load<i32>(yAt);
    switch (op) {
      case Op.FloorDivF: store<f32>(to + i, math.floorDivide(x, y)); break;
      case Op.RemainderF: store<f32>(to + i, math.remainder(x, y)); break;
      case Op.FmodF: store<f32>(to + i, math.fmod(x, y)); break;
      case Op.Pow: store<f32>(to + i, math.power(x, y)); break;
      case Op.Atan2: store<f32>(to + i, Mathf.atan2(x, y)); break;
      case Op.FloorDivI: store<i32>(to + i, math.floorDivideInt(n, d)); break;
      case Op.RemainderI: store<i32>(to + i, math.remainderInt(n, d)); break;
      case Op.FmodI: store<i32>(to + i, math.fmodInt(n, d)); break;
      case Op.PowI: store<i32>(to + i, math.powInt(n, d)); break;
      default: unreachable();
    }
  }
}
