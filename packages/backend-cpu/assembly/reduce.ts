/**
 * Reductions: the prologue is evaluated block by block and folded at once, nothing is stored in between.
 *
 * rows     the reduced axes are innermost: an output is the fold of a run of points. Short runs share a block.
 * columns  a kept axis is innermost: an accumulator row of up to a block of outputs takes one row of points at a time.
 *
 * Long reductions are cut into pieces of fixed length (a matter of the shape alone); the partial results are folded in
 * order by a second pass. So the order of additions never depends on the threads, and rounding errors grow with the
 * length of a piece plus the number of pieces. Sums of a run's blocks are added in float64.
 */
import { Reduction } from './opcodes';
import { begin, evaluate, Program, resultAddress } from './program';
import { rowMax, rowSum } from './rows';
import { minLanes } from './simd';
import { barrier, firstTask, nextTask, scratch } from './threads';

@unmanaged
export class ReduceCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  reduction: i32;
  /** 0: rows, 1: columns. */
  columns: u32;
  /** The space is outer x length x inner: rows have inner 1, columns reduce the middle axis. */
  outer: u32;
  length: u32;
  inner: u32;
  /** Points (rows layout) or rows of points (columns layout) of a piece; `length` if there is one piece. */
  piece: u32;
  pieces: u32;
  /** Rows layout with one piece: outputs of a task. Columns layout: outputs of a task (at most a block). */
  chunk: u32;
  /** Divides the result (float means); 1 elsewhere. */
  divisor: f32;
  result: usize;
  partial: usize;
  programAt: u32;
  /** Columns layout: offset in the thread's scratch memory of the accumulators. */
  accumulators: u32;
}

// @ts-ignore: decorator
@inline
function programOf(command: ReduceCommand): Program {
  return changetype<Program>(changetype<usize>(command) + command.programAt);
}

export function reduce(command: ReduceCommand): void {
  begin(programOf(command), scratch);
  if (command.columns) reduceColumns(command);
  else if (command.reduction >= Reduction.ArgMaxF32) argRows(command);
  else reduceRows(command);
}

// @ts-ignore: decorator
@inline
function isFloat(reduction: i32): bool {
  return reduction == Reduction.SumF32 || reduction == Reduction.ProdF32 || reduction == Reduction.MaxF32 || reduction == Reduction.MinF32;
}

/** The neutral element, as a float64 (integers are exact in it). */
function neutral(reduction: i32): f64 {
  switch (reduction) {
    case Reduction.ProdF32:
    case Reduction.ProdI32: return 1;
    case Reduction.MaxF32: return -Infinity;
    case Reduction.MinF32: return Infinity;
    case Reduction.MaxI32: return i32.MIN_VALUE;
    case Reduction.MinI32: return i32.MAX_VALUE;
    case Reduction.All: return -1;
    default: return 0;
  }
}

/** Folds two values; integers wrap. */
function fold(reduction: i32, a: f64, b: f64): f64 {
  switch (reduction) {
    case Reduction.SumF32: return a + b;
    case Reduction.ProdF32: return a * b;
    case Reduction.SumI32: return <i32>a + <i32>b;
    case Reduction.ProdI32: return <i32>a * <i32>b;
    case Reduction.MaxF32:
    case Reduction.MaxI32: return max(a, b);
    case Reduction.MinF32:
    case Reduction.MinI32: return min(a, b);
    case Reduction.All: return <i32>a & <i32>b;
    default: return <i32>a | <i32>b;
  }
}

// @ts-ignore: decorator
@inline
function loadValue(reduction: i32, address: usize): f64 {
  return isFloat(reduction) ? <f64>load<f32>(address) : <f64>load<i32>(address);
}

// @ts-ignore: decorator
@inline
function storeValue(reduction: i32, address: usize, value: f64): void {
  if (isFloat(reduction)) store<f32>(address, <f32>value);
  else store<i32>(address, <i32>value);
}

