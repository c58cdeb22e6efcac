/** float16 in memory, float32 in registers: IEEE 754 binary16, rounding to nearest even. */

/** Four halves (in the low 16 bits of each lane) as floats. */
// @ts-ignore: decorator
@inline
export function widen(bits: v128): v128 {
  const magnitude = v128.and(bits, i32x4.splat(0x7fff));
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  // Shifted into place the exponent is 112 too small: a multiplication by 2^112 mends it, subnormals included.
  const value = f32x4.mul(i32x4.shl(magnitude, 13), i32x4.splat(0x77800000));
  const special = v128.or(i32x4.shl(magnitude, 13), i32x4.splat(0x7f800000));
  return v128.or(sign, v128.bitselect(special, value, i32x4.ge_u(magnitude, i32x4.splat(0x7c00))));
}

/** Four floats as halves in the low 16 bits of each lane. */
// @ts-ignore: decorator
@inline
export function narrow(x: v128): v128 {
  const bits = v128.and(x, i32x4.splat(0x7fffffff));
  const sign = v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000));
  // Normal: add half of the last place (ties to even), rebase the exponent.
  const odd = v128.and(i32x4.shr_u(bits, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(bits, odd), i32x4.splat(0xfff - (112 << 23))), 13);
  // Subnormal: adding 0.5 puts the last place of a half at the last place of the float, which then rounds.
  const small = i32x4.sub(f32x4.add(bits, f32x4.splat(0.5)), f32x4.splat(0.5));
  let half = v128.bitselect(small, normal, i32x4.lt_u(bits, i32x4.splat(0x38800000)));
  half = v128.bitselect(i32x4.splat(0x7c00), half, i32x4.ge_u(bits, i32x4.splat(0x477ff000)));
  half = v128.bitselect(i32x4.splat(0x7e00), half, i32x4.gt_u(bits, i32x4.splat(0x7f800000)));
  return v128.or(sign, half);
}

/** count halves at `from` to floats at `to`; up to 3 floats more are written. */
export function widenBlock(to: usize, from: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i += 4) {
    v128.store(to + (i << 2), widen(v128.load16x4_u(from + (i << 1))));
  }
}

/** count floats at `from` to halves at `to`; nothing more is written. */
export function narrowBlock(to: usize, from: usize, count: u32): void {
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) {
    const half = narrow(v128.load(from + (i << 2)));
    v128.store64_lane(to + (i << 1), i16x8.narrow_i32x4_u(half, half), 0);
  }
  for (; i < count; i++) {
    store<u16>(to + (i << 1), <u16>i32x4.extract_lane(narrow(f32x4.splat(load<f32>(from + (i << 2)))), 0));
  }
}
