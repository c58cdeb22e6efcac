/**
 * Matrix products: C = A B for each element of the batch, and the epilogue on rows of C that are still in cache.
 *
 * Blocking (Goto and van de Geijn 2008): B in packed panels of 8 columns over all of k (shared by all threads, at most
 * `columnBlock` columns at a time); a task takes up to `rowBlock` rows of A and goes through k in blocks of `depthBlock`:
 * it packs its rows of A (or reads them in place where packing would not pay), which then stay in L2 while the panels of
 * B, which may come from far away, pass by once, each in L1 while all tiles of A meet it. Which of these applies is the
 * encoder's choice (src/encode/matmul.ts), by size and layout only.
 */
import { MatmulMode } from './opcodes';
import { dotCachedColumns, dotColumnsOfRows, sumRows } from './few-rows';
import { multiplyTiles, TILE_COLUMNS, TILE_ROWS } from './microkernel';
import { packA, packB } from './pack';
import { begin, Program, run, setLocal } from './program';
import { barrier, firstTask, nextTask, scratch, sharers } from './threads';

/** All steps in bytes. */
@unmanaged
export class MatmulCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  mode: i32;
  m: u32;
  n: u32;
  k: u32;
  a: usize;
  aRow: usize;
  aColumn: usize;
  b: usize;
  bRow: usize;
  bColumn: usize;
  /** Without an epilogue: where rows of C (contiguous) go. */
  c: usize;
  cRow: usize;
  batches: u32;
  batchRank: u32;
  /** Offset in the command of the batch's dims, then the steps of a, of b and of c. */
  batchAt: u32;
  rowBlock: u32;
  columnBlock: u32;
  depthBlock: u32;
  /** 1: A is packed; 0: read in place. */
  packA: u32;
  /** Offset in the command of the epilogue, 0 for none. */
  programAt: u32;
  /** Offsets in the thread's scratch memory: packed A, packed B (LocalPack), rows of C for the epilogue. */
  aScratch: u32;
  bScratch: u32;
  cScratch: u32;
  /** SharedPack: where B is packed. */
  packed: usize;
}

/** Offset of batch element `index` by the steps of operand `which` (0 a, 1 b, 2 c). */
function batchOffset(command: MatmulCommand, index: u32, which: u32): usize {
  const rank = command.batchRank;
  const dims = changetype<usize>(command) + command.batchAt;
  const steps = dims + ((which + 1) * rank << 2);
  let offset: usize = 0;
  for (let axis: i32 = rank - 1; axis >= 0; axis--) {
    const size = load<u32>(dims + (axis << 2));
    offset += (index % size) * load<usize>(steps + (axis << 2));
    index /= size;
  }
  return offset;
}

/** Rows row .. row + rows of one product, columns column .. column + columns; B is at `b` in the given form. */
function rowTask(
  command: MatmulCommand, batch: u32, row: u32, rows: u32, column: u32, columns: u32,
  b: usize, bStep: usize, bTile: usize,
): void {
  const k = command.k, aRow = command.aRow, aColumn = command.aColumn, program = command.programAt;
  const a = command.a + batchOffset(command, batch, 0) + row * aRow;
  const inRows = !command.packA && aColumn == 4;
  let c: usize, cRow: usize;
  if (program) {
    c = scratch + command.cScratch;
    cRow = columns << 2;
  } else {
    cRow = command.cRow;
    c = command.c + batchOffset(command, batch, 2) + row * cRow + (column << 2);
  }
  let from: u32 = 0;
  do {
    const depth = min(k - from, command.depthBlock);
    const aBlock = a + from * aColumn, bBlock = b + from * bStep;
    if (command.packA) {
      const panels = scratch + command.aScratch;
      packA(panels, aBlock, aRow, aColumn, rows, depth);
      multiplyTiles(rows, columns, depth, false, panels, 20, depth * 20, bBlock, bStep, bTile, c, cRow, from > 0);
    } else {
      multiplyTiles(rows, columns, depth, inRows, aBlock, inRows ? aRow : aColumn, aRow * TILE_ROWS, bBlock, bStep, bTile, c, cRow, from > 0);
    }
    from += depth;
  } while (from < k);
  if (program) {
    const start = (batch * command.m + row) * command.n;
    setLocal(c, start);
    run(changetype<Program>(changetype<usize>(command) + program), start, start + rows * columns, scratch);
  }
}

/**
 * Rows of the next task where `left` are left: at most `most`, and fewer and fewer towards the end, so that no thread
 * waits long for another's last one (Polychronopoulos and Kuck, Guided Self-Scheduling, 1987). Sums do not depend on it.
 */
function shareOfRows(left: u32, most: u32, threads: u32): u32 {
  if (threads > 1) most = min(most, max(1, left / (2 * threads * TILE_ROWS)) * TILE_ROWS);
  return min(left, most);
}

