/** What the encoders of all steps share: the writer, the scratch plan, and operands brought to 32-bit contiguous form. */
import { type ComputeType, computeTypeOf, type Operand, type Program } from '@inkstone/core/backend';
import { CommandFlags, CommandKind, Storage } from '../../assembly/opcodes.js';
import { encodeProgram, identity, type Output, outputOf, scratchSource, sourceOf } from './program.js';
import type { ScratchPlan } from './scratch.js';
import { contiguousStrides, product, type Source } from './space.js';
import { storageOf } from './storage.js';
import { type Address, addressOf, nowhere, type Writer } from './writer.js';

/** Work below which a command is not worth sharing among threads: about 10 microseconds of one thread. */
export const defaultParallelWork = 16384;

export class StepEncoder {
  constructor(
    readonly writer: Writer,
    readonly scratch: ScratchPlan,
    private readonly parallelWork: number,
  ) {}

  flags(work: number): number {
    return work >= this.parallelWork ? CommandFlags.Parallel : 0;
  }

  /** A pointwise command. `work` weighs a point: how many instructions it takes. */
  pointwise(
    shape: readonly number[],
    inputs: readonly Source[],
    outputs: readonly Output[],
    program: Program,
    scalars: readonly number[],
  ): void {
    const { writer } = this;
    const total = product(shape);
    const work = program.instructions.length + inputs.length;
    writer.begin(CommandKind.Pointwise, this.flags(total * work * 0.25));
    writer.word(0);
    const { scratchBytes, block } = encodeProgram(writer, { shape, inputs, outputs, program, scalars });
    // Some ten thousand instructions a task, in whole blocks.
    writer.patch(12, block * Math.max(1, Math.round(65536 / work / block)));
    writer.end();
    this.scratch.needLocal(scratchBytes);
  }

  /** Copies between two sources of the same shape, with a change of type where they differ. */
  copy(shape: readonly number[], from: Source, to: Output): void {
    this.pointwise(shape, [from], [to], identity(to.type), []);
  }

  /** Address of an operand as contiguous values of a 32-bit type: its own, or that of a copy in scratch memory. */
  contiguous(operand: Operand): Address {
    const wanted = contiguousStrides(operand.shape);
    const fits = operand.shape.every((size, i) => size === 1 || operand.strides[i] === wanted[i]);
    const storage = storageOf(operand.dtype);
    if (fits && storage <= Storage.I32) return addressOf(operand);
    const type = computeTypeOf(operand.dtype);
    const source = this.temporary(operand.shape, type);
    this.copy(operand.shape, sourceOf(operand), { ...source, type });
    return source.address;
  }

  contiguousOrNone(operand: Operand | null): Address {
    return operand === null ? nowhere : this.contiguous(operand);
  }

  /** A contiguous 32-bit array in scratch memory. Bools are masks there. */
  temporary(shape: readonly number[], type: ComputeType): Source {
    const offset = this.scratch.take(product(shape) * 4);
    return scratchSource(offset, shape, type === 'float32' ? Storage.F32 : Storage.I32);
  }

  /**
   * Where a kernel that writes contiguous floats puts an output: the operand itself, or scratch memory from which
   * `store` copies (and narrows) it afterwards.
   */
  target(operand: Operand | null): Target {
    if (operand === null) return { address: nowhere, store: () => {} };
    const wanted = contiguousStrides(operand.shape);
    const fits = operand.shape.every((size, i) => size === 1 || operand.strides[i] === wanted[i]);
    const storage = storageOf(operand.dtype);
    if (fits && storage <= Storage.I32) return { address: addressOf(operand), store: () => {} };
    const source = this.temporary(operand.shape, computeTypeOf(operand.dtype));
    return {
      address: source.address,
      store: () => this.copy(operand.shape, source, outputOf(operand)),
    };
  }
}

export interface Target {
  readonly address: Address;
  /** Emits what must follow the command that wrote to `address`. */
  store(): void;
}
