/**
 * Layer norm and RMS norm, forward and backward, a row at a time (two-pass variance; the row stays in L1).
 *
 * The gradients of weight and bias are sums over rows. Each fixed group of `chunk` rows has its own partial sums, added
 * up in order afterwards, so that the result does not depend on the number of threads.
 * https://arxiv.org/abs/1607.06450, https://arxiv.org/abs/1910.07467
 */
import { rowSum } from './rows';
import { barrier, firstTask, nextTask } from './threads';
import { keepFirst, storeFirst, sumLanes } from './simd';

@unmanaged
export class NormCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  /** 1: RMS norm. */
  rms: u32;
  rows: u32;
  columns: u32;
  chunk: u32;
  eps: f32;
  x: usize;
  /** 0 for none; so are bias, mean and rstd. */
  weight: usize;
  bias: usize;
  y: usize;
  mean: usize;
  rstd: usize;
}

@unmanaged
export class NormBackwardCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  rms: u32;
  rows: u32;
  columns: u32;
  /** Rows of a task, and of a partial sum. */
  chunk: u32;
  x: usize;
  dy: usize;
  weight: usize;
  mean: usize;
  rstd: usize;
  /** 0 where not wanted: dx, dweight, dbias. */
  dx: usize;
  dweight: usize;
  dbias: usize;
  /** Partial sums: for each task `columns` floats for dweight, then as many for dbias. */
  partial: usize;
}

/** Sums of x - mean and of (x - mean)^2, in the first two lanes. */
function deviations(x: usize, count: u32, mean: f32): v128 {
  const m = f32x4.splat(mean), zero = f32x4.splat(0);
  let sum = zero, a = zero, b = zero;
  let i: u32 = 0;
  for (; i + 8 <= count; i += 8) {
    const u = f32x4.sub(v128.load(x + (i << 2)), m), v = f32x4.sub(v128.load(x + (i << 2), 16), m);
    sum = f32x4.add(sum, f32x4.add(u, v));
    a = f32x4.add(a, f32x4.mul(u, u));
    b = f32x4.add(b, f32x4.mul(v, v));
  }
  for (; i < count; i += 4) {
    let u = f32x4.sub(v128.load(x + (i << 2)), m);
    if (i + 4 > count) u = keepFirst(u, zero, count - i);
    sum = f32x4.add(sum, u);
    a = f32x4.add(a, f32x4.mul(u, u));
  }
  return f32x4.replace_lane(f32x4.splat(sumLanes(sum)), 1, sumLanes(f32x4.add(a, b)));
}

export function norm(command: NormCommand): void {
  const rows = command.rows, columns = command.columns, chunk = command.chunk;
  const tasks = (rows + chunk - 1) / chunk, weight = command.weight, bias = command.bias;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const end = min(rows, (task + 1) * chunk);
    for (let row = task * chunk; row < end; row++) {
      const x = command.x + (row * columns << 2), y = command.y + (row * columns << 2);
      const mean: f32 = command.rms ? 0 : rowSum(x, columns) / <f32>columns;
      const sums = deviations(x, columns, mean);
      // What the rounded mean is off by: matters where a row hardly varies.
      const rest: f32 = command.rms ? 0 : f32x4.extract_lane(sums, 0) / <f32>columns;
      const variance = max<f32>(0, f32x4.extract_lane(sums, 1) / <f32>columns - rest * rest);
      const rstd: f32 = 1 / sqrt<f32>(variance + command.eps);
      if (command.mean) store<f32>(command.mean + (row << 2), mean);
      if (command.rstd) store<f32>(command.rstd + (row << 2), rstd);
      const m = f32x4.splat(mean), d = f32x4.splat(rest), r = f32x4.splat(rstd);
      for (let i: u32 = 0; i < columns; i += 4) {
        let value = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x + (i << 2)), m), d), r);
        if (weight) value = f32x4.mul(value, v128.load(weight + (i << 2)));
        if (bias) value = f32x4.add(value, v128.load(bias + (i << 2)));
        if (i + 4 <= columns) v128.store(y + (i << 2), value);
        else storeFirst(y + (i << 2), value, columns - i);
      }
    }
  }
}

