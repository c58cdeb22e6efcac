/**
 * Packing: copies of operands in the order in which the micro-kernels read them.
 * A in panels of 5 rows ([k][5]), B in panels of 8 columns ([k][8]). Lanes beyond the last row or
 * column hold what is at hand: their sums are never stored.
 */
import { TILE_COLUMNS, TILE_ROWS } from './microkernel';

/** Panels of a transposed A that are packed together. */
// @ts-ignore: decorator
@inline const GROUP: u32 = 8;

/**
 * Rows of A that lie side by side, to several panels at once, so that each line of memory is read once: steps of k are
 * often a power of two apart, and such lines drive each other out of a cache before the next panel comes to them.
 */
function packTransposed(to: usize, a: usize, columnStep: usize, m: u32, k: u32): void {
  const panel = k * 20;
  for (let l: u32 = 0; l < k; l++, a += columnStep, to += 20) {
    let out = to;
    for (let from = a, end = a + (m << 2); from < end; from += 20, out += panel) {
      v128.store(out, v128.load(from));
      store<f32>(out, load<f32>(from, 16), 16);
    }
  }
}

/** Rows 0 .. m of A (strides in bytes), all of its k columns given, to panels at `to`. */
export function packA(to: usize, a: usize, rowStep: usize, columnStep: usize, m: u32, k: u32): void {
  if (rowStep == 4) {
    for (let i: u32 = 0; i < m; i += GROUP * TILE_ROWS, to += k * 20 * GROUP) {
      packTransposed(to, a + (i << 2), columnStep, min(m - i, GROUP * TILE_ROWS), k);
    }
    return;
  }
  for (let i: u32 = 0; i < m; i += TILE_ROWS, to += k * 20) {
    const last = min(m - i, TILE_ROWS) - 1;
    const r0 = a + i * rowStep, r1 = r0 + min(1, last) * rowStep, r2 = r0 + min(2, last) * rowStep;
    const r3 = r0 + min(3, last) * rowStep, r4 = r0 + min(4, last) * rowStep;
    let l: u32 = 0, at: usize = 0, out = to;
    if (columnStep == 4) {
      for (; l + 4 <= k; l += 4, at += 16, out += 80) {
        // A 4 x 4 transpose, and the fifth row between.
        const x0 = v128.load(r0 + at), x1 = v128.load(r1 + at), x2 = v128.load(r2 + at), x3 = v128.load(r3 + at);
        const y0 = i32x4.shuffle(x0, x1, 0, 4, 1, 5), y1 = i32x4.shuffle(x0, x1, 2, 6, 3, 7);
        const y2 = i32x4.shuffle(x2, x3, 0, 4, 1, 5), y3 = i32x4.shuffle(x2, x3, 2, 6, 3, 7);
        const z = r4 + at;
        v128.store(out, i64x2.shuffle(y0, y2, 0, 2));
        store<u32>(out, load<u32>(z, 0), 16);
        v128.store(out, i64x2.shuffle(y0, y2, 1, 3), 20);
        store<u32>(out, load<u32>(z, 4), 36);
        v128.store(out, i64x2.shuffle(y1, y3, 0, 2), 40);
        store<u32>(out, load<u32>(z, 8), 56);
        v128.store(out, i64x2.shuffle(y1, y3, 1, 3), 60);
        store<u32>(out, load<u32>(z, 12), 76);
      }
    }
    for (; l < k; l++, at += columnStep, out += 20) {
      store<f32>(out, load<f32>(r0 + at));
      store<f32>(out, load<f32>(r1 + at), 4);
      store<f32>(out, load<f32>(r2 + at), 8);
      store<f32>(out, load<f32>(r3 + at), 12);
      store<f32>(out, load<f32>(r4 + at), 16);
    }
  }
}

