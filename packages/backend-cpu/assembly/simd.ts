/**
 * Small SIMD helpers shared by all kernels.
 *
 * Lanes past the end of a row may be read (every buffer is followed by at least 64 readable bytes), never written.
 */

/** a * b + c for sums of products: fused where this build has relaxed SIMD, two roundings elsewhere. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** Sum of the four lanes, always in the same order. */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The sums of the lanes of four vectors, each in the order of `sumLanes`. */
// @ts-ignore: decorator
@inline
export function sumLanesOf4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(i32x4.shuffle(c, d, 0, 4, 1, 5), i32x4.shuffle(c, d, 2, 6, 3, 7));
  return f32x4.add(i32x4.shuffle(ab, cd, 0, 1, 4, 5), i32x4.shuffle(ab, cd, 2, 3, 6, 7));
}

/** Largest lane; NaN if there is one. */
// @ts-ignore: decorator
@inline
export function maxLanes(v: v128): f32 {
  const pairs = f32x4.max(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** Smallest lane; NaN if there is one. */
// @ts-ignore: decorator
@inline
export function minLanes(v: v128): f32 {
  const pairs = f32x4.min(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
  return min(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** x with the lanes `count`.. replaced by those of `fill` (count 1..3). */
// @ts-ignore: decorator
@inline
export function keepFirst(x: v128, fill: v128, count: u32): v128 {
  return v128.bitselect(x, fill, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)));
}

/** Stores the first `count` (1..3) lanes. */
// @ts-ignore: decorator
@inline
export function storeFirst(to: usize, x: v128, count: u32): void {
  store<f32>(to, f32x4.extract_lane(x, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(x, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(x, 2), 8);
}

/** Stores a vector, of which the first `left` lanes exist (all if there are more). */
// @ts-ignore: decorator
@inline
export function store4(to: usize, x: v128, left: u32): void {
  if (left >= 4) v128.store(to, x);
  else storeFirst(to, x, left);
}
