/** The reduce step: the space is ordered so that a reduction is over runs or over rows (assembly/reduce.ts). */
import type { ComputeType, ReduceStep } from '@inkstone/core/backend';
import { CommandKind, Reduction, Storage } from '../../assembly/opcodes.js';
import { encodeProgram, outputOf, sourceOf } from './program.js';
import { contiguousStrides, product, type Source } from './space.js';
import type { StepEncoder } from './step.js';
import { storageOf } from './storage.js';
import { type Address, addressOf, floatBits } from './writer.js';

/** Reductions longer than this are cut into pieces where there are few of them. */
const longRun = 16384;
const enoughOutputs = 64;
/** Rows of a piece in the columns layout, at least. */
const leastRows = 32;

function reductionOf(step: ReduceStep): Reduction {
  const { prologue, reducer } = step;
  const { type } = prologue.instructions[prologue.outputs[0]];
  const float = type === 'float32';
  switch (reducer) {
    case 'sum':
    case 'mean':
      return float ? Reduction.SumF32 : Reduction.SumI32;
    case 'prod':
      return float ? Reduction.ProdF32 : Reduction.ProdI32;
    case 'max':
      return float ? Reduction.MaxF32 : type === 'bool' ? Reduction.Any : Reduction.MaxI32;
    case 'min':
      return float ? Reduction.MinF32 : type === 'bool' ? Reduction.All : Reduction.MinI32;
    case 'argmax':
      return float ? Reduction.ArgMaxF32 : type === 'bool' ? Reduction.ArgMinI32 : Reduction.ArgMaxI32;
    case 'argmin':
      return float ? Reduction.ArgMinF32 : type === 'bool' ? Reduction.ArgMaxI32 : Reduction.ArgMinI32;
    case 'any':
      return Reduction.Any;
    case 'all':
      return Reduction.All;
  }
}

function resultType(step: ReduceStep): ComputeType {
  if (step.reducer === 'argmax' || step.reducer === 'argmin') return 'int32';
  return step.prologue.instructions[step.prologue.outputs[0]].type;
}

/** The result's own place, if nothing has to be done to it; else null. */
function directAddress(step: ReduceStep, kept: readonly number[]): Address | null {
  const [output] = step.outputs;
  if (step.epilogue !== null || step.outputs.length !== 1 || storageOf(output.dtype) > Storage.I32)
    return null;
  if ((output.dtype === 'float32') !== (resultType(step) === 'float32') || resultType(step) === 'bool')
    return null;
  const wanted = contiguousStrides(kept);
  return kept.every((size, i) => size === 1 || output.strides[i] === wanted[i]) ? addressOf(output) : null;
}

export function encodeReduce(encoder: StepEncoder, step: ReduceStep): void {
  const { writer, scratch } = encoder;
  const rank = step.shape.length;
  const reduced = new Set(step.axes);
  const keptAxes = step.shape.map((_, axis) => axis).filter((axis) => !reduced.has(axis));
  const reducedAxes = [...reduced].sort((a, b) => a - b);
  const sizes = (axes: readonly number[]): number[] => axes.map((axis) => step.shape[axis]);
  const kept = sizes(keptAxes);
  const reduction = reductionOf(step);

  // Kept axes after the last reduced one that is longer than 1.
  const lastReduced = reducedAxes.filter((axis) => step.shape[axis] !== 1).at(-1) ?? -1;
  const innerAxes = lastReduced < 0 ? [] : keptAxes.filter((axis) => axis > lastReduced);
  const columns = reduction < Reduction.ArgMaxF32 && product(sizes(innerAxes)) >= 4;
  const outerAxes = columns ? keptAxes.filter((axis) => axis < lastReduced) : keptAxes;
  const order = [...outerAxes, ...reducedAxes, ...(columns ? innerAxes : [])];
  if (order.length !== rank)
    throw new RangeError(`cpu: axes [${step.axes}] of a reduction of [${step.shape}]`);
  const outer = product(sizes(outerAxes));
  const length = product(sizes(reducedAxes));
  const inner = columns ? product(sizes(innerAxes)) : 1;

  const direct = directAddress(step, kept);
  const result: Source | null = direct === null ? encoder.temporary(kept, resultType(step)) : null;
  const permuted = (source: Source): Source => ({
    ...source,
    strides: order.map((axis) => source.strides[axis]),
  });
  const prologue = {
    ...step.prologue,
    instructions: step.prologue.instructions.map((instruction) =>
      instruction.op === 'index' ? { ...instruction, axis: order.indexOf(instruction.axis) } : instruction,
    ),
  };

  const weight = step.prologue.instructions.length + 1;
  writer.begin(CommandKind.Reduce, encoder.flags(outer * length * inner * weight * 0.25));
  const head = writer.offset;
  writer.word(...new Array<number>(13).fill(0));
  writer.patch(head, reduction);
  const programAt = writer.offset;
  const { scratchBytes, block } = encodeProgram(
    writer,
    {
      shape: sizes(order),
      inputs: step.inputs.map((operand) => permuted(sourceOf(operand))),
      outputs: [],
      program: prologue,
      scalars: step.scalars,
    },
    true,
  );

  let piece = length;
  let chunk: number;
  if (columns) {
    chunk = Math.min(inner, block);
    // Rows of short pieces share blocks, so a piece is a whole number of blocks.
    const group = inner <= block ? Math.max(1, Math.floor(block / inner)) : 1;
    const rows = Math.max(leastRows, Math.ceil(Math.sqrt(length)));
    if (length >= 4 * leastRows) piece = Math.ceil(rows / group) * group;
  } else {
    chunk = Math.max(1, Math.round(8192 / Math.max(1, length)));
    const pieceBlocks = Math.ceil(longRun / 2 / block);
    const cuts = reduction < Reduction.ArgMaxF32 && length > longRun && outer < enoughOutputs;
    if (cuts && length > block) piece = pieceBlocks * block;
  }
  const pieces = length === 0 ? 1 : Math.max(1, Math.ceil(length / piece));
  const partial: Address =
    pieces > 1 ? { kind: 'scratch', byteOffset: scratch.take(outer * pieces * inner * 4) } : { kind: 'none' };
  const words = [
    reduction,
    columns ? 1 : 0,
    ...[outer, length, inner, piece, pieces, chunk],
    floatBits(step.reducer === 'mean' ? length : 1),
  ];
  words.forEach((value, i) => {
    writer.patch(head + i * 4, value);
  });
  writer.addressAt(head + 36, direct ?? (result as Source).address);
  writer.addressAt(head + 40, partial);
  writer.patch(head + 44, programAt);
  writer.patch(head + 48, scratchBytes);
  writer.end();
  scratch.needLocal(scratchBytes + (columns ? chunk * 4 + 64 : 0));

  if (result === null) return;
  const program = step.epilogue ?? {
    instructions: [{ op: 'load', type: resultType(step), input: 0 } as const],
    outputs: [0],
  };
  encoder.pointwise(
    kept,
    [result, ...step.epilogueInputs.map(sourceOf)],
    step.outputs.map(outputOf),
    program,
    step.scalars,
  );
}