export function matmul(command: MatmulCommand): void {
  const mode = command.mode;
  if (mode >= MatmulMode.Dot) {
    fewRows(command, mode == MatmulMode.Dot);
    return;
  }
  if (command.programAt) begin(changetype<Program>(changetype<usize>(command) + command.programAt), scratch);
  const m = command.m, n = command.n, k = command.k, rowBlock = command.rowBlock;
  const bRow = command.bRow, bColumn = command.bColumn;
  if (mode == MatmulMode.SharedPack) {
    const packed = command.packed, threads = sharers();
    let shares: u32 = 0;
    for (let row: u32 = 0; row < m; row += shareOfRows(m - row, rowBlock, threads)) shares++;
    for (let batch: u32 = 0; batch < command.batches; batch++) {
      const b = command.b + batchOffset(command, batch, 1);
      for (let column: u32 = 0; column < n; column += command.columnBlock) {
        const columns = min(n - column, command.columnBlock);
        // A packing task is 4 panels: as many as are packed side by side.
        const packTasks = (columns + 4 * TILE_COLUMNS - 1) / (4 * TILE_COLUMNS);
        for (let task = firstTask(packTasks); task < packTasks; task = nextTask(task)) {
          const first = task * 4 * TILE_COLUMNS, count = min(columns - first, 4 * TILE_COLUMNS);
          packB(packed + (first << 2) * k, b + (column + first) * bColumn, bRow, bColumn, count, k);
        }
        barrier();
        // A thread's tasks come in ascending order.
        let row: u32 = 0, at: u32 = 0;
        for (let task = firstTask(shares); task < shares; task = nextTask(task)) {
          for (; at < task; at++) row += shareOfRows(m - row, rowBlock, threads);
          rowTask(command, batch, row, shareOfRows(m - row, rowBlock, threads), column, columns, packed, 32, k << 5);
        }
        barrier();
      }
    }
    return;
  }
  if (mode == MatmulMode.LocalPack) {
    for (let batch = firstTask(command.batches); batch < command.batches; batch = nextTask(batch)) {
      const panels = scratch + command.bScratch;
      packB(panels, command.b + batchOffset(command, batch, 1), bRow, bColumn, n, k);
      for (let row: u32 = 0; row < m; row += rowBlock) {
        rowTask(command, batch, row, min(m - row, rowBlock), 0, n, panels, 32, k << 5);
      }
    }
    return;
  }
  const rowTasks = (m + rowBlock - 1) / rowBlock, tasks = rowTasks * command.batches;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const batch = task / rowTasks, row = (task % rowTasks) * rowBlock;
    const b = command.b + batchOffset(command, batch, 1);
    rowTask(command, batch, row, min(m - row, rowBlock), 0, n, b, bRow, 32);
  }
}

/** Elements of a matrix that the second-level cache is likely to keep from one run to the next: 256 KB. */
const CACHED: u32 = 65536;

/** One to four rows: each element of B is used so few times that packing would cost more than the product. */
function fewRows(command: MatmulCommand, dot: bool): void {
  const m = command.m, n = command.n, k = command.k, width = command.columnBlock;
  const columnTasks = (n + width - 1) / width, tasks = columnTasks * command.batches;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const batch = task / columnTasks, column = (task % columnTasks) * width, columns = min(n - column, width);
    const b = command.b + batchOffset(command, batch, 1) + column * command.bColumn;
    const c = command.c + batchOffset(command, batch, 2) + (column << 2), cRow = command.cRow;
    let a = command.a + batchOffset(command, batch, 0), aRow = command.aRow;
    if (!dot) {
      for (let row: u32 = 0; row < m; row++) sumRows(a + row * aRow, command.aColumn, b, command.bRow, columns, k, c + row * cRow);
      continue;
    }
    if (command.aColumn != 4) {
      // Each row is read once for every column: worth a contiguous copy.
      const copy = scratch + command.aScratch;
      packRows(copy, a, aRow, command.aColumn, m, k);
      a = copy;
      aRow = k << 2;
    }
    if (n * k > CACHED) dotColumnsOfRows(a, aRow, m, b, command.bColumn, columns, k, c, cRow);
    else for (let row: u32 = 0; row < m; row++) dotCachedColumns(a + row * aRow, b, command.bColumn, columns, k, c + row * cRow);
  }
}

/** Rows of A (steps in bytes) one after the other. */
function packRows(to: usize, a: usize, rowStep: usize, columnStep: usize, rows: u32, k: u32): void {
  for (let row: u32 = 0; row < rows; row++, a += rowStep) {
    for (let l: u32 = 0, from = a; l < k; l++, from += columnStep, to += 4) store<f32>(to, load<f32>(from));
  }
}
