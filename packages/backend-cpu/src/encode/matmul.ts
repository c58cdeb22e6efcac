/** The matmul step: which method, which blocks (assembly/matmul.ts). Choices depend on shapes and layouts only. */
import type { MatmulStep } from '@inkstone/core/backend';
import { CommandKind, MatmulMode, Storage } from '../../assembly/opcodes.js';
import { encodeProgram, outputOf, scratchSource, sourceOf } from './program.js';
import { contiguousStrides, product, type Source } from './space.js';
import type { StepEncoder } from './step.js';
import { type Address, nowhere } from './writer.js';

const tileRows = 5;
const tileColumns = 8;
/** A panel of B (8 columns) of this depth is 12 KB: it stays in L1 beside the panels of A. */
const mostDepth = 384;
/** Up to this depth one block takes it all: half of L1 for a panel costs less than passing over C again. */
const oneBlockDepth = 512;
/** B that the micro-kernels read where it lies: it should fit L1 with room for A and C. */
const directBytes = 20480;
/** B that each thread packs for itself. */
const localBytes = 131072;
/** Packed B of all threads: half of a large L2 or a share of L3. */
const packedBytes = 4 << 20;
/** Columns above which packing A pays. */
const packAColumns = 48;
/** Packed A of a task: it stays in L2 while the panels of B, which are further away, pass by once. */
const packedABytes = 196608;
/** Rows of a task at most: of each a line of C is in L1 between two panels of B. */
const mostRows = 200;
/** Rows of a task that reads A in place: they stay in L1 from one panel of B to the next. */
const inPlaceRows = 20;
/** Rows of C that wait for the epilogue, and where B is packed for all: there each task reads the whole of B. */
const epilogueBytes = 65536;
const packedEpilogueBytes = 262144;

/** A matrix of a batch: strides in elements. */
interface Matrix {
  readonly address: Address;
  readonly batch: readonly number[];
  readonly row: number;
  readonly column: number;
}

