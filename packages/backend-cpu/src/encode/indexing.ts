/** Selection by index and its transposes. */
import type { GatherStep, IndexAddStep, IndexSelectStep, ScatterStep } from '@inkstone/core/backend';
import { CommandKind, Storage } from '../../assembly/opcodes.js';
import { sourceOf } from './program.js';
import { contiguousStrides } from './space.js';
import type { StepEncoder } from './step.js';
import { storageBytes } from './storage.js';
import { type Address, addressOf } from './writer.js';

interface Command {
  readonly kind: CommandKind;
  readonly from: Address;
  readonly to: Address;
  readonly elementBytes: number;
  readonly accumulate: boolean;
  /** indexAdd: the index that adds nothing. scatter: 1 to sum. */
  readonly skip: number | null;
  readonly integers: boolean;
  readonly chunk: number;
}

type IndexStep = IndexSelectStep | IndexAddStep | GatherStep | ScatterStep;

function write(encoder: StepEncoder, step: IndexStep, command: Command): void {
  const { writer } = encoder;
  const { outer, size, inner, count } = step;
  writer.begin(command.kind, encoder.flags(outer * inner * count));
  writer.word(outer, size, inner, count, command.elementBytes);
  writer.address(command.from);
  writer.address(addressOf(step.index));
  writer.address(command.to);
  writer.address(addressOf(step.flag));
  writer.word(command.accumulate ? 1 : 0, command.skip ?? 0, command.skip === null ? 0 : 1);
  writer.word(command.integers ? 1 : 0, command.chunk);
  writer.end();
}

/** Rows of a selection task. */
function rowsOfTask(inner: number): number {
  return Math.max(1, Math.floor(4096 / Math.max(1, inner)));
}

export function encodeSelection(encoder: StepEncoder, step: IndexSelectStep | GatherStep): void {
  write(encoder, step, {
    kind: step.kind === 'indexSelect' ? CommandKind.IndexSelect : CommandKind.Gather,
    from: addressOf(step.input),
    to: addressOf(step.output),
    elementBytes: storageBytes(step.input.dtype),
    accumulate: false,
    skip: null,
    integers: false,
    chunk: rowsOfTask(step.inner),
  });
}

/** Inner elements of a task that adds: whole cache lines, so that threads do not share any. */
const widthOfTask = 64;

export function encodeAddition(encoder: StepEncoder, step: IndexAddStep | ScatterStep): void {
  const sums = step.kind === 'indexAdd' || step.reduce === 'sum';
  const half = sums && step.output.dtype === 'float16';
  // Sums of halves are made in float32 and narrowed once.
  const from = half ? encoder.contiguous(step.source) : addressOf(step.source);
  const to = half ? encoder.target(step.output) : { address: addressOf(step.output), store: () => {} };
  if (half && step.accumulate) {
    const { shape } = step.output;
    const wide = { address: to.address, storage: Storage.F32, strides: contiguousStrides(shape) };
    encoder.copy(shape, sourceOf(step.output), { ...wide, type: 'float32' });
  }
  write(encoder, step, {
    kind: step.kind === 'indexAdd' ? CommandKind.IndexAdd : CommandKind.Scatter,
    from,
    to: to.address,
    elementBytes: half ? 4 : storageBytes(step.output.dtype),
    accumulate: step.accumulate,
    skip: step.kind === 'indexAdd' ? step.skip : step.reduce === 'sum' ? 1 : 0,
    integers: step.output.dtype === 'int32',
    chunk: widthOfTask,
  });
  to.store();
}
