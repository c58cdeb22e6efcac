import type { MatmulStep, Operand } from '@inkstone/core/backend';
import { coalesce, coordinates, offsetAt, sizeOf } from '../indexing.js';
import type { Kernel } from '../kernel.js';
import type { Lowering } from '../plan/lowering.js';
import type { Tuning } from '../tuning.js';
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

/** Registers of an invocation in fours, and invocations of a workgroup. */
export interface MatmulTile {
  readonly rows4: number;
  readonly columns4: number;
  readonly across: number;
  readonly down: number;
}

function chooseTile({ m, n }: MatmulStep, { sharedTiles }: Tuning): MatmulTile {
  if (m <= 4) return { rows4: 1, columns4: 1, across: 32, down: 1 };
  if (sharedTiles) return { rows4: 1, columns4: 1, across: 16, down: 16 };
  return { rows4: m >= 8 ? 2 : 1, columns4: n >= 64 ? 2 : 1, across: 8, down: 1 };
}

/** Into how many slices k is cut: more than one only where the tiles alone leave the machine idle. */
function chooseSlices(
  { m, n, k }: MatmulStep,
  batches: number,
  tile: MatmulTile,
  { parallelism }: Tuning,
): number {
  const invocations = batches * Math.ceil(m / (4 * tile.rows4)) * Math.ceil(n / (4 * tile.columns4));
  if (invocations >= parallelism / 2) return 1;
  return Math.max(1, Math.min(Math.floor(parallelism / invocations), Math.floor(k / 128), 32));
}

function product(step: MatmulStep, tile: MatmulTile, slices: number, to: Lowering): void {
  const { m, n, k } = step;
  const batches = sizeOf(step.batch);
  const kernel = to.kernel(step.label ?? 'matmul');
  const tail = k % 4 !== 0;
  const a = declareSide(kernel, 'a', step.a, k, tail);
  const b = declareSide(kernel, 'b', step.b, k, tail);
  const tileRows = Math.ceil(m / (4 * tile.rows4 * tile.down));
  const tileColumns = Math.ceil(n / (4 * tile.columns4 * tile.across));
  const tiles = tileRows * tileColumns * batches * slices;
  kernel.sizes({ m, n, k, tiles, tile_rows: tileRows, tile_columns: tileColumns });
  kernel.sizes({ a_row: a.outer, a_inner: a.inner, b_column: b.outer, b_inner: b.inner });
  if (slices > 1) kernel.sizes({ batches, k_slice: Math.ceil(k / slices / 4) * 4 });

  const batchSpace = coalesce({
    shape: step.batch,
    strides: [step.a.strides, step.b.strides],
  });
  const batchOffset = (name: string, i: number) =>
    [
      `fn batch_${name}(z: u32) -> u32 {`,
      coordinates(batchSpace.shape, 'z', 'b'),
      `return ${offsetAt((batchSpace.strides[i] as number[]).slice(0, batchSpace.shape.length), 'b')};\n}`,
    ].join('\n');
  const finish = slices > 1 ? partialFinish(step, kernel) : finishFunction(step, kernel);
  to.add(
    kernel.build(
      'matmul',
      source,
      {
        ROWS4: tile.rows4,
        COLUMNS4: tile.columns4,
        ACROSS: tile.across,
        DOWN: tile.down,
        READS: [a.code, b.code, batchOffset('a', 0), batchOffset('b', 1)].join('\n'),
        A_ALONG_K: a.alongK,
        B_ALONG_K: b.alongK,
        SLICED: slices > 1,
        TAIL: tail,
        HEAVY: finish.heavy,
        FINISH: finish.code,
      },
      tiles,
    ),
  );
}

/** One side of the product: `outer` is the stride of a's rows or b's columns, `inner` that of l. */
interface Side {
  readonly outer: number;
  readonly inner: number;
  /** Whether vectors are read along l. */
  readonly alongK: boolean;
  /** `read_NAME(at)`: four elements from `at` on. */
  readonly code: string;
}

function declareSide(kernel: Kernel, name: 'a' | 'b', operand: Operand, k: number, tail: boolean): Side {
  const rank = operand.shape.length;
  const [row, column] = [operand.strides[rank - 2] as number, operand.strides[rank - 1] as number];
  const outer = name === 'a' ? row : column;
  const inner = name === 'a' ? column : row;
  const alongK = inner === 1 || outer !== 1;
  const other = alongK ? outer : inner;
  const batchStrides = operand.strides.slice(0, rank - 2);
  const vector =
    (alongK ? inner : outer) === 1 &&
    k >= 4 &&
    isAligned(operand) &&
    [other, ...batchStrides].every((stride) => stride % 4 === 0);
  if (vector) kernel.input(name, operand, 4);
  if (vector && tail) kernel.input(`${name}1`, operand);
  if (!vector) kernel.input(name, operand);
  const step = `params.${name}_${alongK ? 'inner' : name === 'a' ? 'row' : 'column'}`;
  const read = vector
    ? `return load4_${name}(at);`
    : `return vec4<f32>(${[0, 1, 2, 3].map((i) => `load_${name}(at + ${i}u * ${step})`).join(', ')});`;
  const single = vector && tail ? `fn single_${name}(at: u32) -> f32 { return load_${name}1(at); }` : '';
  const plain = !vector && tail ? `fn single_${name}(at: u32) -> f32 { return load_${name}(at); }` : '';
  return {
    outer,
    inner,
    alongK,
    code: `fn read_${name}(at: u32) -> vec4<f32> { ${read} }\n${single}${plain}`,
  };
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