interface Shape {
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Rows of a batch become rows of one matrix where B is the same for all and A and C go on without a gap. */
function mergeRows(
  shape: Shape,
  a: Matrix,
  b: Matrix,
  c: Matrix,
): { shape: Shape; a: Matrix; b: Matrix; c: Matrix } {
  let { m } = shape;
  const batch = [...shape.batch];
  const strides = [a, b, c].map((matrix) => [...matrix.batch]);
  while (batch.length > 0) {
    const last = batch.length - 1;
    const size = batch[last];
    const rows = [a.row, 0, c.row];
    const merges = size === 1 || strides.every((s, i) => s[last] === (i === 1 ? 0 : rows[i] * m));
    if (!merges) break;
    m *= size;
    batch.pop();
    for (const s of strides) s.pop();
  }
  const [aBatch, bBatch, cBatch] = strides;
  return {
    shape: { ...shape, batch, m },
    a: { ...a, batch: aBatch },
    b: { ...b, batch: bBatch },
    c: { ...c, batch: cBatch },
  };
}

/** An operand as the kernels read it: f32, and an axis of size 1 takes the stride that suits them. */
function matrixOf(encoder: StepEncoder, step: MatmulStep, which: 'a' | 'b'): Matrix {
  const operand = step[which];
  const [rows, columns] = operand.shape.slice(-2);
  const inPlace = operand.dtype === 'float32';
  const strides = inPlace ? operand.strides : contiguousStrides(operand.shape);
  const rank = operand.shape.length;
  const row = strides[rank - 2];
  const column = strides[rank - 1];
  return {
    address: inPlace ? sourceOf(operand).address : encoder.contiguous(operand),
    batch: strides.slice(0, -2),
    row: rows === 1 ? (column === 1 ? columns : 1) : row,
    column: columns === 1 ? (row === 1 && rows > 1 ? rows : 1) : column,
  };
}

/** C where the product may go straight to the output: no epilogue, float32, rows without gaps between columns. */
function directOutput(step: MatmulStep): Matrix | null {
  const [output] = step.outputs;
  if (step.epilogue !== null || step.outputs.length !== 1 || output.dtype !== 'float32') return null;
  const strides = output.strides;
  const rank = strides.length;
  if (strides[rank - 1] !== 1 && step.n > 1) return null;
  return {
    address: sourceOf(output).address,
    batch: strides.slice(0, -2),
    row: step.m === 1 ? step.n : strides[rank - 2],
    column: 1,
  };
}

function chooseMode({ batch, m, n, k }: Shape, b: Matrix): MatmulMode {
  const bBytes = n * k * 4;
  const contiguousN = b.column === 1;
  const count = product(batch);
  if (m < tileRows && b.row === 1 && k >= 4 && !(contiguousN && bBytes <= directBytes)) return MatmulMode.Dot;
  if (contiguousN && bBytes <= directBytes) return MatmulMode.Direct;
  if (m < tileRows && contiguousN) return MatmulMode.RowSum;
  if (contiguousN && m <= 2 * tileRows && n * 4 <= 4096) return MatmulMode.Direct;
  if (bBytes <= localBytes && (count >= 8 || m * n * k < 65536)) return MatmulMode.LocalPack;
  return MatmulMode.SharedPack;
}

export function encodeMatmul(encoder: StepEncoder, step: MatmulStep): void {
  const { scratch } = encoder;
  const fullShape = [...step.batch, step.m, step.n];
  let direct = directOutput(step);
  const flat = contiguousStrides(fullShape);
  const flatC: Matrix = { address: nowhere, batch: flat.slice(0, -2), row: step.n, column: 1 };
  const a0 = matrixOf(encoder, step, 'a');
  const b0 = matrixOf(encoder, step, 'b');
  let merged = mergeRows(step, a0, b0, direct ?? flatC);
  const mode = chooseMode(merged.shape, merged.b);

  // A product with an epilogue that can't run on rows in cache goes to scratch memory first.
  const few = mode === MatmulMode.Dot || mode === MatmulMode.RowSum;
  const { n, k } = merged.shape;
  const mostColumns = Math.max(tileColumns * 8, Math.floor(packedBytes / 4 / Math.max(k, 1) / 64) * 64);
  const tooWide = n * 4 * tileRows > 4 * epilogueBytes || (mode === MatmulMode.SharedPack && n > mostColumns);
  let product0: Source | null = null;
  if (direct === null && (few || tooWide)) {
    product0 = scratchSource(scratch.take(product(fullShape) * 4), fullShape, Storage.F32);
    direct = { ...flatC, address: product0.address };
    merged = mergeRows(step, a0, b0, direct);
  }
  encodeCommand(encoder, step, merged, mode, direct !== null, mostColumns);
  if (product0 !== null) {
    encoder.pointwise(
      fullShape,
      [product0, ...step.epilogueInputs.map(sourceOf)],
      step.outputs.map(outputOf),
      epilogueOf(step),
      step.scalars,
    );
  }
}

function epilogueOf(step: MatmulStep): NonNullable<MatmulStep['epilogue']> {
  return step.epilogue ?? { instructions: [{ op: 'load', type: 'float32', input: 0 }], outputs: [0] };
}

function encodeCommand(
  encoder: StepEncoder,
  step: MatmulStep,
  { shape, a, b, c }: ReturnType<typeof mergeRows>,
  mode: MatmulMode,
  direct: boolean,
  mostColumns: number,
): void {
  const { writer, scratch } = encoder;
  const { batch, m, n, k } = shape;
  const few = mode === MatmulMode.Dot || mode === MatmulMode.RowSum;
  const depthBlocks = k <= oneBlockDepth ? 1 : Math.ceil(k / mostDepth);
  const depthBlock = Math.max(1, Math.ceil(k / depthBlocks));
  const columnBlock = few ? (n <= 512 ? 64 : 256) : mode === MatmulMode.SharedPack ? mostColumns : n;
  // In place A must be contiguous along one axis, and go on along k: the kernels end where its last step lies.
  const inPlace = a.column === 1 || (a.row === 1 && a.column !== 0);
  const packs = !few && (!inPlace || (n >= packAColumns && m >= tileRows));
  let rowBlock =
    mode === MatmulMode.SharedPack
      ? packs
        ? Math.min(mostRows, packedABytes / (depthBlock * 4))
        : inPlaceRows
      : Math.max(tileRows, 65536 / Math.max(1, n * k));
  if (!direct) {
    const waiting = mode === MatmulMode.SharedPack ? packedEpilogueBytes : epilogueBytes;
    rowBlock = Math.min(rowBlock, waiting / (n * 4));
  }
  rowBlock = Math.max(tileRows, Math.floor(Math.min(rowBlock, m + tileRows - 1) / tileRows) * tileRows);

  writer.begin(CommandKind.Matmul, encoder.flags(product(batch) * m * n * k * 0.25));
  writer.word(mode, m, n, k);
  writer.address(a.address);
  writer.word(a.row * 4, a.column * 4);
  writer.address(b.address);
  writer.word(b.row * 4, b.column * 4);
  writer.address(direct ? c.address : nowhere);
  writer.word(c.row * 4);
  writer.word(product(batch), batch.length);
  const batchAt = writer.offset;
  writer.word(0, rowBlock, columnBlock, depthBlock, packs ? 1 : 0);
  const programWord = writer.offset;
  writer.word(0);
  const scratchWords = writer.offset;
  writer.word(0, 0, 0);
  const packed = mode === MatmulMode.SharedPack;
  const panels = Math.ceil(Math.min(n, columnBlock) / tileColumns);
  writer.address(packed ? { kind: 'scratch', byteOffset: scratch.take(panels * k * 32) } : nowhere);
  writer.patch(batchAt, writer.offset);
  writer.word(...batch, ...a.batch.map(bytes), ...b.batch.map(bytes), ...c.batch.map(bytes));

  let top = 0;
  if (!direct) {
    writer.patch(programWord, writer.offset);
    const fullShape = [...step.batch, step.m, step.n];
    const product0: Source = {
      address: nowhere,
      storage: Storage.F32,
      strides: contiguousStrides(fullShape),
      local: true,
    };
    top = encodeProgram(writer, {
      shape: fullShape,
      inputs: [product0, ...step.epilogueInputs.map(sourceOf)],
      outputs: step.outputs.map(outputOf),
      program: epilogueOf(step),
      scalars: step.scalars,
    }).scratchBytes;
  }
  const take = (size: number): number => {
    const at = Math.ceil(top / 64) * 64;
    top = at + size + 64;
    return at;
  };
  writer.patch(scratchWords, take(few ? m * k * 4 : packs ? rowBlock * depthBlock * 4 : 0));
  writer.patch(scratchWords + 4, take(mode === MatmulMode.LocalPack ? panels * k * 32 : 0));
  writer.patch(scratchWords + 8, take(direct ? 0 : rowBlock * n * 4));
  writer.end();
  scratch.needLocal(top);
}

function bytes(elements: number): number {
  return elements * 4;
}
