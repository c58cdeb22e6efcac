/** Attention steps: tensors by their steps in bytes, and the scratch memory of a task. */
import {
  type AttentionBackwardStep,
  type AttentionStep,
  dropoutLimit,
  dropoutScale,
  type Operand,
} from '@inkstone/core/backend';
import { CommandKind, Storage } from '../../assembly/opcodes.js';
import { contiguousStrides } from './space.js';
import type { StepEncoder, Target } from './step.js';
import { storageOf } from './storage.js';
import { type Address, addressOf, nowhere, type Writer } from './writer.js';

/** As in assembly/attention.ts. */
const queryBlock = 20;
const fewQueries = 5;
/** Queries of a task: a few blocks, so that packing keys and values pays. */
const queryTask = 4 * queryBlock;

interface Tensor {
  readonly address: Address;
  /** Steps of the axes batch, head, position in elements. */
  readonly strides: readonly number[];
}

/** A float tensor whose last axis is contiguous; a copy where it is not. */
function tensorOf(encoder: StepEncoder, operand: Operand): Tensor {
  const last = operand.shape.length - 1;
  const contiguous = operand.strides[last] === 1 || operand.shape[last] <= 1;
  if (operand.dtype === 'float32' && contiguous)
    return { address: addressOf(operand), strides: operand.strides };
  return { address: encoder.contiguous(operand), strides: contiguousStrides(operand.shape) };
}

/** Where a result with a contiguous last axis goes. */
function resultOf(encoder: StepEncoder, operand: Operand): Tensor & Target {
  const last = operand.shape.length - 1;
  const contiguous = operand.strides[last] === 1 || operand.shape[last] <= 1;
  if (operand.dtype === 'float32' && contiguous) {
    return { address: addressOf(operand), strides: operand.strides, store: () => {} };
  }
  const target = encoder.target(operand);
  return { ...target, strides: contiguousStrides(operand.shape) };
}

function writeHeads(writer: Writer, tensor: Tensor): void {
  writer.address(tensor.address);
  writer.word(...tensor.strides.slice(0, 3).map((stride) => stride * 4));
}

/** A mask (bool as it lies, floats as float32); null for none. */
function pairsOf(encoder: StepEncoder, operand: Operand | null): (Tensor & { storage: Storage }) | null {
  if (operand === null) return null;
  if (operand.dtype === 'float32' || operand.dtype === 'bool') {
    return { address: addressOf(operand), strides: operand.strides, storage: storageOf(operand.dtype) };
  }
  return {
    address: encoder.contiguous(operand),
    strides: contiguousStrides(operand.shape),
    storage: Storage.F32,
  };
}

function writePairs(writer: Writer, pairs: ReturnType<typeof pairsOf>): void {
  if (pairs === null) {
    writer.word(0, 0, 0, 0, 0, 0);
    return;
  }
  const bytes = pairs.storage === Storage.Bool ? 1 : 4;
  writer.address(pairs.address);
  writer.word(pairs.storage, ...pairs.strides.map((stride) => stride * bytes));
}

/** Factors of dropout, or where their seed lies. */
function writeDropout(writer: Writer, address: Address, p: number | null): void {
  writer.address(address);
  writer.word(p === null ? 0 : 1, p === null ? 0 : dropoutLimit(p));
  writer.float(p === null ? 0 : dropoutScale(p));
}

/** Bytes of a row of scores. */
function pitch(keys: number): number {
  return Math.ceil(keys / 8) * 32;
}

function forwardScratch(step: AttentionStep): number {
  const { keys, headSize, queries } = step;
  // Beside the scores a row of dropout's factors.
  if (queries < fewQueries) return 2 * pitch(keys) + 64;
  return pitch(keys) * headSize + pitch(headSize) * keys + (pitch(keys) + 4) * queryBlock + pitch(keys) + 256;
}

function backwardScratch(step: AttentionBackwardStep): number {
  const { keys, headSize } = step;
  const sums = Math.ceil((keys * headSize * 4) / 64) * 64 + 64;
  return (
    2 * pitch(keys) * headSize + pitch(headSize) * keys + 2 * sums + pitch(keys) * (2 * queryBlock + 1) + 256
  );
}

export function encodeAttention(encoder: StepEncoder, step: AttentionStep | AttentionBackwardStep): void {
  const { writer, scratch } = encoder;
  const backward = step.kind === 'attentionBackward';
  const inputs = [step.q, step.k, step.v].map((operand) => tensorOf(encoder, operand));
  const mask = pairsOf(encoder, step.mask);
  const dropout = step.dropout === null ? nowhere : encoder.contiguous(step.dropout);
  const out = backward ? tensorOf(encoder, step.out) : resultOf(encoder, step.out);
  const dout = backward ? [tensorOf(encoder, step.dout)] : [];
  const gradients = backward ? [step.dq, step.dk, step.dv].map((operand) => resultOf(encoder, operand)) : [];
  const kept: Target = backward
    ? { address: encoder.contiguous(step.logSumExp), store: () => {} }
    : encoder.target(step.logSumExp);

  const work = step.batch * step.heads * step.queries * step.keys * step.headSize;
  writer.begin(backward ? CommandKind.AttentionBackward : CommandKind.Attention, encoder.flags(work * 0.5));
  writer.word(step.batch, step.heads, step.keyHeads, step.queries, step.keys, step.headSize);
  writer.address(step.keyLength === null ? nowhere : { kind: 'scalar', index: step.keyLength });
  writer.float(step.scale);
  writer.word(step.causal === null ? 0 : 1, step.causal ?? 0);
  writer.address(step.causalShift === null ? nowhere : { kind: 'scalar', index: step.causalShift });
  writer.word(step.queries < fewQueries ? Math.max(1, step.queries) : queryTask, 0);
  writer.address(kept.address);
  writer.word(writer.offset + 4);
  for (const tensor of inputs) writeHeads(writer, tensor);
  writePairs(writer, mask);
  writeDropout(writer, dropout, step.dropoutP);
  for (const tensor of [out, ...dout, ...gradients]) writeHeads(writer, tensor);
  writer.end();
  scratch.needLocal(backward ? backwardScratch(step) : forwardScratch(step));
  for (const target of [...(backward ? [] : [out as Tensor & Target, kept]), ...gradients]) target.store();
}
