/**
 * Products with quantised weights: y[r, j] = sum over l of x[r, l] * q[j, l] * scale[j, l / groupSize].
 *
 * A generated token multiplies one row by every weight of a model, so this runs at the speed of memory, and weights of a
 * byte or half a byte are there four or eight times as fast as floats, if they are used as fast. Turning each into a
 * float takes too long for that, so x is turned into integers instead, once for many columns: with a power of two p that
 * brings the row's largest |x| to 2^28 ... 2^29, X = round(x p) is split into X = 2^15 high + low, two 16-bit numbers,
 * and the SIMD product of pairs of 16-bit integers sums exactly what floats would round. Only the 29th bit below the
 * row's largest element is lost (a float32 sum of the same terms loses the 24th).
 *   - int8: weights are widened to 16 bits as they are loaded, in order.
 *   - int4: a 16-bit part of a word holds four weights; value c of each part comes down by two shifts, so vector c of a
 *     block of 32 holds weights c, c + 4, ... c + 28, and the parts of x lie in the same order.
 * The copy is filled up with zeros to whole blocks, so that what follows a row's last weight counts nothing. One column
 * after the other is read, as one stream; a few rows take turns while a task's columns are in cache. A row that is not
 * finite takes a plain loop.
 *
 * Many rows (a prompt) are worth floats: a task turns its columns into panels for the matmul's micro-kernel.
 */
import { multiplyTiles } from './microkernel';
import { barrier, firstTask, nextTask, scratch } from './threads';
import { maxLanes, sumLanes } from './simd';

@unmanaged
export class QuantisedCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  bits: u32;
  rows: u32;
  columns: u32;
  depth: u32;
  groupSize: u32;
  /** Columns of a task; for many rows a multiple of 8. */
  columnTask: u32;
  /** Shared scratch memory for the parts of x; 0: many rows, by panels of floats. */
  parts: usize;
  x: usize;
  weight: usize;
  /** Bytes of a row of weights. */
  weightRow: usize;
  scale: usize;
  /** Bytes of a row of scales. */
  scaleRow: usize;
  y: usize;
}

/** Rows of x that are multiplied before the next: they stay in L2. */
// @ts-ignore: decorator
@inline const ROW_BLOCK: u32 = 60;
/** Depth of a block: a panel of 8 columns stays in L1. */
// @ts-ignore: decorator
@inline const DEPTH_BLOCK: u32 = 384;
/** Blocks of 32 weights that are summed in 32 bits: a lane gets 4 pairs of products of 15 and 8 bits of each. */
// @ts-ignore: decorator
@inline const MOST_BLOCKS: u32 = 32;

/** Largest |x| of a row; NaN if there is one. */
function largest(x: usize, depth: u32): f32 {
  let most = f32x4.splat(0), l: u32 = 0, last: f32 = 0;
  for (; l + 4 <= depth; l += 4) most = f32x4.max(most, f32x4.abs(v128.load(x + (l << 2))));
  for (; l < depth; l++) last = max(last, abs(load<f32>(x + (l << 2))));
  return max(last, maxLanes(most));
}

/** The power of two that brings `most` (finite, not negative) to 2^28 ... 2^29, or as near as a float allows. */
function factorFor(most: f32): f32 {
  const exponent = <i32>(reinterpret<u32>(most) >> 23) - 127;
  return reinterpret<f32>(<u32>min(28 - exponent, 126) + 127 << 23);
}

/**
 * The parts of a row, `blocks` blocks of 32 numbers: four times 8 high and 8 low ones, in the order in which the weights
 * come (8 next to each other, or for int4 every fourth).
 */
function splitRow(bits: u32, x: usize, depth: u32, factor: f32, to: usize, blocks: u32): void {
  for (let l: u32 = 0; l < blocks << 5; l++) {
    const value = l < depth ? <i32>nearest<f32>(load<f32>(x + (l << 2)) * factor) : 0;
    const vector = bits == 4 ? l & 3 : (l >> 3) & 3, lane = bits == 4 ? (l >> 2) & 7 : l & 7;
    const at = to + (l >> 5 << 7) + (vector << 5) + (lane << 1);
    store<i16>(at, value >> 15);
    store<i16>(at, value & 0x7fff, 16);
  }
}

