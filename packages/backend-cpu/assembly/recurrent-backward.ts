/**
 * Recurrent layers over a whole sequence, backward through time. Tasks as in the forward step (recurrent.ts). For each:
 *   1. dh = ds' U of its rows and units, with ds' of the step computed before (none at first);
 *   2. the cell's derivative, four units at a time: ds (and dx) of this step for all its gates.
 * What goes from step to step beside ds, dc of an LSTM and z dh of a GRU, lies in dc0 and dh0 meanwhile.
 */
import { sumRows } from './few-rows';
import { tanh } from './math';
import { multiplyTiles } from './microkernel';
import { RecurrentCell } from './opcodes';
import { packB } from './pack';
import { store4 } from './simd';
import { alive, barrier, firstTask, nextTask, scratch } from './threads';

@unmanaged
export class RecurrentBackwardCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  cell: i32;
  gates: u32;
  steps: u32;
  batch: u32;
  hidden: u32;
  reverse: u32;
  rowBlock: u32;
  unitBlock: u32;
  weight: usize;
  packed: usize;
  states: usize;
  cells: usize;
  saved: usize;
  dout: usize;
  /** 0 for none. */
  dlastCell: usize;
  dx: usize;
  /** dx again where they are one. */
  ds: usize;
  dh0: usize;
  dc0: usize;
}

/** Panels of 8 units over all gates. */
function pack(command: RecurrentBackwardCommand): void {
  const hidden = command.hidden, k = command.gates * hidden, tasks = (hidden + 63) >> 6;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const first = task << 6;
    packB(command.packed + (first * k << 2), command.weight + (first << 2), hidden << 2, 4, min(hidden - first, 64), k);
  }
  barrier();
}

export function recurrentBackward(command: RecurrentBackwardCommand): void {
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
      finish(command, task * rowBlock, 0);
    }
    return;
  }
  for (let i: u32 = 0; i <= steps; i++) {
    for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
      const row = (task % rowTasks) * rowBlock, unit = (task / rowTasks) * unitBlock;
      if (i < steps) block(command, i, row, unit);
      else finish(command, row, unit);
    }
    barrier();
  }
}

/** The step's row in x for step number `i` in the order of computation. */
// @ts-ignore: decorator
@inline
function timeOf(command: RecurrentBackwardCommand, i: u32): u32 {
  return command.reverse ? i : command.steps - 1 - i;
}

/** dh = ds U for one row of steps: [rows][units], rows `pitch` bytes apart. */
function product(command: RecurrentBackwardCommand, t: u32, row: u32, rows: u32, unit: u32, units: u32, dh: usize, pitch: usize): void {
  const hidden = command.hidden, k = command.gates * hidden, wide: usize = k << 2;
  const ds = command.ds + (t * command.batch + row) * wide;
  if (command.packed) {
    multiplyTiles(rows, units, k, true, ds, wide, wide * 5, command.packed + unit * wide, 32, k << 5, dh, pitch, false);
    return;
  }
  for (let r: u32 = 0; r < rows; r++) {
    sumRows(ds + r * wide, 4, command.weight + (unit << 2), hidden << 2, units, k, dh + r * pitch);
  }
}

function block(command: RecurrentBackwardCommand, i: u32, row: u32, unit: u32): void {
  const batch = command.batch, hidden = command.hidden, cell = command.cell;
  const rows = min(batch - row, command.rowBlock), units = min(hidden - unit, command.unitBlock);
  const pitch = (units + 7 & ~7) << 2;
  let dh = scratch;
  if (i) product(command, timeOf(command, i - 1), row, rows, unit, units, dh, pitch);
  else memory.fill(dh, 0, rows * pitch);
  const t = timeOf(command, i), at = unit << 2, line = hidden << 2, plane = batch * line, wide = command.gates * line;
  let own = row * line + at;
  const before = (command.reverse ? t + 1 : t) * plane, after = (command.reverse ? t : t + 1) * plane;
  let dout = command.dout + t * plane + own, saved = command.saved + (t * batch + row) * line * 4 + at;
  let dx = command.dx + (t * batch + row) * wide + at, ds = command.ds + (t * batch + row) * wide + at;
  for (let r: u32 = 0; r < rows; r++) {
    if (cell == RecurrentCell.Lstm) {
      const dc = i ? command.dc0 : command.dlastCell;
      lstm(dh, dout, saved, command.cells + before + own, command.cells + after + own, dc ? dc + own : 0, command.dc0 + own, dx, line, units);
    } else if (cell == RecurrentCell.Gru) {
      gru(dh, dout, saved, command.states + before + own, i > 0, command.dh0 + own, dx, ds, line, units);
    } else {
      plain(cell == RecurrentCell.Tanh, dh, dout, command.states + after + own, dx, units);
    }
    own += line;
    dh += pitch;
    dout += line;
    saved += line * 4;
    dx += wide;
    ds += wide;
  }
}

