/**
 * The matmul micro-kernels: a tile of up to 5 x 8 of C in registers.
 *
 * Per step of k: 5 broadcast loads of A, 2 vector loads of B, 10 multiply-adds into 10 accumulators. 10 + 2 + 1 + a
 * temporary fit the 16 vector registers of x86-64; 6 x 8 spills and runs at half the speed where there is no fused
 * multiply-add. Two forms differ in how A lies in memory (B is always rows of 8 or more columns, `bStep` bytes apart):
 *
 *   columns  the m axis of A is contiguous, steps of k are `aStep` bytes apart (never 0): packed panels ([k][5], aStep
 *            20), or a transposed A read in place.
 *   rows     the k axis of A is contiguous, rows are `aStep` bytes apart: a plain A read in place.
 *
 * Every element of C is one sum over k in ascending order, whichever form and tile height computes it, so results do
 * not depend on how rows are dealt to threads.
 *
 * Where a core's other thread takes half of its decoder, instructions are what counts: a step of k is 31 in V8 (Node
 * 20), 27 of which do the work. That takes a loop that is left at its end, not at its beginning (then the addresses of
 * the memory + 4, 8, 12 and 16 are worked out before it), that ends at an address of A instead of counting, and starts
 * from addresses that V8 knows to be 32 bits wide. 38 instructions took 1.10 times as long.
 *
 * It is easily spoilt: a body with two steps of k, a kernel inlined into its caller's loop (they are called through the
 * function table for that reason), or sums added to C after the loop instead of starting from C, all make V8 spill
 * registers (measured: 41 -> 22 GFLOP/s on one core whose peak is 58).
 *
 * Source: Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008 (register tiles over panels).
 */
import { multiplyAdd } from './simd';

// @ts-ignore: decorator
@inline export const TILE_ROWS: u32 = 5;
// @ts-ignore: decorator
@inline export const TILE_COLUMNS: u32 = 8;

/** Stores one row of a tile; fewer than 8 columns touch nothing beyond them. */
// @ts-ignore: decorator
@inline
function storeRow(c: usize, x: v128, y: v128, columns: u32): void {
  if (columns < TILE_COLUMNS) {
    storeNarrowRow(c, x, y, columns);
    return;
  }
  v128.store(c, x);
  v128.store(c, y, 16);
}

function storeNarrowRow(c: usize, x: v128, y: v128, columns: u32): void {
  if (columns & 4) {
    v128.store(c, x);
    x = y;
    c += 16;
  }
  if (columns & 2) {
    v128.store64_lane(c, x, 0);
    x = i32x4.shuffle(x, x, 2, 3, 2, 3);
    c += 8;
  }
  if (columns & 1) v128.store32_lane(c, x, 0);
}

/** `rows` and `inRows` are constants where this is inlined: each use becomes a loop of its own. */
// @ts-ignore: decorator
@inline
function tile(
  rows: u32, inRows: bool,
  a: usize, aStep: usize, b: usize, bStep: usize, k: u32,
  c: usize, cStep: usize, columns: u32, accumulate: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00, c40 = c00, c41 = c00;
  if (accumulate) {
    let from = c;
    c00 = v128.load(from); c01 = v128.load(from, 16);
    if (rows > 1) { from += cStep; c10 = v128.load(from); c11 = v128.load(from, 16); }
    if (rows > 2) { from += cStep; c20 = v128.load(from); c21 = v128.load(from, 16); }
    if (rows > 3) { from += cStep; c30 = v128.load(from); c31 = v128.load(from, 16); }
    if (rows > 4) { from += cStep; c40 = v128.load(from); c41 = v128.load(from, 16); }
  }
  if (k) {
    // Changes nothing in an address of floats, but V8 does not know parameters to be 32 bits wide, and would widen them
    // anew at each step.
    a &= ~3;
    b &= ~3;
    const step = inRows ? 4 : aStep, end = a + k * step;
    let a1 = a + aStep, a2 = a1 + aStep, a3 = a2 + aStep, a4 = a3 + aStep;
    do {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load32_splat(a);
      c00 = multiplyAdd(x, b0, c00); c01 = multiplyAdd(x, b1, c01);
      if (rows > 1) {
        x = inRows ? v128.load32_splat(a1) : v128.load32_splat(a, 4);
        c10 = multiplyAdd(x, b0, c10); c11 = multiplyAdd(x, b1, c11);
      }
      if (rows > 2) {
        x = inRows ? v128.load32_splat(a2) : v128.load32_splat(a, 8);
        c20 = multiplyAdd(x, b0, c20); c21 = multiplyAdd(x, b1, c21);
      }
      if (rows > 3) {
        x = inRows ? v128.load32_splat(a3) : v128.load32_splat(a, 12);
        c30 = multiplyAdd(x, b0, c30); c31 = multiplyAdd(x, b1, c31);
      }
      if (rows > 4) {
        x = inRows ? v128.load32_splat(a4) : v128.load32_splat(a, 16);
        c40 = multiplyAdd(x, b0, c40); c41 = multiplyAdd(x, b1, c41);
      }
      if (inRows) { a1 += 4; a2 += 4; a3 += 4; a4 += 4; }
      a += step;
      b += bStep;
    } while (a != end);
  }
  storeRow(c, c00, c01, columns);
  if (rows > 1) { c += cStep; storeRow(c, c10, c11, columns); }
  if (rows > 2) { c += cStep; storeRow(c, c20, c21, columns); }
  if (rows > 3) { c += cStep; storeRow(c, c30, c31, columns); }
  if (rows > 4) { c += cStep; storeRow(c, c40, c41, columns); }
}

