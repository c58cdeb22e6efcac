/** How row kernels (softmax, norms, cross-entropy) share out rows: LANES lanes a row, ROWS rows a workgroup. */
import type { Tuning } from '../tuning.js';

export interface RowLayout {
  readonly LANES: number;
  readonly ROWS: number;
  readonly WORKGROUP: number;
}

/** A lane adds at most this many terms in a row, so that rounding errors stay small. */
const longestChain = 512;

export function rowLayout(
  rows: number,
  columns: number,
  { rowLanes, parallelism, largestWorkgroup }: Tuning,
): RowLayout {
  let lanes = 1;
  const wanted = Math.ceil(parallelism / Math.max(1, rows));
  while (lanes < rowLanes && lanes < wanted && lanes * 4 <= columns) lanes *= 2;
  while (lanes < largestWorkgroup && columns > lanes * longestChain) lanes *= 2;
  const workgroup = Math.max(lanes, 64);
  return { LANES: lanes, ROWS: workgroup / lanes, WORKGROUP: workgroup };
}