/** Up to 8 columns of B (strides in bytes) to one panel. */
export function packPanel(to: usize, b: usize, rowStep: usize, columnStep: usize, columns: u32, k: u32): void {
  if (columnStep == 4) {
    // Columns beyond the last hold whatever follows in memory: their sums are never stored.
    for (let l: u32 = 0; l < k; l++, b += rowStep, to += 32) {
      v128.store(to, v128.load(b));
      v128.store(to, v128.load(b, 16), 16);
    }
    return;
  }
  const last = columns - 1;
  const c0 = b, c1 = b + min(1, last) * columnStep, c2 = b + min(2, last) * columnStep, c3 = b + min(3, last) * columnStep;
  const c4 = b + min(4, last) * columnStep, c5 = b + min(5, last) * columnStep, c6 = b + min(6, last) * columnStep, c7 = b + min(7, last) * columnStep;
  let l: u32 = 0, at: usize = 0;
  if (rowStep == 4) {
    for (; l + 4 <= k; l += 4, at += 16, to += 128) {
      transpose4(to, v128.load(c0 + at), v128.load(c1 + at), v128.load(c2 + at), v128.load(c3 + at));
      transpose4(to + 16, v128.load(c4 + at), v128.load(c5 + at), v128.load(c6 + at), v128.load(c7 + at));
    }
  }
  for (; l < k; l++, at += rowStep, to += 32) {
    store<f32>(to, load<f32>(c0 + at));
    store<f32>(to, load<f32>(c1 + at), 4);
    store<f32>(to, load<f32>(c2 + at), 8);
    store<f32>(to, load<f32>(c3 + at), 12);
    store<f32>(to, load<f32>(c4 + at), 16);
    store<f32>(to, load<f32>(c5 + at), 20);
    store<f32>(to, load<f32>(c6 + at), 24);
    store<f32>(to, load<f32>(c7 + at), 28);
  }
}

/** Four columns of four, to four rows 32 bytes apart. */
// @ts-ignore: decorator
@inline
function transpose4(to: usize, x0: v128, x1: v128, x2: v128, x3: v128): void {
  const y0 = i32x4.shuffle(x0, x1, 0, 4, 1, 5), y1 = i32x4.shuffle(x0, x1, 2, 6, 3, 7);
  const y2 = i32x4.shuffle(x2, x3, 0, 4, 1, 5), y3 = i32x4.shuffle(x2, x3, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(y0, y2, 0, 2));
  v128.store(to, i64x2.shuffle(y0, y2, 1, 3), 32);
  v128.store(to, i64x2.shuffle(y1, y3, 0, 2), 64);
  v128.store(to, i64x2.shuffle(y1, y3, 1, 3), 96);
}

/** 32 columns of B that lie side by side: two whole lines of memory at each step (as in `packTransposed`). */
function pack4Panels(to: usize, b: usize, rowStep: usize, k: u32): void {
  const panel = k << 5;
  let to1 = to + panel, to2 = to1 + panel, to3 = to2 + panel;
  for (const end = to1; to < end; to += 32, to1 += 32, to2 += 32, to3 += 32, b += rowStep) {
    v128.store(to, v128.load(b));
    v128.store(to, v128.load(b, 16), 16);
    v128.store(to1, v128.load(b, 32));
    v128.store(to1, v128.load(b, 48), 16);
    v128.store(to2, v128.load(b, 64));
    v128.store(to2, v128.load(b, 80), 16);
    v128.store(to3, v128.load(b, 96));
    v128.store(to3, v128.load(b, 112), 16);
  }
}

/** All n columns of B to panels k * 32 bytes apart. */
export function packB(to: usize, b: usize, rowStep: usize, columnStep: usize, n: u32, k: u32): void {
  let j: u32 = 0;
  if (columnStep == 4) {
    for (; j + 4 * TILE_COLUMNS <= n; j += 4 * TILE_COLUMNS, to += k << 7) pack4Panels(to, b + (j << 2), rowStep, k);
  }
  for (; j < n; j += TILE_COLUMNS, to += k << 5) {
    packPanel(to, b + j * columnStep, rowStep, columnStep, min(n - j, TILE_COLUMNS), k);
  }
}