/**
 * With h = (x - mean) * rstd and g = dy * weight:
 *   dx = rstd * (g - mean(g) - h * mean(g h))   (no mean(g) for RMS norm)
 */
function backwardRow(command: NormBackwardCommand, row: u32, dweight: usize, dbias: usize): void {
  const columns = command.columns, weight = command.weight;
  const x = command.x + (row * columns << 2), dy = command.dy + (row * columns << 2);
  const rstd = f32x4.splat(load<f32>(command.rstd + (row << 2)));
  const mean = command.rms ? f32x4.splat(0) : f32x4.splat(load<f32>(command.mean + (row << 2)));
  const zero = f32x4.splat(0);
  let sum = zero, dot = zero;
  for (let i: u32 = 0; i < columns; i += 4) {
    const at = i << 2;
    let d = v128.load(dy + at), h = f32x4.mul(f32x4.sub(v128.load(x + at), mean), rstd);
    if (i + 4 > columns) {
      d = keepFirst(d, zero, columns - i);
      h = keepFirst(h, zero, columns - i);
    }
    // The partial sums have room for a whole last vector.
    if (dweight) v128.store(dweight + at, f32x4.add(v128.load(dweight + at), f32x4.mul(d, h)));
    if (dbias) v128.store(dbias + at, f32x4.add(v128.load(dbias + at), d));
    let g = weight ? f32x4.mul(d, v128.load(weight + at)) : d;
    if (i + 4 > columns) g = keepFirst(g, zero, columns - i);
    sum = f32x4.add(sum, g);
    dot = f32x4.add(dot, f32x4.mul(g, h));
  }
  if (!command.dx) return;
  const dx = command.dx + (row * columns << 2);
  const meanOfG = command.rms ? zero : f32x4.splat(sumLanes(sum) / <f32>columns);
  const meanOfGh = f32x4.splat(sumLanes(dot) / <f32>columns);
  for (let i: u32 = 0; i < columns; i += 4) {
    const at = i << 2;
    const h = f32x4.mul(f32x4.sub(v128.load(x + at), mean), rstd);
    const g = weight ? f32x4.mul(v128.load(dy + at), v128.load(weight + at)) : v128.load(dy + at);
    const value = f32x4.mul(rstd, f32x4.sub(f32x4.sub(g, meanOfG), f32x4.mul(h, meanOfGh)));
    if (i + 4 <= columns) v128.store(dx + at, value);
    else storeFirst(dx + at, value, columns - i);
  }
}

export function normBackward(command: NormBackwardCommand): void {
  const rows = command.rows, columns = command.columns, chunk = command.chunk;
  const tasks = (rows + chunk - 1) / chunk;
  const pitch = ((columns + 3) & ~3) << 2;
  const wanted = command.dweight != 0 || command.dbias != 0;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const sums = command.partial + task * pitch * 2;
    if (wanted) memory.fill(sums, 0, pitch * 2);
    const end = min(rows, (task + 1) * chunk);
    for (let row = task * chunk; row < end; row++) {
      backwardRow(command, row, command.dweight ? sums : 0, command.dbias ? sums + pitch : 0);
    }
  }
  if (!wanted) return;
  barrier();
  const columnTasks = (columns + 63) >> 6;
  for (let task = firstTask(columnTasks); task < columnTasks; task = nextTask(task)) {
    const first = task << 6, count = min(columns - first, 64);
    if (command.dweight) addPartials(command.dweight, command.partial, pitch * 2, tasks, first, count);
    if (command.dbias) addPartials(command.dbias, command.partial + pitch, pitch * 2, tasks, first, count);
  }
}

/** Sums `tasks` rows of partial sums in order, columns first .. first + count. */
function addPartials(to: usize, partial: usize, pitch: usize, tasks: u32, first: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i += 4) {
    const at = first + i << 2;
    let sum = f32x4.splat(0);
    for (let task: u32 = 0; task < tasks; task++) sum = f32x4.add(sum, v128.load(partial + task * pitch + at));
    if (i + 4 <= count) v128.store(to + at, sum);
    else storeFirst(to + at, sum, count - i);
  }
}
