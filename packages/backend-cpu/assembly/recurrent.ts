/**
 * Recurrent layers over a whole sequence, forward. A task is a block of rows (elements of the batch) and of hidden units:
 *   1. s = U h for its rows and units, gate by gate: with the micro-kernel over packed panels of U, or for few rows as
 *      dot products that read each weight once;
 *   2. the cell, four units at a time, in the same thread while s is in its cache.
 * Where the weights fit the cache, a task has all units of its rows and goes through all steps by itself: rows do not
 * depend on each other. Where they do not, all threads take units of one step, and meet after each.
 * Which of these applies is the encoder's choice (src/encode/recurrent.ts), by sizes only.
 *
 * https://doi.org/10.1162/neco.1997.9.8.1735, https://arxiv.org/abs/1406.1078
 */
import { dotColumns } from './few-rows';
import { sigmoid, tanh } from './math';
import { multiplyTiles } from './microkernel';
import { RecurrentCell } from './opcodes';
import { packB } from './pack';
import { store4 } from './simd';
import { alive, barrier, firstTask, nextTask, scratch } from './threads';

@unmanaged
export class RecurrentCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  cell: i32;
  gates: u32;
  steps: u32;
  batch: u32;
  hidden: u32;
  reverse: u32;
  /** Rows and units of a task; units in multiples of 8 unless it has all. */
  rowBlock: u32;
  unitBlock: u32;
  weight: usize;
  /** Where the weights are packed; 0: read in place. */
  packed: usize;
  states: usize;
  cells: usize;
  saved: usize;
  x: usize;
  bias: usize;
  h0: usize;
  c0: usize;
}

/** Panels of 8 units, for each gate its own. */
function pack(command: RecurrentCommand): void {
  const hidden = command.hidden, panels = (hidden + 7) >> 3;
  // A task is 8 panels.
  const each = (panels + 7) >> 3, tasks = command.gates * each;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const gate = task / each, first = (task % each) << 6;
    const to = command.packed + ((gate * (panels << 3) + first) * hidden << 2);
    packB(to, command.weight + ((gate * hidden + first) * hidden << 2), 4, hidden << 2, min(hidden - first, 64), hidden);
  }
  barrier();
}

export function recurrent(command: RecurrentCommand): void {
  const steps = command.steps, rowBlock = command.rowBlock, unitBlock = command.unitBlock;
  if (command.packed) pack(command);
  const rowTasks = (command.batch + rowBlock - 1) / rowBlock, unitTasks = (command.hidden + unitBlock - 1) / unitBlock;
  const tasks = rowTasks * unitTasks;
  if (unitTasks == 1) {
    for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
      for (let i: u32 = 0; i < steps; i++) {
        if ((i & 63) == 0) alive();
        block(command, i, task * rowBlock, 0);
      }
    }
    return;
  }
  for (let i: u32 = 0; i < steps; i++) {
    for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
      block(command, i, (task % rowTasks) * rowBlock, (task / rowTasks) * unitBlock);
    }
    barrier();
  }
}

/** Step number `i` in the order of computation, for a block of rows from `row` and of units from `unit` on. */
function block(command: RecurrentCommand, i: u32, row: u32, unit: u32): void {
  const batch = command.batch, hidden = command.hidden, gates = command.gates;
  const rows = min(batch - row, command.rowBlock), units = min(hidden - unit, command.unitBlock);
  const t = command.reverse ? command.steps - 1 - i : i;
  const plane = batch * hidden << 2, line = hidden << 2, own = row * hidden << 2;
  const before = (command.reverse ? t + 1 : t) * plane + own, after = (command.reverse ? t : t + 1) * plane + own;
  let c = command.cells + before;
  if (i == 0) {
    copyBlock(command.states + before, command.h0 + own, line, rows, unit, units);
    if (command.c0) copyBlock(c, command.c0 + own, line, rows, unit, units);
  }
  // Other units of the initial state may not have been copied yet.
  const h = i == 0 ? command.h0 + own : command.states + before;
  const pitch = (units + 7 & ~7) << 2, sums = scratch;
  product(command, h, rows, unit, units, sums, pitch);

  const wide = gates * hidden << 2, at = unit << 2;
  let x = command.x + (t * batch + row) * wide + at, saved = command.saved + ((t * batch + row) * hidden << 4) + at;
  let from = h + at, to = command.states + after + at, s = sums;
  const cell = command.cell, bias = command.bias ? command.bias + at : 0;
  let cTo = command.cells + after + at;
  c += at;
  for (let r: u32 = 0; r < rows; r++) {
    const keep = command.saved ? saved : 0;
    if (bias) addBias(s, pitch, bias, line, gates, units);
    if (cell == RecurrentCell.Lstm) lstm(x, line, s, pitch, c, cTo, to, keep, units);
    else if (cell == RecurrentCell.Gru) gru(x, line, s, pitch, from, to, keep, units);
    else plain(cell == RecurrentCell.Tanh, x, s, to, units);
    x += wide;
    s += gates * pitch;
    from += line;
    to += line;
    c += line;
    cTo += line;
    saved += hidden << 4;
  }
}

