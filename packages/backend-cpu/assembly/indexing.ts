/**
 * Selection by index and its transposes. Indices out of range are clamped and flagged.
 *
 * Additions happen in the order of the indices: a task owns a range of the inner axis (or of the output's rows) and
 * walks all indices, so no two threads add to one element and the order never changes.
 */
import { firstTask, nextTask } from './threads';
import { rowAdd } from './rows';

/** All four kinds share one layout; sizes in elements. */
@unmanaged
export class IndexCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  outer: u32;
  size: u32;
  inner: u32;
  count: u32;
  /** Bytes of an element: 4, 2 or 1 (selection only copies; sums are of 4). */
  elementBytes: u32;
  /** What is read (select, gather: the input; add, scatter: the source), and what is written. */
  from: usize;
  index: usize;
  to: usize;
  /** 0 for none. */
  flag: usize;
  /** The output keeps what it holds. */
  accumulate: u32;
  /** indexAdd: this index adds nothing (with `hasSkip`). scatter: 1 to sum, 0 to overwrite. */
  skip: i32;
  hasSkip: u32;
  /** Sums are of int32, not of float32. */
  integers: u32;
  /** Inner elements of a task. */
  chunk: u32;
}

// @ts-ignore: decorator
@inline
function clamped(command: IndexCommand, index: i32): u32 {
  if (<u32>index < command.size) return index;
  if (command.flag) store<i32>(command.flag, 1);
  return index < 0 ? 0 : command.size - 1;
}

/** to[o, i, :] = from[o, index[i], :]; a task is one row of rows. */
export function indexSelect(command: IndexCommand): void {
  const count = command.count, bytes = command.inner * command.elementBytes;
  const rows = command.outer * count, chunk = command.chunk;
  const tasks = (rows + chunk - 1) / chunk;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const end = min(rows, (task + 1) * chunk);
    for (let row = task * chunk; row < end; row++) {
      const at = clamped(command, load<i32>(command.index + ((row % count) << 2)));
      const from = command.from + ((row / count) * command.size + at) * bytes;
      if (bytes == 4) store<u32>(command.to + (row << 2), load<u32>(from));
      else memory.copy(command.to + row * bytes, from, bytes);
    }
  }
}

/** to[o, index[i], :] += from[o, i, :]; a task is a range of the inner axis of one outer element. */
export function indexAdd(command: IndexCommand): void {
  const count = command.count, inner = command.inner, chunk = command.chunk, size = command.size;
  const pieces = (inner + chunk - 1) / chunk, tasks = command.outer * pieces;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const outer = task / pieces, first = (task % pieces) * chunk, width = min(inner - first, chunk);
    const to = command.to + (outer * size * inner + first << 2);
    const from = command.from + (outer * count * inner + first << 2);
    if (!command.accumulate) {
      if (width == inner) memory.fill(to, 0, size * inner << 2);
      else for (let row: u32 = 0; row < size; row++) memory.fill(to + (row * inner << 2), 0, width << 2);
    }
    for (let i: u32 = 0; i < count; i++) {
      const index = load<i32>(command.index + (i << 2));
      if (command.hasSkip && index == command.skip) continue;
      const y = to + (clamped(command, index) * inner << 2), x = from + (i * inner << 2);
      if (!command.integers) rowAdd(y, x, width);
      else for (let j: u32 = 0; j < width; j++) store<i32>(y + (j << 2), load<i32>(y + (j << 2)) + load<i32>(x + (j << 2)));
    }
  }
}

/** to[o, i, n] = from[o, index[o, i, n], n] */
export function gather(command: IndexCommand): void {
  const count = command.count, inner = command.inner, bytes = command.elementBytes;
  const rows = command.outer * count, chunk = command.chunk;
  const tasks = (rows + chunk - 1) / chunk;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const end = min(rows, (task + 1) * chunk);
    for (let row = task * chunk; row < end; row++) {
      const base = (row / count) * command.size * inner;
      for (let n: u32 = 0; n < inner; n++) {
        const point = row * inner + n;
        const at = base + clamped(command, load<i32>(command.index + (point << 2))) * inner + n;
        if (bytes == 4) store<u32>(command.to + (point << 2), load<u32>(command.from + (at << 2)));
        else if (bytes == 2) store<u16>(command.to + (point << 1), load<u16>(command.from + (at << 1)));
        else store<u8>(command.to + point, load<u8>(command.from + at));
      }
    }
  }
}

/** to[o, index[o, i, n], n] takes from[o, i, n], in the order of i; a task is a range of n of one outer element. */
export function scatter(command: IndexCommand): void {
  const count = command.count, inner = command.inner, chunk = command.chunk, size = command.size;
  const bytes = command.elementBytes;
  const pieces = (inner + chunk - 1) / chunk, tasks = command.outer * pieces;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const outer = task / pieces, first = (task % pieces) * chunk, width = min(inner - first, chunk);
    const base = outer * size * inner + first, source = outer * count * inner + first;
    if (!command.accumulate) {
      for (let row: u32 = 0; row < size; row++) memory.fill(command.to + (base + row * inner) * bytes, 0, width * bytes);
    }
    for (let i: u32 = 0; i < count; i++) {
      for (let n: u32 = 0; n < width; n++) {
        const point = source + i * inner + n;
        const at = base + clamped(command, load<i32>(command.index + (point << 2))) * inner + n;
        if (command.skip) {
          const y = command.to + (at << 2), x = command.from + (point << 2);
          if (command.integers) store<i32>(y, load<i32>(y) + load<i32>(x));
          else store<f32>(y, load<f32>(y) + load<f32>(x));
        } else if (bytes == 4) {
          store<u32>(command.to + (at << 2), load<u32>(command.from + (point << 2)));
        } else if (bytes == 2) {
          store<u16>(command.to + (at << 1), load<u16>(command.from + (point << 1)));
        } else {
          store<u8>(command.to + at, load<u8>(command.from + point));
        }
      }
    }
  }
}
