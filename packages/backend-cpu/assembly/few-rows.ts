/**
 * Products of one row with a matrix, at the speed of memory: generation multiplies one new row by every weight, so each
 * weight is read once and nothing is gained by packing. Used by matmul and attention for up to four rows.
 */
import { multiplyAdd, sumLanes } from './simd';

/** c[j] = x . column j, for contiguous columns `step` bytes apart; four columns at a time. */
export function dotColumns(x: usize, b: usize, step: usize, columns: u32, k: u32, c: usize): void {
  const whole = k & ~3;
  for (let j: u32 = 0; j < columns; j += 4, b += step << 2) {
    const last = min(columns - j, 4) - 1;
    const b1 = b + min(1, last) * step, b2 = b + min(2, last) * step, b3 = b + min(3, last) * step;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let at: usize = 0;
    for (const end = whole << 2; at < end; at += 16) {
      const v = v128.load(x + at);
      s0 = multiplyAdd(v, v128.load(b + at), s0);
      s1 = multiplyAdd(v, v128.load(b1 + at), s1);
      s2 = multiplyAdd(v, v128.load(b2 + at), s2);
      s3 = multiplyAdd(v, v128.load(b3 + at), s3);
    }
    let r0 = sumLanes(s0), r1 = sumLanes(s1), r2 = sumLanes(s2), r3 = sumLanes(s3);
    for (const end = k << 2; at < end; at += 4) {
      const v = load<f32>(x + at);
      r0 += v * load<f32>(b + at);
      r1 += v * load<f32>(b1 + at);
      r2 += v * load<f32>(b2 + at);
      r3 += v * load<f32>(b3 + at);
    }
    store<f32>(c, r0);
    if (last > 0) store<f32>(c, r1, 4);
    if (last > 1) store<f32>(c, r2, 8);
    if (last > 2) store<f32>(c, r3, 12);
    c += 16;
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