/** s = U h: [rows][gate][units], rows of a gate `pitch` bytes long. */
function product(command: RecurrentCommand, h: usize, rows: u32, unit: u32, units: u32, s: usize, pitch: usize): void {
  const hidden = command.hidden, gates = command.gates, line: usize = hidden << 2;
  const panels = (hidden + 7) >> 3;
  for (let gate: u32 = 0; gate < gates; gate++, s += pitch) {
    if (command.packed) {
      const b = command.packed + ((gate * (panels << 3) + unit) * hidden << 2);
      multiplyTiles(rows, units, hidden, true, h, line, line * 5, b, 32, hidden << 5, s, gates * pitch, false);
      continue;
    }
    const b = command.weight + (gate * hidden + unit) * line;
    for (let r: u32 = 0; r < rows; r++) dotColumns(h + r * line, b, line, units, hidden, s + r * gates * pitch);
  }
}

function copyBlock(to: usize, from: usize, line: usize, rows: u32, unit: u32, units: u32): void {
  for (let r: u32 = 0, at: usize = unit << 2; r < rows; r++, at += line) memory.copy(to + at, from + at, units << 2);
}

function addBias(s: usize, pitch: usize, bias: usize, line: usize, gates: u32, units: u32): void {
  for (let gate: u32 = 0; gate < gates; gate++, s += pitch, bias += line) {
    // There is room for a whole last vector.
    for (let u: usize = 0; u < units << 2; u += 16) {
      v128.store(s + u, f32x4.add(v128.load(s + u), v128.load(bias + u)));
    }
  }
}

function plain(isTanh: bool, x: usize, s: usize, h: usize, units: u32): void {
  const zero = f32x4.splat(0);
  for (let u: u32 = 0; u < units; u += 4, x += 16, s += 16, h += 16) {
    const sum = f32x4.add(v128.load(x), v128.load(s));
    store4(h, isTanh ? tanh(sum) : f32x4.max(sum, zero), units - u);
  }
}

/** Gates are `xStep` and `sStep` bytes apart; those of `saved` (0: not wanted) as those of x. */
function lstm(
  x: usize, xStep: usize, s: usize, sStep: usize, c: usize, cTo: usize, h: usize, saved: usize, units: u32,
): void {
  for (let u: u32 = 0; u < units; u += 4) {
    const left = units - u;
    const i = sigmoid(f32x4.add(v128.load(x), v128.load(s)));
    const f = sigmoid(f32x4.add(v128.load(x + xStep), v128.load(s + sStep)));
    const g = tanh(f32x4.add(v128.load(x + xStep * 2), v128.load(s + sStep * 2)));
    const o = sigmoid(f32x4.add(v128.load(x + xStep * 3), v128.load(s + sStep * 3)));
    const cell = f32x4.add(f32x4.mul(f, v128.load(c)), f32x4.mul(i, g));
    store4(cTo, cell, left);
    store4(h, f32x4.mul(o, tanh(cell)), left);
    if (saved) {
      store4(saved, i, left);
      store4(saved + xStep, f, left);
      store4(saved + xStep * 2, g, left);
      store4(saved + xStep * 3, o, left);
      saved += 16;
    }
    x += 16;
    s += 16;
    c += 16;
    cTo += 16;
    h += 16;
  }
}

function gru(x: usize, xStep: usize, s: usize, sStep: usize, from: usize, h: usize, saved: usize, units: u32): void {
  for (let u: u32 = 0; u < units; u += 4) {
    const left = units - u;
    const r = sigmoid(f32x4.add(v128.load(x), v128.load(s)));
    const z = sigmoid(f32x4.add(v128.load(x + xStep), v128.load(s + sStep)));
    const sn = v128.load(s + sStep * 2);
    const n = tanh(f32x4.add(v128.load(x + xStep * 2), f32x4.mul(r, sn)));
    store4(h, f32x4.add(n, f32x4.mul(z, f32x4.sub(v128.load(from), n))), left);
    if (saved) {
      store4(saved, r, left);
      store4(saved + xStep, z, left);
      store4(saved + xStep * 2, n, left);
      store4(saved + xStep * 3, sn, left);
      saved += 16;
    }
    x += 16;
    s += 16;
    from += 16;
    h += 16;
  }
}
