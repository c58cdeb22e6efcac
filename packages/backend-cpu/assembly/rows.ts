/** Passes over one contiguous row of floats, shared by the kernels that work row by row. Sums have a fixed order. */
import { keepFirst, maxLanes, storeFirst, sumLanes } from './simd';
import { exp } from './math';

/** Largest element; NaN if there is one, -infinity for an empty row. */
export function rowMax(x: usize, count: u32): f32 {
  const low = f32x4.splat(-Infinity);
  // A maximum that keeps NaN takes several instructions: four of them at a time.
  let a = low, b = low, c = low, d = low;
  let i: u32 = 0;
  for (; i + 16 <= count; i += 16) {
    const at = x + (i << 2);
    a = f32x4.max(a, v128.load(at));
    b = f32x4.max(b, v128.load(at, 16));
    c = f32x4.max(c, v128.load(at, 32));
    d = f32x4.max(d, v128.load(at, 48));
  }
  for (; i + 4 <= count; i += 4) a = f32x4.max(a, v128.load(x + (i << 2)));
  if (i < count) b = f32x4.max(b, keepFirst(v128.load(x + (i << 2)), low, count - i));
  return maxLanes(f32x4.max(f32x4.max(a, b), f32x4.max(c, d)));
}

/** Sum of the elements. */
export function rowSum(x: usize, count: u32): f32 {
  const zero = f32x4.splat(0);
  let a = zero, b = zero, c = zero, d = zero;
  let i: u32 = 0;
  for (; i + 16 <= count; i += 16) {
    const at = x + (i << 2);
    a = f32x4.add(a, v128.load(at));
    b = f32x4.add(b, v128.load(at, 16));
    c = f32x4.add(c, v128.load(at, 32));
    d = f32x4.add(d, v128.load(at, 48));
  }
  for (; i + 4 <= count; i += 4) a = f32x4.add(a, v128.load(x + (i << 2)));
  if (i < count) b = f32x4.add(b, keepFirst(v128.load(x + (i << 2)), zero, count - i));
  return sumLanes(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

/** Sum of products. */
export function rowDot(x: usize, y: usize, count: u32): f32 {
  const zero = f32x4.splat(0);
  let a = zero, b = zero;
  let i: u32 = 0;
  for (; i + 8 <= count; i += 8) {
    a = f32x4.add(a, f32x4.mul(v128.load(x + (i << 2)), v128.load(y + (i << 2))));
    b = f32x4.add(b, f32x4.mul(v128.load(x + (i << 2), 16), v128.load(y + (i << 2), 16)));
  }
  for (; i + 4 <= count; i += 4) a = f32x4.add(a, f32x4.mul(v128.load(x + (i << 2)), v128.load(y + (i << 2))));
  if (i < count) {
    const last = f32x4.mul(v128.load(x + (i << 2)), v128.load(y + (i << 2)));
    b = f32x4.add(b, keepFirst(last, zero, count - i));
  }
  return sumLanes(f32x4.add(a, b));
}

/** y = exp(x * scale - shift); returns the sum. y may be x. */
export function rowExp(x: usize, y: usize, count: u32, scale: f32, shift: f32): f32 {
  const factor = f32x4.splat(scale), offset = f32x4.splat(shift), zero = f32x4.splat(0);
  let a = zero, b = zero;
  let i: u32 = 0;
  for (; i + 8 <= count; i += 8) {
    const e = exp(f32x4.sub(f32x4.mul(v128.load(x + (i << 2)), factor), offset));
    const f = exp(f32x4.sub(f32x4.mul(v128.load(x + (i << 2), 16), factor), offset));
    v128.store(y + (i << 2), e);
    v128.store(y + (i << 2), f, 16);
    a = f32x4.add(a, e);
    b = f32x4.add(b, f);
  }
  for (; i < count; i += 4) {
    const e = exp(f32x4.sub(f32x4.mul(v128.load(x + (i << 2)), factor), offset));
    if (i + 4 <= count) {
      v128.store(y + (i << 2), e);
      a = f32x4.add(a, e);
    } else {
      storeFirst(y + (i << 2), e, count - i);
      b = f32x4.add(b, keepFirst(e, zero, count - i));
    }
  }
  return sumLanes(f32x4.add(a, b));
}

/** Sum of exp(x - shift), nothing stored. */
export function rowSumExp(x: usize, count: u32, shift: f32): f32 {
  const offset = f32x4.splat(shift), zero = f32x4.splat(0);
  let a = zero, b = zero;
  let i: u32 = 0;
  for (; i + 8 <= count; i += 8) {
    a = f32x4.add(a, exp(f32x4.sub(v128.load(x + (i << 2)), offset)));
    b = f32x4.add(b, exp(f32x4.sub(v128.load(x + (i << 2), 16), offset)));
  }
  for (; i + 4 <= count; i += 4) a = f32x4.add(a, exp(f32x4.sub(v128.load(x + (i << 2)), offset)));
  if (i < count) b = f32x4.add(b, keepFirst(exp(f32x4.sub(v128.load(x + (i << 2)), offset)), zero, count - i));
  return sumLanes(f32x4.add(a, b));
}

/** y = x * factor + offset. y may be x. */
export function rowScale(x: usize, y: usize, count: u32, factor: f32, offset: f32): void {
  const a = f32x4.splat(factor), b = f32x4.splat(offset);
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + (i << 2), f32x4.add(f32x4.mul(v128.load(x + (i << 2)), a), b));
  if (i < count) storeFirst(y + (i << 2), f32x4.add(f32x4.mul(v128.load(x + (i << 2)), a), b), count - i);
}

/** y += x. */
export function rowAdd(y: usize, x: usize, count: u32): void {
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + (i << 2), f32x4.add(v128.load(y + (i << 2)), v128.load(x + (i << 2))));
  for (; i < count; i++) store<f32>(y + (i << 2), load<f32>(y + (i << 2)) + load<f32>(x + (i << 2)));
}

/** y *= x. */
export function rowMultiply(y: usize, x: usize, count: u32): void {
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + (i << 2), f32x4.mul(v128.load(y + (i << 2)), v128.load(x + (i << 2))));
  for (; i < count; i++) store<f32>(y + (i << 2), load<f32>(y + (i << 2)) * load<f32>(x + (i << 2)));
}
