import type { MatmulStep, Operand } from '@inkstone/core/backend';
import { coalesce, coordinates, offsetAt, sizeOf } from '../indexing.js';
import type { Kernel } from '../kernel.js';
import type { Lowering } from '../plan/lowering.js';
import type { MatmulTile, Tuning } from '../tuning.js';
import source from './matmul.wgsl';
import blockSource from './matmul_block.wgsl';
import sharedSource from './matmul_shared.wgsl';
import { finishFunction, partialFinish } from './matmul-finish.js';
import { isAligned } from './pointwise.js';
import { identity } from './program.js';
import { reduce } from './reduce.js';

export function matmul(step: MatmulStep, to: Lowering): void {
  const { m, n, k } = step;
  const batches = sizeOf(step.batch);
  if (m * n * batches === 0) return;
  const slices = chooseSlices(step, batches, to.tuning);
  const tile = chooseTile(step, batches * slices, to.tuning);
  if (slices === 1) {
    product(step, tile, 1, to);
    return;
  }
  // Partial products of slices of k go to scratch memory; a reduction adds them in order and runs the epilogue.
  const partial = to.scratch('float32', [slices, ...step.batch, m, n]);
  const slicesOnly: MatmulStep = { ...step, epilogue: null, epilogueInputs: [], outputs: [partial] };
  product(slicesOnly, tile, slices, to);
  reduce(
    {
      kind: 'reduce',
      label: `${step.label ?? 'matmul'} (slices of ${k})`,
      shape: [slices, ...step.batch, m, n],
      axes: [0],
      reducer: 'sum',
      inputs: [partial],
      scalars: step.scalars,
      prologue: identity(1),
      epilogue: step.epilogue,
      epilogueInputs: step.epilogueInputs,
      outputs: step.outputs,
    },
    to,
  );
}

/**
 * Into how many slices k is cut: more than one only where tiles alone leave the machine idle. This alone decides in what order terms
 * are added, so it depends on the shape and on the kind of adapter, never on the tile that computes them.
 */
function chooseSlices(
  { m, n, k }: MatmulStep,
  batches: number,
  { parallelism, registerTile: { rows, columns4 } }: Tuning,
): number {
  const [height, vectors] = [Math.min(rows, m), Math.min(columns4, Math.ceil(n / 4))];
  const invocations = batches * Math.ceil(m / height) * Math.ceil(n / (4 * vectors));
  if (invocations >= parallelism / 2) return 1;
  return Math.max(1, Math.min(Math.floor(parallelism / invocations), Math.floor(k / 128), 32));
}

/**
 * The tile that was measured to be fastest for products of about this size; else the first through workgroup memory that the
 * matrix fills and that keeps the machine busy, else one in registers.
 */
export function chooseTile(
  { m, n }: Pick<MatmulStep, 'm' | 'n'>,
  products: number,
  { measuredTiles, sharedTiles, parallelism, registerTile }: Tuning,
): MatmulTile {
  const size = ({ rows, down, columns4, across }: MatmulTile) =>
    [rows * down, 4 * columns4 * across] as const;
  // Of a tile that hangs over the edge, at least half has to be used.
  const isFilled = (tile: MatmulTile) => 2 * m > size(tile)[0] && 2 * n > size(tile)[1];
  const isBusy = (tile: MatmulTile) => {
    const [height, width] = size(tile);
    const workgroups = products * Math.ceil(m / height) * Math.ceil(n / width);
    return workgroups * tile.across * tile.down >= parallelism;
  };
  const measured = measuredFor(m * n * products, measuredTiles);
  const shared = measured ? [measured].filter(({ depth }) => depth > 0) : sharedTiles.filter(isBusy);
  const fits = shared.find(isFilled);
  if (fits) return fits;
  const tile = measured?.depth === 0 ? measured : registerTile;
  const rows = Math.min(tile.rows, m);
  const columns4 = Math.min(tile.columns4, Math.ceil(n / 4));
  return { ...tile, rows, columns4 };
}

/** The tile of the measured size that is nearest by ratio; none for products of less than half the least. */
function measuredFor(area: number, tiles: Tuning['measuredTiles']): MatmulTile | undefined {
  const least = tiles[0]?.area ?? Number.POSITIVE_INFINITY;
  if (area < least / 2) return undefined;
  const distance = (other: number) => Math.abs(Math.log(area / other));
  return tiles.reduce((a, b) => (distance(b.area) < distance(a.area) ? b : a)).tile;
}