/** sum + a . b, by pairs of 16-bit integers. */
// @ts-ignore: decorator
@inline
function dot(a: v128, b: v128, sum: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(a, b));
}

/** Weight `c` of the four in each 16-bit part. `c` is a constant where this is inlined. */
// @ts-ignore: decorator
@inline
function nibbles(words: v128, c: i32): v128 {
  return i16x8.shr_s(c < 3 ? i16x8.shl(words, 12 - (c << 2)) : words, 12);
}

/** 2^15 high + low of both sums, as floats. */
// @ts-ignore: decorator
@inline
function joined(high: v128, low: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(high), f32x4.splat(32768)), f32x4.convert_i32x4_s(low));
}

/** One column by one row of x, whose parts are at `x`; still to be divided by the row's factor. */
// @ts-ignore: decorator
@inline
function column(bits: u32, x: usize, w: usize, scale: usize, blocks: u32, groupBlocks: u32): f32 {
  let y = f32x4.splat(0);
  while (blocks) {
    let group = min(blocks, groupBlocks);
    const factor = v128.load32_splat(scale);
    blocks -= group;
    scale += 4;
    while (group) {
      const count = min(group, MOST_BLOCKS), end = x + (count << 7);
      group -= count;
      let a = i32x4.splat(0), b = a;
      for (; x < end; x += 128) {
        const words = v128.load(w);
        let q = bits == 8 ? v128.load_ext<i8>(w) : nibbles(words, 0);
        a = dot(v128.load(x), q, a); b = dot(v128.load(x, 16), q, b);
        q = bits == 8 ? v128.load_ext<i8>(w, 8) : nibbles(words, 1);
        a = dot(v128.load(x, 32), q, a); b = dot(v128.load(x, 48), q, b);
        q = bits == 8 ? v128.load_ext<i8>(w, 16) : nibbles(words, 2);
        a = dot(v128.load(x, 64), q, a); b = dot(v128.load(x, 80), q, b);
        q = bits == 8 ? v128.load_ext<i8>(w, 24) : nibbles(words, 3);
        a = dot(v128.load(x, 96), q, a); b = dot(v128.load(x, 112), q, b);
        w += bits << 2;
      }
      y = f32x4.add(y, f32x4.mul(joined(a, b), factor));
    }
  }
  return sumLanes(y);
}

function column8(x: usize, w: usize, scale: usize, blocks: u32, groupBlocks: u32): f32 {
  return column(8, x, w, scale, blocks, groupBlocks);
}
function column4(x: usize, w: usize, scale: usize, blocks: u32, groupBlocks: u32): f32 {
  return column(4, x, w, scale, blocks, groupBlocks);
}

/** A row that holds an infinity or NaN, by columns first ... end, one weight at a time. */
function plainRow(command: QuantisedCommand, row: u32, first: u32, end: u32): void {
  const x = command.x + (row * command.depth << 2), bits = command.bits, perWord = 32 / bits;
  for (let j = first; j < end; j++) {
    const w = command.weight + j * command.weightRow, scale = command.scale + j * command.scaleRow;
    let sum: f32 = 0;
    for (let l: u32 = 0; l < command.depth; l++) {
      const up = 32 - bits - l % perWord * bits;
      const q = load<i32>(w + (l / perWord << 2)) << up >> (32 - bits);
      sum += load<f32>(x + (l << 2)) * (<f32>q * load<f32>(scale + (l / command.groupSize << 2)));
    }
    store<f32>(command.y + (row * command.columns + j << 2), sum);
  }
}

/** Bytes from the parts of one row to the next: its blocks, and 1 / its factor (NaN if the row is not finite). */
// @ts-ignore: decorator
@inline
function partsPitch(blocks: u32): usize {
  return (<usize>blocks << 7) + 16;
}

