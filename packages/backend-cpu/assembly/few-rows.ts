/**
 * Products of one row with a matrix, at the speed of memory: generation multiplies one new row by every weight, so each
 * weight is read once and nothing is gained by packing. Used by matmul and attention for up to four rows.
 */
import { multiplyAdd, sumLanes, sumLanesOf4 } from './simd';

/** Columns up to this long are summed four at a time. */
const SHORT: u32 = 64;

/** c[j] = x . column j, for contiguous columns `step` bytes apart. */
export function dotColumns(x: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
  if (k > SHORT) dotLongColumns(x, b, step, columns, k, c);
  else dotShortColumns(x, b, step, columns, k, c);
}

/**
 * Short columns (the keys of a head): four at a time, each in one vector of sums, and the four vectors are added up
 * together: adding up the lanes of one costs as much as its products.
 */
function dotShortColumns(x: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
  const whole: usize = (k & ~3) << 2, all: usize = k << 2;
  let j: u32 = 0;
  for (; j + 4 <= columns; j += 4, b += step << 2, c += 16) {
    const b1 = b + step, b2 = b1 + step, b3 = b2 + step;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let at: usize = 0;
    for (; at < whole; at += 16) {
      const v = v128.load(x + at);
      s0 = multiplyAdd(v, v128.load(b + at), s0);
      s1 = multiplyAdd(v, v128.load(b1 + at), s1);
      s2 = multiplyAdd(v, v128.load(b2 + at), s2);
      s3 = multiplyAdd(v, v128.load(b3 + at), s3);
    }
    let sums = sumLanesOf4(s0, s1, s2, s3);
    for (; at < all; at += 4) {
      const last = f32x4(load<f32>(b + at), load<f32>(b1 + at), load<f32>(b2 + at), load<f32>(b3 + at));
      sums = f32x4.add(sums, f32x4.mul(f32x4.splat(load<f32>(x + at)), last));
    }
    v128.store(c, sums);
  }
  for (; j < columns; j++, b += step, c += 4) {
    let s = f32x4.splat(0);
    let at: usize = 0;
    for (; at < whole; at += 16) s = multiplyAdd(v128.load(x + at), v128.load(b + at), s);
    let sum = sumLanes(s);
    for (; at < all; at += 4) sum += load<f32>(x + at) * load<f32>(b + at);
    store<f32>(c, sum);
  }
}

/**
 * Long columns, one after the other: memory is read as one stream, which the hardware foresees best; four sums hide the
 * time that an addition takes.
 */
function dotLongColumns(x: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
  const wide: usize = (k & ~15) << 2, whole: usize = (k & ~3) << 2, all: usize = k << 2;
  for (let j: u32 = 0; j < columns; j++, b += step, c += 4) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let at: usize = 0;
    for (; at < wide; at += 64) {
      s0 = multiplyAdd(v128.load(x + at), v128.load(b + at), s0);
      s1 = multiplyAdd(v128.load(x + at, 16), v128.load(b + at, 16), s1);
      s2 = multiplyAdd(v128.load(x + at, 32), v128.load(b + at, 32), s2);
      s3 = multiplyAdd(v128.load(x + at, 48), v128.load(b + at, 48), s3);
    }
    for (; at < whole; at += 16) s0 = multiplyAdd(v128.load(x + at), v128.load(b + at), s0);
    let sum = sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    for (; at < all; at += 4) sum += load<f32>(x + at) * load<f32>(b + at);
    store<f32>(c, sum);
  }
}

/** Rows up to this long are summed in registers. */
const NARROW: u32 = 16;

/** c = sum over l of x[l] * row l of B, one row after the other. */
export function sumRows(x: usize, xStep: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
  if (columns > NARROW) sumWideRows(x, xStep, b, step, columns, k, c);
  else sumNarrowRows(x, xStep, b, step, columns, k, c);
}

/**
 * Narrow rows (the values of a head): the sums of eight columns stay in registers. The same bits as `sumWideRows`, so
 * that it does not matter how the columns of a product are shared out.
 */
function sumNarrowRows(x: usize, xStep: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
  let j: u32 = 0;
  for (; j + 8 <= columns; j += 8) {
    let s0 = f32x4.splat(0), s1 = s0;
    let row = b + (j << 2), factor = x;
    for (let l: u32 = 0; l < k; l++, row += step, factor += xStep) {
      const f = v128.load32_splat(factor);
      s0 = multiplyAdd(f, v128.load(row), s0);
      s1 = multiplyAdd(f, v128.load(row, 16), s1);
    }
    v128.store(c + (j << 2), s0);
    v128.store(c + (j << 2), s1, 16);
  }
  for (; j + 4 <= columns; j += 4) {
    let s = f32x4.splat(0);
    let row = b + (j << 2), factor = x;
    for (let l: u32 = 0; l < k; l++, row += step, factor += xStep) {
      s = multiplyAdd(v128.load32_splat(factor), v128.load(row), s);
    }
    v128.store(c + (j << 2), s);
  }
  for (; j < columns; j++) {
    let sum: f32 = 0;
    let row = b + (j << 2), factor = x;
    for (let l: u32 = 0; l < k; l++, row += step, factor += xStep) sum += load<f32>(factor) * load<f32>(row);
    store<f32>(c + (j << 2), sum);
  }
}

/** Wide rows, four at a time, so that c is read and written once for four. */
function sumWideRows(x: usize, xStep: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
  const whole = columns & ~3;
  for (let j: u32 = 0; j < columns; j++) store<f32>(c + (j << 2), 0);
  let l: u32 = 0;
  for (; l + 4 <= k; l += 4, b += step << 2, x += xStep << 2) {
    const f0 = load<f32>(x), f1 = load<f32>(x + xStep), f2 = load<f32>(x + xStep * 2), f3 = load<f32>(x + xStep * 3);
    const x0 = f32x4.splat(f0), x1 = f32x4.splat(f1), x2 = f32x4.splat(f2), x3 = f32x4.splat(f3);
    const b1 = b + step, b2 = b1 + step, b3 = b2 + step;
    let at: usize = 0;
    for (const end = whole << 2; at < end; at += 16) {
      let sum = multiplyAdd(x0, v128.load(b + at), v128.load(c + at));
      sum = multiplyAdd(x1, v128.load(b1 + at), sum);
      sum = multiplyAdd(x2, v128.load(b2 + at), sum);
      sum = multiplyAdd(x3, v128.load(b3 + at), sum);
      v128.store(c + at, sum);
    }
    for (const end = columns << 2; at < end; at += 4) {
      store<f32>(c + at, load<f32>(c + at) + f0 * load<f32>(b + at) + f1 * load<f32>(b1 + at) + f2 * load<f32>(b2 + at) + f3 * load<f32>(b3 + at));
    }
  }
  for (; l < k; l++, b += step, x += xStep) {
    const f = load<f32>(x);
    const v = f32x4.splat(f);
    let at: usize = 0;
    for (const end = whole << 2; at < end; at += 16) v128.store(c + at, multiplyAdd(v, v128.load(b + at), v128.load(c + at)));
    for (const end = columns << 2; at < end; at += 4) store<f32>(c + at, load<f32>(c + at) + f * load<f32>(b + at));
  }
}
