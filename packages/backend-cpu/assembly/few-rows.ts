/**
 * Products of one row with a matrix, at the speed of memory: generation multiplies one new row by every weight, so each
 * weight is read once and nothing is gained by packing. Used by matmul and attention for up to four rows.
 */
import { multiplyAdd, sumLanes } from './simd';

/**
 * c[j] = x . column j, for contiguous columns `step` bytes apart. One column after the other: memory is read as one
 * stream, which the hardware foresees best; four sums hide the time that an addition takes.
 */
export function dotColumns(x: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
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

/** c = sum over l of x[l] * row l of B; four rows at a time, so that c is read and written once for four. */
export function sumRows(x: usize, xStep: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
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