/** All rows become integers, then meet the columns, some columns a task. */
function fewRows(command: QuantisedCommand): void {
  const rows = command.rows, columns = command.columns, columnTask = command.columnTask;
  const bits = command.bits, depth = command.depth, parts = command.parts;
  const blocks = depth + 31 >> 5, pitch = partsPitch(blocks), back: usize = blocks << 7;
  const groupBlocks = max<u32>(1, min(command.groupSize, depth) + 31 >> 5);
  for (let row = firstTask(rows); row < rows; row = nextTask(row)) {
    const x = command.x + (row * depth << 2), to = parts + row * pitch, most = largest(x, depth);
    const factor = factorFor(most);
    store<f32>(to + back, isFinite<f32>(most) ? 1 / factor : NaN);
    if (isFinite<f32>(most)) splitRow(bits, x, depth, factor, to, blocks);
  }
  barrier();
  const tasks = (columns + columnTask - 1) / columnTask;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const first = task * columnTask, end = min(columns, first + columnTask);
    for (let row: u32 = 0; row < rows; row++) {
      const x = parts + row * pitch, inverse = load<f32>(x + back);
      if (isNaN<f32>(inverse)) {
        plainRow(command, row, first, end);
        continue;
      }
      let w = command.weight + first * command.weightRow, scale = command.scale + first * command.scaleRow;
      for (let j = first; j < end; j++, w += command.weightRow, scale += command.scaleRow) {
        const sum = bits == 4 ? column4(x, w, scale, blocks, groupBlocks) : column8(x, w, scale, blocks, groupBlocks);
        store<f32>(command.y + (row * columns + j << 2), sum * inverse);
      }
    }
  }
}

/** A vector of four words. */
// @ts-ignore: decorator
@inline
function four(a: usize, b: usize, c: usize, d: usize): v128 {
  return v128.load32_lane(d, v128.load32_lane(c, v128.load32_lane(b, v128.load32_zero(a), 1), 2), 3);
}

/** Four columns from `w` on as floats, to every 32 bytes from `to` on: half a panel. Columns beyond `count` repeat the last. */
function widenColumns(command: QuantisedCommand, w: usize, scale: usize, count: u32, to: usize): void {
  const bits = command.bits, perWord: u32 = 32 / bits, depth = command.depth, last = count - 1;
  const one = min(1, last) * command.weightRow, two = min(2, last) * command.weightRow, three = min(3, last) * command.weightRow;
  const scale1 = scale + min(1, last) * command.scaleRow, scale2 = scale + min(2, last) * command.scaleRow, scale3 = scale + min(3, last) * command.scaleRow;
  let factor = f32x4.splat(0), group: usize = 0, left: u32 = 0;
  for (let l: u32 = 0; l < depth; l += perWord, w += 4) {
    if (!left) {
      factor = four(scale + group, scale1 + group, scale2 + group, scale3 + group);
      group += 4;
      // A word lies in one group.
      left = (min(command.groupSize, depth) + perWord - 1) / perWord;
    }
    left--;
    // Word by word of four columns: value c of each is one vector of the panel.
    const words = four(w, w + one, w + two, w + three);
    const end: u32 = min(perWord, depth - l);
    for (let c: u32 = 0; c < end; c++, to += 32) {
      const q = i32x4.shr_s(i32x4.shl(words, 32 - bits - c * bits), 32 - bits);
      v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(q), factor));
    }
  }
}

/** A task's columns become panels of floats, which meet all rows. */
function manyRows(command: QuantisedCommand): void {
  const depth = command.depth, columns = command.columns, columnTask = command.columnTask;
  const xStep: usize = depth << 2, yStep: usize = columns << 2;
  const tasks = (columns + columnTask - 1) / columnTask;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const first = task * columnTask, end = min(columns, first + columnTask);
    for (let j = first; j < end; j += 4) {
      const panel = scratch + (j - first >> 3) * (depth << 5) + (j - first & 4 ? 16 : 0);
      widenColumns(command, command.weight + j * command.weightRow, command.scale + j * command.scaleRow, min(end - j, 4), panel);
    }
    for (let row: u32 = 0; row < command.rows; row += ROW_BLOCK) {
      const rows = min(command.rows - row, ROW_BLOCK);
      for (let l: u32 = 0; l < depth; l += DEPTH_BLOCK) {
        const x = command.x + row * xStep + (l << 2), y = command.y + row * yStep + (first << 2);
        multiplyTiles(rows, end - first, min(depth - l, DEPTH_BLOCK), true, x, xStep, xStep * 5, scratch + (l << 5), 32, depth << 5, y, yStep, l > 0);
      }
    }
  }
}

export function quantisedMatmul(command: QuantisedCommand): void {
  if (command.parts) fewRows(command);
  else manyRows(command);
}
