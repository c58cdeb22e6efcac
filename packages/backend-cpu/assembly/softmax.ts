/**
 * Softmax and log-softmax of rows, forward and backward. A task is some rows; each row is read from memory once (the
 * later passes find it in cache). The largest element is subtracted first, so that nothing overflows.
 */
import { rowDot, rowExp, rowMax, rowScale, rowSum, rowSumExp } from './rows';
import { exp, log } from './math';
import { firstTask, nextTask } from './threads';
import { storeFirst } from './simd';

@unmanaged
export class SoftmaxCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  log: u32;
  rows: u32;
  columns: u32;
  /** Rows of a task. */
  chunk: u32;
  x: usize;
  y: usize;
}

@unmanaged
export class SoftmaxBackwardCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  log: u32;
  rows: u32;
  columns: u32;
  chunk: u32;
  y: usize;
  dy: usize;
  dx: usize;
}

/** log of one float by the same polynomial as everywhere. */
// @ts-ignore: decorator
@inline
export function logOf(x: f32): f32 {
  return f32x4.extract_lane(log(f32x4.splat(x)), 0);
}

export function softmax(command: SoftmaxCommand): void {
  const rows = command.rows, columns = command.columns, chunk = command.chunk;
  const tasks = (rows + chunk - 1) / chunk;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const end = min(rows, (task + 1) * chunk);
    for (let row = task * chunk; row < end; row++) {
      const x = command.x + (row * columns << 2), y = command.y + (row * columns << 2);
      const most = rowMax(x, columns);
      if (command.log) {
        rowScale(x, y, columns, 1, -most);
        // The shift and the sum are kept apart: x - most is exact where it matters.
        rowScale(y, y, columns, 1, -logOf(rowSumExp(x, columns, most)));
      } else {
        rowScale(y, y, columns, 1 / rowExp(x, y, columns, 1, most), 0);
      }
    }
  }
}

export function softmaxBackward(command: SoftmaxBackwardCommand): void {
  const rows = command.rows, columns = command.columns, chunk = command.chunk;
  const tasks = (rows + chunk - 1) / chunk;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const end = min(rows, (task + 1) * chunk);
    for (let row = task * chunk; row < end; row++) {
      const at = row * columns << 2;
      if (command.log) logRow(command.y + at, command.dy + at, command.dx + at, columns);
      else plainRow(command.y + at, command.dy + at, command.dx + at, columns);
    }
  }
}

/** dx = y * (dy - sum(y dy)) */
function plainRow(y: usize, dy: usize, dx: usize, columns: u32): void {
  const dot = f32x4.splat(rowDot(y, dy, columns));
  for (let i: u32 = 0; i < columns; i += 4) {
    const at = i << 2;
    const value = f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(dy + at), dot));
    if (i + 4 <= columns) v128.store(dx + at, value);
    else storeFirst(dx + at, value, columns - i);
  }
}

/** dx = dy - exp(y) * sum(dy) */
function logRow(y: usize, dy: usize, dx: usize, columns: u32): void {
  const sum = f32x4.splat(rowSum(dy, columns));
  for (let i: u32 = 0; i < columns; i += 4) {
    const at = i << 2;
    const value = f32x4.sub(v128.load(dy + at), f32x4.mul(exp(v128.load(y + at)), sum));
    if (i + 4 <= columns) v128.store(dx + at, value);
    else storeFirst(dx + at, value, columns - i);
  }
}