/** The fold of `count` values that lie together. */
function foldRun(reduction: i32, x: usize, count: u32): f64 {
  if (reduction == Reduction.SumF32) return rowSum(x, count);
  if (reduction == Reduction.MaxF32) return rowMax(x, count);
  let value = neutral(reduction);
  if (reduction == Reduction.MinF32) {
    let least = f32x4.splat(Infinity);
    let i: u32 = 0;
    for (; i + 4 <= count; i += 4) least = f32x4.min(least, v128.load(x + (i << 2)));
    value = minLanes(least);
    for (; i < count; i++) value = min(value, <f64>load<f32>(x + (i << 2)));
    return value;
  }
  for (let i: u32 = 0; i < count; i++) value = fold(reduction, value, loadValue(reduction, x + (i << 2)));
  return value;
}

function reduceRows(command: ReduceCommand): void {
  const p = programOf(command), reduction = command.reduction;
  const outer = command.outer, length = command.length, block = p.block;
  if (length <= block) {
    // Several outputs share a block.
    const group = length ? block / length : 1, chunk = command.chunk, tasks = (outer + chunk - 1) / chunk;
    for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
      const end = min(outer, (task + 1) * chunk);
      for (let row = task * chunk; row < end; row += group) {
        const rows = min(end - row, group);
        if (length) evaluate(p, row * length, rows * length, scratch);
        let x = resultAddress(p, scratch);
        for (let i: u32 = 0; i < rows; i++, x += length << 2) {
          finish(command, row + i, foldRun(reduction, x, length));
        }
      }
    }
    return;
  }
  const pieces = command.pieces, tasks = outer * pieces;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const row = task / pieces, first = (task % pieces) * command.piece, end = min(length, first + command.piece);
    let value = neutral(reduction);
    for (let at = first; at < end; at += block) {
      const count = min(block, end - at);
      evaluate(p, row * length + at, count, scratch);
      value = fold(reduction, value, foldRun(reduction, resultAddress(p, scratch), count));
    }
    if (pieces == 1) finish(command, row, value);
    else storeValue(reduction, command.partial + (task << 2), value);
  }
  if (pieces == 1) return;
  barrier();
  for (let task = firstTask(outer); task < outer; task = nextTask(task)) {
    finish(command, task, foldRun(reduction, command.partial + (task * pieces << 2), pieces));
  }
}

// @ts-ignore: decorator
@inline
function finish(command: ReduceCommand, output: u32, value: f64): void {
  if (command.divisor != 1) value = <f32>value / command.divisor;
  storeValue(command.reduction, command.result + (output << 2), value);
}

/** Position of the first largest or smallest element of each run; a NaN is both. */
function argRows(command: ReduceCommand): void {
  const p = programOf(command), reduction = command.reduction;
  const outer = command.outer, length = command.length, block = p.block;
  const floats = reduction == Reduction.ArgMaxF32 || reduction == Reduction.ArgMinF32;
  const sign: f64 = reduction == Reduction.ArgMaxF32 || reduction == Reduction.ArgMaxI32 ? 1 : -1;
  for (let row = firstTask(outer); row < outer; row = nextTask(row)) {
    let best: f64 = -Infinity, position: u32 = 0;
    for (let at: u32 = 0; at < length && best == best; at += block) {
      const count = min(block, length - at);
      evaluate(p, row * length + at, count, scratch);
      const x = resultAddress(p, scratch);
      for (let i: u32 = 0; i < count; i++) {
        const value: f64 = sign * (floats ? <f64>load<f32>(x + (i << 2)) : <f64>load<i32>(x + (i << 2)));
        if (value > best || value != value) {
          best = value;
          position = at + i;
          if (value != value) break;
        }
      }
    }
    store<u32>(command.result + (row << 2), position);
  }
}

