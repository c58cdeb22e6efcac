import type { MatmulStep, Operand } from '@inkstone/core/backend';
import { coalesce, coordinates, offsetAt, sizeOf } from '../indexing.js';
import type { Kernel } from '../kernel.js';
import type { Lowering } from '../plan/lowering.js';
import type { MatmulTile, Tuning } from '../tuning.js';
import source from './matmul.wgsl';
import { isAligned } from './pointwise.js';
import { identity, programFunction } from './program.js';
import { reduce } from './reduce.js';

export function matmul(step: MatmulStep, to: Lowering): void {
  const { m, n, k } = step;
  const batches = sizeOf(step.batch);
  if (m * n * batches === 0) return;
  const tile = chooseTile(step, to.tuning);
  const slices = chooseSlices(step, batches, tile, to.tuning);
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

function chooseTile({ m, n }: MatmulStep, { matmulTile }: Tuning): MatmulTile {
  const rows = Math.min(matmulTile.rows, m);
  const columns4 = Math.min(matmulTile.columns4, Math.ceil(n / 4));
  return { ...matmulTile, rows, columns4 };
}

/** Into how many slices k is cut: more than one only where the tiles alone leave the machine idle. */
function chooseSlices(
  { m, n, k }: MatmulStep,
  batches: number,
  tile: MatmulTile,
  { parallelism }: Tuning,
): number {
  const invocations = batches * Math.ceil(m / tile.rows) * Math.ceil(n / (4 * tile.columns4));
  if (invocations >= parallelism / 2) return 1;
  return Math.max(1, Math.min(Math.floor(parallelism / invocations), Math.floor(k / 128), 32));
}

function product(step: MatmulStep, tile: MatmulTile, slices: number, to: Lowering): void {
  const { m, n, k, a, b } = step;
  const rank = step.batch.length;
  const batches = sizeOf(step.batch);
  const kernel = to.kernel(step.label ?? 'matmul');
  const tileRows = Math.ceil(m / tile.rows);
  const tileColumns = Math.ceil(n / (4 * tile.columns4 * tile.across));
  const tiles = tileRows * tileColumns * batches * slices;
  kernel.sizes({ m, n, k, tiles, tile_rows: tileRows, tile_columns: tileColumns });
  // A slice begins at a multiple of four, as the vectors along k do.
  if (slices > 1) kernel.sizes({ batches, k_slice: Math.ceil(k / slices / 4) * 4 });
  kernel.sizes({ a_row: a.strides[rank] as number, a_inner: a.strides[rank + 1] as number });
  kernel.sizes({ b_inner: b.strides[rank] as number, b_column: b.strides[rank + 1] as number });
  const rowVectors = a.strides[rank + 1] !== 1 && a.strides[rank] === 1 && tile.rows % 4 === 0;
  const columnVectors = b.strides[rank + 1] === 1;
  const reads = [
    readFour('a', a, rowVectors ? rank : rank + 1, kernel),
    readFour('b', b, columnVectors ? rank + 1 : rank, kernel),
  ];
  const rest = k % 4 !== 0;
  if (rest) {
    kernel.input('a1', a);
    kernel.input('b1', b);
  }
  const { subgroup } = to.tuning;
  const share = subgroup >= tile.across ? tile.across : 1;
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
  to.add(
    kernel.build(
      'matmul',
      source,
      {
        ROWS: tile.rows,
        COLUMNS4: tile.columns4,
        ACROSS: tile.across,
        READS: [...reads, batchOffset('a', 0), batchOffset('b', 1)].join('\n'),
        SHARE: share,
        SUBGROUPS: share > 1,
        VECTORS: Math.ceil(tile.rows / share),
        ROW_VECTORS: rowVectors,
        COLUMN_VECTORS: columnVectors,
        REST: rest,
        SLICED: slices > 1,
        HEAVY: finish.heavy,
        FINISH: finish.code,
      },
      tiles,
    ),
  );
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

interface Finish {
  /** `finish(z, i, j, value)`: runs the epilogue on four neighbours of row i and stores what lies inside. */
  readonly code: string;
  readonly heavy: boolean;
}

function partialFinish({ outputs, m, n }: MatmulStep, kernel: Kernel): Finish {
  const vector = n % 4 === 0;
  kernel.output('y0', outputs[0] as Operand, vector ? 4 : 1);
  void m;
  const store = vector
    ? 'store4_y0((z * params.m + i) * params.n + j, value);'
    : 'for (var e = 0u; e < 4u; e++) { if (j + e < params.n) { store_y0((z * params.m + i) * params.n + j + e, value[e]); } }';
  return {
    code: `fn finish(z: u32, i: u32, j: u32, value: vec4<f32>) {\nif (i >= params.m || j >= params.n) { return; }\n${store}\n}`,
    heavy: false,
  };
}

function finishFunction(step: MatmulStep, kernel: Kernel): Finish {
  const { epilogueInputs: inputs, outputs, n } = step;
  const operands = [...inputs, ...outputs];
  const rank = step.batch.length;
  // A column of a matrix with one column, or a row of one row, is never stepped along.
  const strides = operands.map((o) => ({
    row: step.m === 1 ? 0 : (o.strides[rank] as number),
    column: n === 1 ? 0 : (o.strides[rank + 1] as number),
  }));
  const vector =
    n % 4 === 0 &&
    operands.every((o, i) => {
      const { row, column } = strides[i] as (typeof strides)[number];
      if (column === 0) return i < inputs.length;
      return (
        column === 1 && row % 4 === 0 && isAligned(o) && o.strides.slice(0, rank).every((s) => s % 4 === 0)
      );
    });
  const isVector = (i: number) => vector && strides[i]?.column === 1;
  const program = step.epilogue ?? identity(outputs.length);
  const names = operands.map((_, i) => (i < inputs.length ? `z${i}` : `y${i - inputs.length}`));
  inputs.forEach((operand, i) => {
    kernel.input(`z${i}`, operand, isVector(i) ? 4 : 1);
  });
  outputs.forEach((operand, j) => {
    kernel.output(`y${j}`, operand, vector ? 4 : 1);
  });
  const compiled = programFunction(
    program,
    [{ dtype: 'float32' }, ...inputs],
    outputs,
    rank + 2,
    step.scalars,
    kernel,
  );
  // Coordinates stay uncoalesced: a program may ask for them.
  const batchAt = operands.map((o) => offsetAt(o.strides.slice(0, rank), 'c'));
  strides.forEach(({ row, column }, i) => {
    if (row > 1) kernel.param(`${names[i]}_row`, 'u32', row);
    if (column > 1) kernel.param(`${names[i]}_column`, 'u32', column);
  });
  const at = (i: number, column: string) => {
    const s = strides[i] as (typeof strides)[number];
    const rowTerm = s.row === 0 ? '' : s.row === 1 ? ' + i' : ` + i * params.${names[i]}_row`;
    const columnTerm =
      s.column === 0 ? '' : s.column === 1 ? ` + ${column}` : ` + (${column}) * params.${names[i]}_column`;
    return `at${i}${rowTerm}${columnTerm}`;
  };
  const index = compiled.usesIndex ? [...step.batch.map((_, axis) => `c${axis}`), 'i'] : [];
  const call = (values: readonly string[], column: string) =>
    `program(${[...values, ...index, ...(compiled.usesIndex ? [column] : [])].join(', ')})`;

  const lines = [
    'fn finish(z: u32, i: u32, j: u32, value: vec4<f32>) {',
    'if (i >= params.m || j >= params.n) { return; }',
    coordinates(step.batch, 'z', 'c'),
    ...batchAt.map((offset, i) => `let at${i} = ${offset};`),
  ];
  if (vector) {
    inputs.forEach((_, i) => {
      lines.push(`let x${i} = load${isVector(i) ? 4 : ''}_z${i}(${at(i, 'j')});`);
    });
    for (let e = 0; e < 4; e++) {
      const values = [`value[${e}]`, ...inputs.map((_, i) => (isVector(i) ? `x${i}[${e}]` : `x${i}`))];
      lines.push(`let p${e} = ${call(values, `j + ${e}u`)};`);
    }
    compiled.results.forEach((type, y) => {
      const four = [0, 1, 2, 3].map((e) => `p${e}.r${y}`).join(', ');
      lines.push(`store4_y${y}(${at(inputs.length + y, 'j')}, vec4<${type}>(${four}));`);
    });
  } else {
    lines.push('for (var e = 0u; e < 4u; e++) {', 'let column = j + e;', 'if (column < params.n) {');
    const values = ['value[e]', ...inputs.map((_, i) => `load_z${i}(${at(i, 'column')})`)];
    lines.push(`let p = ${call(values, 'column')};`);
    compiled.results.forEach((_, y) => {
      lines.push(`store_y${y}(${at(inputs.length + y, 'column')}, p.r${y});`);
    });
    lines.push('}', '}');
  }
  lines.push('}');
  return { code: `${compiled.code}\n${lines.join('\n')}`, heavy: compiled.heavy };
}