function columns1(a: usize, aStep: usize, b: usize, bStep: usize, k: u32, c: usize, cStep: usize, columns: u32, accumulate: bool): void {
  tile(1, false, a, aStep, b, bStep, k, c, cStep, columns, accumulate);
}
function columns2(a: usize, aStep: usize, b: usize, bStep: usize, k: u32, c: usize, cStep: usize, columns: u32, accumulate: bool): void {
  tile(2, false, a, aStep, b, bStep, k, c, cStep, columns, accumulate);
}
function columns3(a: usize, aStep: usize, b: usize, bStep: usize, k: u32, c: usize, cStep: usize, columns: u32, accumulate: bool): void {
  tile(3, false, a, aStep, b, bStep, k, c, cStep, columns, accumulate);
}
function columns4(a: usize, aStep: usize, b: usize, bStep: usize, k: u32, c: usize, cStep: usize, columns: u32, accumulate: bool): void {
  tile(4, false, a, aStep, b, bStep, k, c, cStep, columns, accumulate);
}
function columns5(a: usize, aStep: usize, b: usize, bStep: usize, k: u32, c: usize, cStep: usize, columns: u32, accumulate: bool): void {
  tile(5, false, a, aStep, b, bStep, k, c, cStep, columns, accumulate);
}
function rows1(a: usize, aStep: usize, b: usize, bStep: usize, k: u32, c: usize, cStep: usize, columns: u32, accumulate: bool): void {
  tile(1, true, a, aStep, b, bStep, k, c, cStep, columns, accumulate);
}
function rows2(a: usize, aStep: usize, b: usize, bStep: usize, k: u32, c: usize, cStep: usize, columns: u32, accumulate: bool): void {
  tile(2, true, a, aStep, b, bStep, k, c, cStep, columns, accumulate);
}
function rows3(a: usize, aStep: usize, b: usize, bStep: usize, k: u32, c: usize, cStep: usize, columns: u32, accumulate: bool): void {
  tile(3, true, a, aStep, b, bStep, k, c, cStep, columns, accumulate);
}
function rows4(a: usize, aStep: usize, b: usize, bStep: usize, k: u32, c: usize, cStep: usize, columns: u32, accumulate: bool): void {
  tile(4, true, a, aStep, b, bStep, k, c, cStep, columns, accumulate);
}
function rows5(a: usize, aStep: usize, b: usize, bStep: usize, k: u32, c: usize, cStep: usize, columns: u32, accumulate: bool): void {
  tile(5, true, a, aStep, b, bStep, k, c, cStep, columns, accumulate);
}

/** Table index of the kernel for this form and height. */
function kernelFor(inRows: bool, rows: u32): u32 {
  switch (rows) {
    case 1: return inRows ? rows1.index : columns1.index;
    case 2: return inRows ? rows2.index : columns2.index;
    case 3: return inRows ? rows3.index : columns3.index;
    case 4: return inRows ? rows4.index : columns4.index;
    default: return inRows ? rows5.index : columns5.index;
  }
}

/**
 * C[0..m, 0..n] (= or +=) A B for operands that are already laid out for the micro-kernels.
 *
 * @param inRows whether A is in the form `rows`; else tiles of 5 rows lie `aTile` bytes apart in the form `columns`.
 * @param aTile bytes from one tile of 5 rows of A to the next.
 * @param bTile bytes from 8 columns of B to the next 8.
 */
export function multiplyTiles(
  m: u32, n: u32, k: u32,
  inRows: bool, a: usize, aStep: usize, aTile: usize,
  b: usize, bStep: usize, bTile: usize,
  c: usize, cStep: usize, accumulate: bool,
): void {
  const full = kernelFor(inRows, TILE_ROWS), rest = kernelFor(inRows, m % TILE_ROWS);
  for (let j: u32 = 0; j < n; j += TILE_COLUMNS) {
    const columns = min(n - j, TILE_COLUMNS);
    let panel = a, out = c + (j << 2), left = m;
    for (; left >= TILE_ROWS; left -= TILE_ROWS) {
      call_indirect<void>(full, panel, aStep, b, bStep, k, out, cStep, columns, accumulate);
      panel += aTile;
      out += cStep * TILE_ROWS;
    }
    if (left) call_indirect<void>(rest, panel, aStep, b, bStep, k, out, cStep, columns, accumulate);
    b += bTile;
  }
}
