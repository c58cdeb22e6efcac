/**
 * Sorting and running sums of rows. A task is some rows.
 *
 * A row is sorted as 64-bit words: a key whose order as an unsigned number is the wanted one, and below it the place, so
 * that equal elements keep their order. Few of many are kept in a short sorted list while the row is read once; else the
 * words are sorted byte by byte from the lowest (radix sort: Knuth, The Art of Computer Programming 3, 5.2.5), where a byte that
 * all keys share is passed over.
 */
import { alive, firstTask, nextTask, scratch } from './threads';

@unmanaged
export class SortCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  rows: u32;
  columns: u32;
  /** Places wanted of each row. */
  count: u32;
  /** All bits set to sort downwards, else 0. */
  turn: u32;
  integers: u32;
  /** Keep a short list instead of sorting whole rows. */
  few: u32;
  /** Rows of a task. */
  chunk: u32;
  x: usize;
  indices: usize;
}

/** How far up the order an element belongs: as an unsigned number, 0 and -0 alike, NaN above all. */
// @ts-ignore: decorator
@inline
function keyOf(at: usize, integers: bool): u32 {
  const bits = load<u32>(at);
  if (integers) return bits ^ 0x80000000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return 0xffffffff;
  if (size == 0) return 0x80000000;
  return bits >> 31 ? ~bits : bits | 0x80000000;
}

// @ts-ignore: decorator
@inline
function wordOf(command: SortCommand, row: usize, i: u32): u64 {
  return (<u64>(keyOf(row + (i << 2), command.integers != 0) ^ command.turn) << 32) | i;
}

export function sort(command: SortCommand): void {
  const rows = command.rows, columns = command.columns, count = command.count, chunk = command.chunk;
  const tasks = (rows + chunk - 1) / chunk;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const end = min(rows, (task + 1) * chunk);
    for (let row = task * chunk; row < end; row++) {
      const x = command.x + (row * columns << 2), to = command.indices + (row * count << 2);
      const sorted = command.few ? keepFew(command, x) : sortAll(command, x);
      for (let i: u32 = 0; i < count; i++) store<u32>(to + (i << 2), load<u32>(sorted + (i << 3)));
    }
  }
}

/** The first `count` words in order, in scratch memory: each that belongs there pushes the later ones on. */
function keepFew(command: SortCommand, x: usize): usize {
  const columns = command.columns, count = command.count;
  let kept: u32 = 0;
  let last: u64 = u64.MAX_VALUE;
  for (let i: u32 = 0; i < columns; i++) {
    const word = wordOf(command, x, i);
    if (word > last) continue;
    let at: u32 = kept < count ? kept++ : count - 1;
    for (; at > 0 && load<u64>(scratch + (at - 1 << 3)) > word; at--)
      store<u64>(scratch + (at << 3), load<u64>(scratch + (at - 1 << 3)));
    store<u64>(scratch + (at << 3), word);
    if (kept == count) last = load<u64>(scratch + (count - 1 << 3));
  }
  return scratch;
}

/** All words in order, in one of two halves of scratch memory; behind them lie 256 counters. */
function sortAll(command: SortCommand, x: usize): usize {
  const columns = command.columns, counters = scratch + (columns << 4);
  let from = scratch, to = scratch + (columns << 3);
  for (let i: u32 = 0; i < columns; i++) store<u64>(from + (i << 3), wordOf(command, x, i));
  for (let shift: u64 = 32; shift < 64; shift += 8) {
    alive();
    memory.fill(counters, 0, 1024);
    for (let i: u32 = 0; i < columns; i++) {
      const counter = counters + (<usize>(load<u64>(from + (i << 3)) >> shift & 255) << 2);
      store<u32>(counter, load<u32>(counter) + 1);
    }
    if (load<u32>(counters + (<usize>(load<u64>(from) >> shift & 255) << 2)) == columns) continue;
    for (let byte: u32 = 0, before: u32 = 0; byte < 256; byte++) {
      const here = load<u32>(counters + (byte << 2));
      store<u32>(counters + (byte << 2), before);
      before += here;
    }
    for (let i: u32 = 0; i < columns; i++) {
      const word = load<u64>(from + (i << 3));
      const counter = counters + (<usize>(word >> shift & 255) << 2);
      const place = load<u32>(counter);
      store<u32>(counter, place + 1);
      store<u64>(to + (place << 3), word);
    }
    const other = from;
    from = to;
    to = other;
  }
  return from;
}

@unmanaged
export class ScanCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  outer: u32;
  size: u32;
  inner: u32;
  reverse: u32;
  integers: u32;
  /** Lines of a task. */
  chunk: u32;
  x: usize;
  y: usize;
}

/** Floats are added up in float64, as PyTorch does on a CPU: the error of a long line stays that of one rounding. */
export function scan(command: ScanCommand): void {
  const size = command.size, inner = command.inner, chunk = command.chunk;
  const lines = command.outer * inner, tasks = (lines + chunk - 1) / chunk;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const end = min(lines, (task + 1) * chunk);
    for (let line = task * chunk; line < end; line++) {
      const first = line / inner * size * inner + line % inner;
      let at = (command.reverse ? first + (size - 1) * inner : first) << 2;
      const step: i32 = command.reverse ? -(<i32>inner << 2) : <i32>inner << 2;
      if (command.integers) {
        let sum: i32 = 0;
        for (let i: u32 = 0; i < size; i++, at += step) {
          sum += load<i32>(command.x + at);
          store<i32>(command.y + at, sum);
        }
      } else {
        let sum: f64 = 0;
        for (let i: u32 = 0; i < size; i++, at += step) {
          sum += load<f32>(command.x + at);
          store<f32>(command.y + at, <f32>sum);
        }
      }
    }
  }
}
