/**
 * The instructions of pointwise programs: each is a loop over one block of each of its operands.
 *
 * A register is a pair of words in the thread's register table: the address of its block and a mask. The mask is all
 * ones for a block, 0 for a value that is the same at all points: `address + (i & mask)` reads both. Cheap instructions
 * take two vectors a turn, so blocks are processed in multiples of 32 bytes.
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

/** Runs `count` instructions over `bytes` (a multiple of 32) of each register. */
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

/** Two vectors an iteration: half as many turns of the loop. */
// @ts-ignore: decorator
@inline
function pair(to: usize, first: v128, second: v128): void {
  v128.store(to, first);
  v128.store(to, second, 16);
}

function ternary(op: i32, to: usize, a: usize, am: usize, b: usize, bm: usize, c: usize, cm: usize, bytes: usize): void {
  const end = to + bytes, aStep = am & 16, bStep = bm & 16, cStep = cm & 16;
  for (; to < end; to += 32) {
    if (op == Op.Select) {
      pair(to, v128.bitselect(v128.load(b), v128.load(c), v128.load(a)), v128.bitselect(v128.load(b + bStep), v128.load(c + cStep), v128.load(a + aStep)));
    } else {
      pair(to, f32x4.add(f32x4.mul(v128.load(a), v128.load(b)), v128.load(c)), f32x4.add(f32x4.mul(v128.load(a + aStep), v128.load(b + bStep)), v128.load(c + cStep)));
    }
    a += am & 32;
    b += bm & 32;
    c += cm & 32;
  }
}

function unary(op: i32, to: usize, a: usize, m: usize, bytes: usize): void {
  const end = to + bytes, step = m & 16, next = m & 32;
  let i: usize = 0;
  switch (op) {
    case Op.Copy: for (; to < end; to += 32, a += next) pair(to, v128.load(a), v128.load(a + step)); return;
    case Op.NegF: for (; to < end; to += 32, a += next) pair(to, f32x4.neg(v128.load(a)), f32x4.neg(v128.load(a + step))); return;
    case Op.NegI: for (; to < end; to += 32, a += next) pair(to, i32x4.neg(v128.load(a)), i32x4.neg(v128.load(a + step))); return;
    case Op.AbsF: for (; to < end; to += 32, a += next) pair(to, f32x4.abs(v128.load(a)), f32x4.abs(v128.load(a + step))); return;
    case Op.AbsI: for (; to < end; to += 32, a += next) pair(to, i32x4.abs(v128.load(a)), i32x4.abs(v128.load(a + step))); return;
    case Op.SignF: for (; to < end; to += 32, a += next) pair(to, math.sign(v128.load(a)), math.sign(v128.load(a + step))); return;
    case Op.SignI: for (; i < bytes; i += 16) {
      const x = at(a, i, m);
      v128.store(to + i, i32x4.sub(i32x4.lt_s(x, i32x4.splat(0)), i32x4.gt_s(x, i32x4.splat(0))));
    } return;
    case Op.Floor: for (; to < end; to += 32, a += next) pair(to, f32x4.floor(v128.load(a)), f32x4.floor(v128.load(a + step))); return;
    case Op.Ceil: for (; to < end; to += 32, a += next) pair(to, f32x4.ceil(v128.load(a)), f32x4.ceil(v128.load(a + step))); return;
    case Op.Round: for (; to < end; to += 32, a += next) pair(to, f32x4.nearest(v128.load(a)), f32x4.nearest(v128.load(a + step))); return;
    case Op.Trunc: for (; to < end; to += 32, a += next) pair(to, f32x4.trunc(v128.load(a)), f32x4.trunc(v128.load(a + step))); return;
    case Op.Sqrt: for (; to < end; to += 32, a += next) pair(to, f32x4.sqrt(v128.load(a)), f32x4.sqrt(v128.load(a + step))); return;
    case Op.Rsqrt: for (; to < end; to += 32, a += next) pair(to, f32x4.div(f32x4.splat(1), f32x4.sqrt(v128.load(a))), f32x4.div(f32x4.splat(1), f32x4.sqrt(v128.load(a + step)))); return;
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
    case Op.Not: for (; to < end; to += 32, a += next) pair(to, v128.not(v128.load(a)), v128.not(v128.load(a + step))); return;
    case Op.IsNan: for (; i < bytes; i += 16) {
      const x = at(a, i, m);
      v128.store(to + i, f32x4.ne(x, x));
    } return;
    case Op.IsInf: for (; i < bytes; i += 16) v128.store(to + i, f32x4.eq(f32x4.abs(at(a, i, m)), f32x4.splat(Infinity))); return;
    case Op.FloatToInt: for (; to < end; to += 32, a += next) pair(to, i32x4.trunc_sat_f32x4_s(v128.load(a)), i32x4.trunc_sat_f32x4_s(v128.load(a + step))); return;
    case Op.IntToFloat: for (; to < end; to += 32, a += next) pair(to, f32x4.convert_i32x4_s(v128.load(a)), f32x4.convert_i32x4_s(v128.load(a + step))); return;
    case Op.MaskToFloat: for (; to < end; to += 32, a += next) pair(to, v128.and(v128.load(a), f32x4.splat(1)), v128.and(v128.load(a + step), f32x4.splat(1))); return;
    case Op.MaskToInt: for (; to < end; to += 32, a += next) pair(to, v128.and(v128.load(a), i32x4.splat(1)), v128.and(v128.load(a + step), i32x4.splat(1))); return;
    case Op.NonZeroF: for (; to < end; to += 32, a += next) pair(to, f32x4.ne(v128.load(a), f32x4.splat(0)), f32x4.ne(v128.load(a + step), f32x4.splat(0))); return;
    case Op.NonZeroI: for (; to < end; to += 32, a += next) pair(to, i32x4.ne(v128.load(a), i32x4.splat(0)), i32x4.ne(v128.load(a + step), i32x4.splat(0))); return;
    default: unreachable();
  }
}