/** dh0 = ds U of the last step computed, and what a GRU has left there. */
function finish(command: RecurrentBackwardCommand, row: u32, unit: u32): void {
  const rows = min(command.batch - row, command.rowBlock), units = min(command.hidden - unit, command.unitBlock);
  const pitch = (units + 7 & ~7) << 2, carried = command.cell == RecurrentCell.Gru;
  product(command, timeOf(command, command.steps - 1), row, rows, unit, units, scratch, pitch);
  for (let r: u32 = 0; r < rows; r++) {
    const to = command.dh0 + ((row + r) * command.hidden + unit << 2), dh = scratch + r * pitch;
    for (let u: u32 = 0; u < units; u += 4) {
      let value = v128.load(dh + (u << 2));
      if (carried) value = f32x4.add(value, v128.load(to + (u << 2)));
      store4(to + (u << 2), value, units - u);
    }
  }
}

function plain(isTanh: bool, dh: usize, dout: usize, h: usize, dx: usize, units: u32): void {
  const one = f32x4.splat(1), zero = f32x4.splat(0);
  for (let u: u32 = 0; u < units; u += 4, dh += 16, dout += 16, h += 16, dx += 16) {
    const d = f32x4.add(v128.load(dh), v128.load(dout)), y = v128.load(h);
    const value = isTanh ? f32x4.mul(d, f32x4.sub(one, f32x4.mul(y, y))) : v128.and(d, f32x4.gt(y, zero));
    store4(dx, value, units - u);
  }
}

/** `dcFrom` is 0 where nothing comes from later; gates of dx and of what was saved are `step` bytes apart. */
function lstm(
  dh: usize, dout: usize, saved: usize, before: usize, after: usize, dcFrom: usize, dcTo: usize, dx: usize, step: usize, units: u32,
): void {
  const one = f32x4.splat(1);
  for (let u: u32 = 0; u < units; u += 4) {
    const left = units - u;
    const d = f32x4.add(v128.load(dh), v128.load(dout));
    const i = v128.load(saved), f = v128.load(saved + step), g = v128.load(saved + step * 2), o = v128.load(saved + step * 3);
    const y = tanh(v128.load(after));
    let dc = f32x4.mul(f32x4.mul(d, o), f32x4.sub(one, f32x4.mul(y, y)));
    if (dcFrom) {
      dc = f32x4.add(dc, v128.load(dcFrom));
      dcFrom += 16;
    }
    store4(dx, f32x4.mul(f32x4.mul(dc, g), f32x4.mul(i, f32x4.sub(one, i))), left);
    store4(dx + step, f32x4.mul(f32x4.mul(dc, v128.load(before)), f32x4.mul(f, f32x4.sub(one, f))), left);
    store4(dx + step * 2, f32x4.mul(f32x4.mul(dc, i), f32x4.sub(one, f32x4.mul(g, g))), left);
    store4(dx + step * 3, f32x4.mul(f32x4.mul(d, y), f32x4.mul(o, f32x4.sub(one, o))), left);
    store4(dcTo, f32x4.mul(dc, f), left);
    dh += 16;
    dout += 16;
    saved += 16;
    before += 16;
    after += 16;
    dcTo += 16;
    dx += 16;
  }
}

function gru(
  dh: usize, dout: usize, saved: usize, before: usize, carried: bool, carry: usize, dx: usize, ds: usize, step: usize, units: u32,
): void {
  const one = f32x4.splat(1);
  for (let u: u32 = 0; u < units; u += 4) {
    const left = units - u;
    let d = f32x4.add(v128.load(dh), v128.load(dout));
    if (carried) d = f32x4.add(d, v128.load(carry));
    const r = v128.load(saved), z = v128.load(saved + step), n = v128.load(saved + step * 2), sn = v128.load(saved + step * 3);
    const dn = f32x4.mul(f32x4.mul(d, f32x4.sub(one, z)), f32x4.sub(one, f32x4.mul(n, n)));
    const dr = f32x4.mul(f32x4.mul(dn, sn), f32x4.mul(r, f32x4.sub(one, r)));
    const dz = f32x4.mul(f32x4.mul(d, f32x4.sub(v128.load(before), n)), f32x4.mul(z, f32x4.sub(one, z)));
    store4(dx, dr, left);
    store4(ds, dr, left);
    store4(dx + step, dz, left);
    store4(ds + step, dz, left);
    store4(dx + step * 2, dn, left);
    store4(ds + step * 2, f32x4.mul(dn, r), left);
    store4(carry, f32x4.mul(d, z), left);
    dh += 16;
    dout += 16;
    saved += 16;
    before += 16;
    carry += 16;
    dx += 16;
    ds += 16;
  }
}