/** accumulators = fold(accumulators, x), `count` of them. */
function foldRow(reduction: i32, to: usize, x: usize, count: u32): void {
  const end = count << 2;
  let i: u32 = 0;
  // Accumulators have room for a whole last vector; what is read past the row does not matter.
  switch (reduction) {
    case Reduction.SumF32: for (; i < end; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(x + i))); return;
    case Reduction.ProdF32: for (; i < end; i += 16) v128.store(to + i, f32x4.mul(v128.load(to + i), v128.load(x + i))); return;
    case Reduction.MaxF32: for (; i < end; i += 16) v128.store(to + i, f32x4.max(v128.load(to + i), v128.load(x + i))); return;
    case Reduction.MinF32: for (; i < end; i += 16) v128.store(to + i, f32x4.min(v128.load(to + i), v128.load(x + i))); return;
    case Reduction.SumI32: for (; i < end; i += 16) v128.store(to + i, i32x4.add(v128.load(to + i), v128.load(x + i))); return;
    case Reduction.ProdI32: for (; i < end; i += 16) v128.store(to + i, i32x4.mul(v128.load(to + i), v128.load(x + i))); return;
    case Reduction.MaxI32: for (; i < end; i += 16) v128.store(to + i, i32x4.max_s(v128.load(to + i), v128.load(x + i))); return;
    case Reduction.MinI32: for (; i < end; i += 16) v128.store(to + i, i32x4.min_s(v128.load(to + i), v128.load(x + i))); return;
    case Reduction.All: for (; i < end; i += 16) v128.store(to + i, v128.and(v128.load(to + i), v128.load(x + i))); return;
    case Reduction.Any: for (; i < end; i += 16) v128.store(to + i, v128.or(v128.load(to + i), v128.load(x + i))); return;
    default: unreachable();
  }
}

function reduceColumns(command: ReduceCommand): void {
  const p = programOf(command), reduction = command.reduction, block = p.block;
  const length = command.length, inner = command.inner, pieces = command.pieces, chunk = command.chunk;
  const strips = (inner + chunk - 1) / chunk;
  const tasks = command.outer * strips * pieces;
  const accumulators = scratch + command.accumulators;
  const start = neutral(reduction);
  const startBits = isFloat(reduction) ? reinterpret<u32>(<f32>start) : <u32><i32>start;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const piece = task % pieces, strip = (task / pieces) % strips, outer = task / pieces / strips;
    const column = strip * chunk, width = min(inner - column, chunk);
    const first = piece * command.piece, end = min(length, first + command.piece);
    for (let i: u32 = 0; i < width; i += 4) v128.store(accumulators + (i << 2), i32x4.splat(startBits));
    // Whole rows share a block where they are short; a strip of one row is a block where they are long.
    const group = strips == 1 ? max(1, block / inner) : 1;
    for (let row = first; row < end; row += group) {
      const rows = min(end - row, group);
      evaluate(p, (outer * length + row) * inner + column, rows > 1 ? rows * inner : width, scratch);
      let x = resultAddress(p, scratch);
      for (let i: u32 = 0; i < rows; i++, x += inner << 2) foldRow(reduction, accumulators, x, width);
    }
    if (pieces == 1) {
      finishRow(command, outer * inner + column, accumulators, width);
    } else {
      memory.copy(command.partial + ((outer * pieces + piece) * inner + column << 2), accumulators, width << 2);
    }
  }
  if (pieces == 1) return;
  barrier();
  const strips2 = command.outer * strips;
  for (let task = firstTask(strips2); task < strips2; task = nextTask(task)) {
    const outer = task / strips, column = (task % strips) * chunk, width = min(inner - column, chunk);
    for (let i: u32 = 0; i < width; i += 4) v128.store(accumulators + (i << 2), i32x4.splat(startBits));
    for (let piece: u32 = 0; piece < pieces; piece++) {
      foldRow(reduction, accumulators, command.partial + ((outer * pieces + piece) * inner + column << 2), width);
    }
    finishRow(command, outer * inner + column, accumulators, width);
  }
}

function finishRow(command: ReduceCommand, output: u32, accumulators: usize, width: u32): void {
  const to = command.result + (output << 2);
  if (command.divisor != 1) {
    for (let i: u32 = 0; i < width; i++) store<f32>(to + (i << 2), load<f32>(accumulators + (i << 2)) / command.divisor);
  } else {
    memory.copy(to, accumulators, width << 2);
  }
}
