/**
 * Products of one row with a matrix, at the speed of memory: generation multiplies one new row by every weight, so each
 * weight is read once and nothing is gained by packing. Used by matmul and attention for up to four rows.
 * A dot product is one sum in one order, whichever columns and rows are computed beside it.
 */
import { multiplyAdd, sumLanes, sumLanesOf4 } from './simd';

/** Columns of a matrix that lies in memory are read one after the other from this length on. */
const SHORT: u32 = 64;

/** c[j] = x . column j, for contiguous columns `step` bytes apart that come from memory. */
export function dotColumns(x: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
  if (k > SHORT) dotLongColumns(x, b, step, columns, k, c);
  else dotCachedColumns(x, b, step, columns, k, c);
}

/**
 * The same for columns that are in a cache (the keys of a head, a small layer): four at a time, each in two vectors of
 * sums, so that no addition waits for the one before; the four are added up together, since adding up the lanes of one
 * costs as much as its products.
 */
export function dotCachedColumns(x: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
  const pairs: usize = (k & ~7) << 2, whole: usize = (k & ~3) << 2, all: usize = k << 2;
  let j: u32 = 0;
  for (; j + 4 <= columns; j += 4, b += step << 2, c += 16) {
    const b1 = b + step, b2 = b1 + step, b3 = b2 + step;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let at: usize = 0;
    if (pairs) {
      // Begun with products: heads of 8 have no more, and an addition to zero would cost as much.
      let v = v128.load(x), w = v128.load(x, 16);
      s0 = f32x4.mul(v, v128.load(b)); s1 = f32x4.mul(v, v128.load(b1));
      s2 = f32x4.mul(v, v128.load(b2)); s3 = f32x4.mul(v, v128.load(b3));
      let t0 = f32x4.mul(w, v128.load(b, 16)), t1 = f32x4.mul(w, v128.load(b1, 16));
      let t2 = f32x4.mul(w, v128.load(b2, 16)), t3 = f32x4.mul(w, v128.load(b3, 16));
      for (at = 32; at < pairs; at += 32) {
        v = v128.load(x + at); w = v128.load(x + at, 16);
        s0 = multiplyAdd(v, v128.load(b + at), s0);
        t0 = multiplyAdd(w, v128.load(b + at, 16), t0);
        s1 = multiplyAdd(v, v128.load(b1 + at), s1);
        t1 = multiplyAdd(w, v128.load(b1 + at, 16), t1);
        s2 = multiplyAdd(v, v128.load(b2 + at), s2);
        t2 = multiplyAdd(w, v128.load(b2 + at, 16), t2);
        s3 = multiplyAdd(v, v128.load(b3 + at), s3);
        t3 = multiplyAdd(w, v128.load(b3 + at, 16), t3);
      }
      s0 = f32x4.add(s0, t0); s1 = f32x4.add(s1, t1); s2 = f32x4.add(s2, t2); s3 = f32x4.add(s3, t3);
    }
    if (at == all) {
      v128.store(c, sumLanesOf4(s0, s1, s2, s3));
      continue;
    }
    if (at < whole) {
      const v = v128.load(x + at);
      s0 = multiplyAdd(v, v128.load(b + at), s0);
      s1 = multiplyAdd(v, v128.load(b1 + at), s1);
      s2 = multiplyAdd(v, v128.load(b2 + at), s2);
      s3 = multiplyAdd(v, v128.load(b3 + at), s3);
      at = whole;
    }
    let sums = sumLanesOf4(s0, s1, s2, s3);
    for (; at < all; at += 4) {
      const last = f32x4(load<f32>(b + at), load<f32>(b1 + at), load<f32>(b2 + at), load<f32>(b3 + at));
      sums = f32x4.add(sums, f32x4.mul(f32x4.splat(load<f32>(x + at)), last));
    }
    v128.store(c, sums);
  }
  // The same sums, column by column.
  for (; j < columns; j++, b += step, c += 4) {
    let s = f32x4.splat(0);
    let at: usize = 0;
    if (pairs) {
      s = f32x4.mul(v128.load(x), v128.load(b));
      let t = f32x4.mul(v128.load(x, 16), v128.load(b, 16));
      for (at = 32; at < pairs; at += 32) {
        s = multiplyAdd(v128.load(x + at), v128.load(b + at), s);
        t = multiplyAdd(v128.load(x + at, 16), v128.load(b + at, 16), t);
      }
      s = f32x4.add(s, t);
    }
    if (at < whole) {
      s = multiplyAdd(v128.load(x + at), v128.load(b + at), s);
      at = whole;
    }
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
  for (let j: u32 = 0; j < columns; j++, b += step, c += 4) store<f32>(c, dotLong(x, b, k));
}

/**
 * Up to four rows of x, `xStep` bytes apart: two share the loads of a column, and the other two find it in L1. The same
 * bits as one row at a time.
 */
export function dotColumnsOfRows(
  x: usize, xStep: usize, rows: u32, b: usize, step: usize, columns: u32, k: u32, c: usize, cStep: usize,
): void {
  if (k <= SHORT || rows == 1) {
    for (let row: u32 = 0; row < rows; row++) dotColumns(x + row * xStep, b, step, columns, k, c + row * cStep);
    return;
  }
  for (let j: u32 = 0; j < columns; j++, b += step, c += 4) {
    let at = x, to = c, row: u32 = 0;
    for (; row + 2 <= rows; row += 2, at += xStep << 1, to += cStep << 1) dotLongOfTwo(at, xStep, b, k, to, cStep);
    if (row < rows) store<f32>(to, dotLong(at, b, k));
  }
}

// @ts-ignore: decorator
@inline
function dotLong(x: usize, b: usize, k: u32): f32 {
  const wide: usize = (k & ~15) << 2, whole: usize = (k & ~3) << 2, all: usize = k << 2;
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
  return sum;
}

/** Two rows by one column, in the order of `dotLong`. */
// @ts-ignore: decorator
@inline
function dotLongOfTwo(x: usize, xStep: usize, b: usize, k: u32, c: usize, cStep: usize): void {
  const wide: usize = (k & ~15) << 2, whole: usize = (k & ~3) << 2, all: usize = k << 2;
  const y = x + xStep;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  let at: usize = 0;
  for (; at < wide; at += 64) {
    let v = v128.load(b + at);
    s0 = multiplyAdd(v128.load(x + at), v, s0);
    t0 = multiplyAdd(v128.load(y + at), v, t0);
    v = v128.load(b + at, 16);
    s1 = multiplyAdd(v128.load(x + at, 16), v, s1);
    t1 = multiplyAdd(v128.load(y + at, 16), v, t1);
    v = v128.load(b + at, 32);
    s2 = multiplyAdd(v128.load(x + at, 32), v, s2);
    t2 = multiplyAdd(v128.load(y + at, 32), v, t2);
    v = v128.load(b + at, 48);
    s3 = multiplyAdd(v128.load(x + at, 48), v, s3);
    t3 = multiplyAdd(v128.load(y + at, 48), v, t3);
  }
  for (; at < whole; at += 16) {
    const v = v128.load(b + at);
    s0 = multiplyAdd(v128.load(x + at), v, s0);
    t0 = multiplyAdd(v128.load(y + at), v, t0);
  }
  let s = sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  let t = sumLanes(f32x4.add(f32x4.add(t0, t1), f32x4.add(t2, t3)));
  for (; at < all; at += 4) {
    s += load<f32>(x + at) * load<f32>(b + at);
    t += load<f32>(y + at) * load<f32>(b + at);
  }
  store<f32>(c, s);
  store<f32>(c + cStep, t);
}

/** Rows up to this long are summed in registers. */
const NARROW: u32 = 16;

/** c = sum over l of x[l] * row l of B, one row after the other. */
export function sumRows(x: usize, xStep: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
  if (columns > NARROW) sumWideRows(x, xStep, b, step, columns, k, c);
  else sumNarrowRows(x, xStep, b, step, columns, k, c);
}

/**
 * Narrow rows (the values of a head): the sums of eight columns stay in registers, four times, for every fourth row, so
 * that no addition waits for the one before.
 */
function sumNarrowRows(x: usize, xStep: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
  let j: u32 = 0;
  for (; j + 8 <= columns; j += 8) {
    let s0 = f32x4.splat(0), s1 = s0, t0 = s0, t1 = s0, u0 = s0, u1 = s0, v0 = s0, v1 = s0;
    let row = b + (j << 2), factor = x, l: u32 = 0;
    for (; l + 4 <= k; l += 4) {
      let f = v128.load32_splat(factor);
      s0 = multiplyAdd(f, v128.load(row), s0);
      s1 = multiplyAdd(f, v128.load(row, 16), s1);
      row += step;
      factor += xStep;
      f = v128.load32_splat(factor);
      t0 = multiplyAdd(f, v128.load(row), t0);
      t1 = multiplyAdd(f, v128.load(row, 16), t1);
      row += step;
      factor += xStep;
      f = v128.load32_splat(factor);
      u0 = multiplyAdd(f, v128.load(row), u0);
      u1 = multiplyAdd(f, v128.load(row, 16), u1);
      row += step;
      factor += xStep;
      f = v128.load32_splat(factor);
      v0 = multiplyAdd(f, v128.load(row), v0);
      v1 = multiplyAdd(f, v128.load(row, 16), v1);
      row += step;
      factor += xStep;
    }
    for (; l < k; l++, row += step, factor += xStep) {
      const f = v128.load32_splat(factor);
      s0 = multiplyAdd(f, v128.load(row), s0);
      s1 = multiplyAdd(f, v128.load(row, 16), s1);
    }
    v128.store(c + (j << 2), f32x4.add(f32x4.add(s0, t0), f32x4.add(u0, v0)));
    v128.store(c + (j << 2), f32x4.add(f32x4.add(s1, t1), f32x4.add(u1, v1)), 16);
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