function product(step: MatmulStep, tile: MatmulTile, slices: number, to: Lowering): void {
  const { m, n, k, a, b } = step;
  const { rows, columns4, across, down, depth } = tile;
  const shared = depth > 0;
  const rank = step.batch.length;
  const batches = sizeOf(step.batch);
  const kernel = to.kernel(step.label ?? 'matmul');
  const tileRows = Math.ceil(m / (rows * down));
  const tileColumns = Math.ceil(n / (4 * columns4 * across));
  const tiles = tileRows * tileColumns * batches * slices;
  kernel.sizes({ k, tiles, tile_rows: tileRows, tile_columns: tileColumns, m, n });
  // A slice begins at a multiple of four, as the vectors along k do.
  if (slices > 1) kernel.sizes({ batches, k_slice: Math.ceil(k / slices / 4) * 4 });
  kernel.sizes({ a_row: a.strides[rank] as number, a_inner: a.strides[rank + 1] as number });
  kernel.sizes({ b_inner: b.strides[rank] as number, b_column: b.strides[rank + 1] as number });
  const rowVectors = a.strides[rank + 1] !== 1 && a.strides[rank] === 1 && rows % 4 === 0;
  const columnVectors = b.strides[rank + 1] === 1;
  const reads = [
    readFour('a', a, rowVectors ? rank : rank + 1, kernel),
    readFour('b', b, columnVectors ? rank + 1 : rank, kernel),
  ];
  const rest = !shared && k % 4 !== 0;
  if (rest) {
    kernel.input('a1', a);
    kernel.input('b1', b);
  }
  const batchSpace = coalesce({
    shape: step.batch,
    strides: [a.strides.slice(0, rank), b.strides.slice(0, rank)],
  });
  const batchOffset = (name: string, i: number) =>
    [
      `fn batch_${name}(z: u32) -> u32 {`,
      coordinates(batchSpace.shape, 'z', 'b'),
      `return ${offsetAt(batchSpace.strides[i] as number[], 'b')};\n}`,
    ].join('\n');
  const finish = slices > 1 ? partialFinish(step, kernel) : finishFunction(step, kernel);
  const common = {
    COLUMNS4: columns4,
    ACROSS: across,
    READS: [...reads, batchOffset('a', 0), batchOffset('b', 1)].join('\n'),
    ROW_VECTORS: rowVectors,
    COLUMN_VECTORS: columnVectors,
    SLICED: slices > 1,
    HEAVY: finish.heavy,
    FINISH: finish.code,
  };
  if (shared) {
    const own = { ROWS4: rows / 4, DOWN: down, DEPTH: depth, BLOCK: blockSource };
    to.add(kernel.build('matmul_shared', sharedSource, { ...common, ...own }, tiles));
    return;
  }
  const { subgroup } = to.tuning;
  const share = subgroup >= across ? across : 1;
  const own = {
    ROWS: rows,
    SHARE: share,
    SUBGROUPS: share > 1,
    VECTORS: Math.ceil(rows / share),
    REST: rest,
  };
  to.add(kernel.build('matmul', source, { ...common, ...own }, tiles));
}

/** The two axes of each side. */
const axisNames = { a: ['row', 'inner'], b: ['inner', 'column'] } as const;

/**
 * Declares `read_NAME(at)`: four neighbours along `axis` of a matrix, as an aligned vector where all strides allow it.
 */
function readFour(name: 'a' | 'b', operand: Operand, axis: number, kernel: Kernel): string {
  const { strides } = operand;
  const others = strides.filter((_, i) => i !== axis);
  const vector = strides[axis] === 1 && isAligned(operand) && others.every((stride) => stride % 4 === 0);
  kernel.input(name, operand, vector ? 4 : 1);
  const stride = `params.${name}_${axisNames[name][axis - strides.length + 2]}`;
  const each = [0, 1, 2, 3].map((i) => `load_${name}(at + ${i}u * ${stride})`).join(', ');
  return `fn read_${name}(at: u32) -> vec4<f32> { return ${vector ? `load4_${name}(at)` : `vec4<f32>(${each})`}; }`;
}