function binary(op: i32, to: usize, a: usize, am: usize, b: usize, bm: usize, bytes: usize): void {
  const end = to + bytes, aStep = am & 16, aNext = am & 32, bStep = bm & 16, bNext = bm & 32;
  switch (op) {
    case Op.AddF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.add(v128.load(a), v128.load(b)), f32x4.add(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.AddI: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, i32x4.add(v128.load(a), v128.load(b)), i32x4.add(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.SubF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.sub(v128.load(a), v128.load(b)), f32x4.sub(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.SubI: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, i32x4.sub(v128.load(a), v128.load(b)), i32x4.sub(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.MulF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.mul(v128.load(a), v128.load(b)), f32x4.mul(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.MulI: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, i32x4.mul(v128.load(a), v128.load(b)), i32x4.mul(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.DivF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.div(v128.load(a), v128.load(b)), f32x4.div(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.MaxF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.max(v128.load(a), v128.load(b)), f32x4.max(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.MaxI: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, i32x4.max_s(v128.load(a), v128.load(b)), i32x4.max_s(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.MinF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.min(v128.load(a), v128.load(b)), f32x4.min(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.MinI: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, i32x4.min_s(v128.load(a), v128.load(b)), i32x4.min_s(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.EqF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.eq(v128.load(a), v128.load(b)), f32x4.eq(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.NeF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.ne(v128.load(a), v128.load(b)), f32x4.ne(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.LtF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.lt(v128.load(a), v128.load(b)), f32x4.lt(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.LeF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.le(v128.load(a), v128.load(b)), f32x4.le(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.GtF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.gt(v128.load(a), v128.load(b)), f32x4.gt(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.GeF: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, f32x4.ge(v128.load(a), v128.load(b)), f32x4.ge(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.EqI: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, i32x4.eq(v128.load(a), v128.load(b)), i32x4.eq(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.NeI: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, i32x4.ne(v128.load(a), v128.load(b)), i32x4.ne(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.LtI: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, i32x4.lt_s(v128.load(a), v128.load(b)), i32x4.lt_s(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.LeI: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, i32x4.le_s(v128.load(a), v128.load(b)), i32x4.le_s(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.GtI: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, i32x4.gt_s(v128.load(a), v128.load(b)), i32x4.gt_s(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.GeI: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, i32x4.ge_s(v128.load(a), v128.load(b)), i32x4.ge_s(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.And: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, v128.and(v128.load(a), v128.load(b)), v128.and(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.Or: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, v128.or(v128.load(a), v128.load(b)), v128.or(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.Xor: for (; to < end; to += 32, a += aNext, b += bNext) pair(to, v128.xor(v128.load(a), v128.load(b)), v128.xor(v128.load(a + aStep), v128.load(b + bStep))); return;
    case Op.Shl:
    case Op.Shr: if (!bm) { shift(op, to, a, am, load<i32>(b), bytes); return; }
    default: binaryScalar(op, to, a, am, b, bm, bytes);
  }
}

/** By the same count everywhere; WebAssembly, too, looks at its lowest five bits. */
function shift(op: i32, to: usize, a: usize, am: usize, count: i32, bytes: usize): void {
  const end = to + bytes, step = am & 16, next = am & 32;
  if (op == Op.Shl) for (; to < end; to += 32, a += next) pair(to, i32x4.shl(v128.load(a), count), i32x4.shl(v128.load(a + step), count));
  else for (; to < end; to += 32, a += next) pair(to, i32x4.shr_s(v128.load(a), count), i32x4.shr_s(v128.load(a + step), count));
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
      case Op.Shl: store<i32>(to + i, n << d); break;
      case Op.Shr: store<i32>(to + i, n >> d); break;
      case Op.PowI: store<i32>(to + i, math.powInt(n, d)); break;
      default: unreachable();
    }
  }
}
