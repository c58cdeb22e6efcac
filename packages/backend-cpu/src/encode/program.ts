/**
 * Pointwise programs as the kernels take them (assembly/program.ts): instructions over numbered registers, each a
 * block in the thread's scratch memory, a splat, or memory itself.
 */
import {
  type ComputeType,
  computeTypeOf,
  type Instruction,
  type Operand,
  type Program,
} from '@inkstone/core/backend';
import { Access, Op, Storage } from '../../assembly/opcodes.js';
import { binaryCode, castCode, unaryCode } from './instructions.js';
import { accessOf, collapse, contiguousStrides, product, type Source } from './space.js';
import { storageOf } from './storage.js';
import { type Address, addressOf, floatBits, nowhere, type Writer } from './writer.js';

/** A program over a space, as a step has it. */
export interface ProgramSpec {
  readonly shape: readonly number[];
  readonly program: Program;
  readonly inputs: readonly Source[];
  readonly outputs: readonly Output[];
  /** Plan scalars that the program's `scalar` instructions name. */
  readonly scalars: readonly number[];
}

export interface Output extends Source {
  /** Type of the values that this storage takes. */
  readonly type: ComputeType;
}

export interface EncodedProgram {
  /** Bytes of thread scratch memory that it needs. */
  readonly scratchBytes: number;
  /** Points of a block. */
  readonly block: number;
}

/** Operands of a step as sources over its shape. */
export function sourceOf(operand: Operand): Source {
  return { address: addressOf(operand), storage: storageOf(operand.dtype), strides: operand.strides };
}

export function outputOf(operand: Operand): Output {
  return { ...sourceOf(operand), type: computeTypeOf(operand.dtype) };
}

/** Contiguous 32-bit values in shared scratch memory. */
export function scratchSource(byteOffset: number, shape: readonly number[], storage: Storage): Source {
  return { address: { kind: 'scratch', byteOffset }, storage, strides: contiguousStrides(shape) };
}

/** The program that stores its only input. */
export const identity: (type: ComputeType) => Program = (type) => ({
  instructions: [{ op: 'load', type, input: 0 }],
  outputs: [0],
});

/** Bytes of coordinates at the start of a program's scratch memory; the register table follows. */
const tableAt = 256;
/** Blocks of all live values together should leave room in a 32 KB L1 cache. */
const cacheBytes = 16384;
const maxBlock = 1024;

/** Where a value is. */
interface Value {
  readonly type: ComputeType;
  /** The same at all points. */
  readonly uniform: boolean;
  readonly register: number;
}

interface Code {
  readonly op: Op;
  readonly to: number;
  readonly args: readonly number[];
}

interface Register {
  uniform: boolean;
  /** Uniform: index of its 32-byte cell. Else: index of its slot, -1 where it is memory itself. */
  place: number;
}

/** Turns instructions into code, leaving out what no output needs. */
class Compiler {
  readonly registers: Register[] = [];
  readonly constants: { cell: number; bits: number; address: Address }[] = [];
  readonly prelude: Code[] = [];
  readonly body: Code[] = [];
  readonly inputRegisters: number[];
  private readonly values: Value[] = [];
  private cells = 0;

  constructor(
    private readonly spec: ProgramSpec,
    /** Access of each input; coordinates were added to `spec.inputs`. */
    private readonly accesses: readonly Access[],
    private readonly coordinateInputs: ReadonlyMap<number, number>,
  ) {
    this.inputRegisters = accesses.map((access) => this.register(access === Access.Uniform));
    const { instructions, outputs } = spec.program;
    const needed = new Set<number>(outputs);
    for (let i = instructions.length - 1; i >= 0; i--) {
      if (needed.has(i)) for (const arg of argumentsOf(instructions[i])) needed.add(arg);
    }
    instructions.forEach((instruction, i) => {
      if (needed.has(i)) this.values[i] = this.compile(instruction);
    });
  }

  value(index: number): Value {
    return this.values[index];
  }

  get cellCount(): number {
    return this.cells;
  }

  register(uniform: boolean): number {
    this.registers.push({ uniform, place: uniform ? this.cells++ : -1 });
    return this.registers.length - 1;
  }

  emit(op: Op, type: ComputeType, args: readonly Value[]): Value {
    const uniform = args.every((arg) => arg.uniform);
    const to = this.register(uniform);
    (uniform ? this.prelude : this.body).push({ op, to, args: args.map((arg) => arg.register) });
    return { type, uniform, register: to };
  }

  cast(value: Value, type: ComputeType): Value {
    const code = castCode(value.type, type);
    return code === null ? value : this.emit(code, type, [value]);
  }

  /** The value in a block of its own, for those who need one. */
  materialise(value: Value): Value {
    const to = this.register(false);
    this.body.push({ op: Op.Copy, to, args: [value.register] });
    return { ...value, uniform: false, register: to };
  }

  private constant(type: ComputeType, bits: number, address: Address = nowhere): Value {
    const register = this.register(true);
    this.constants.push({ cell: this.registers[register].place, bits, address });
    return { type, uniform: true, register };
  }

  private compile(instruction: Instruction): Value {
    switch (instruction.op) {
      case 'load': {
        const { input, type } = instruction;
        return {
          type,
          uniform: this.accesses[input] === Access.Uniform,
          register: this.inputRegisters[input],
        };
      }
      case 'const': {
        const { type, value } = instruction;
        return this.constant(
          type,
          type === 'float32' ? floatBits(value) : type === 'bool' ? (value ? -1 : 0) : value,
        );
      }
      case 'scalar':
        return this.constant(instruction.type, 0, {
          kind: 'scalar',
          index: this.spec.scalars[instruction.scalar],
        });
      case 'index': {
        const input = this.coordinateInputs.get(instruction.axis) as number;
        return {
          type: 'int32',
          uniform: this.accesses[input] === Access.Uniform,
          register: this.inputRegisters[input],
        };
      }
      case 'cast':
        return this.cast(this.values[instruction.a], instruction.type);
      case 'select':
        return this.emit(Op.Select, instruction.type, [
          this.values[instruction.a],
          this.values[instruction.b],
          this.values[instruction.c],
        ]);
      default:
        return 'b' in instruction ? this.binary(instruction) : this.unary(instruction);
    }
  }

  private unary(instruction: Extract<Instruction, { a: number }>): Value {
    const a = this.values[(instruction as { a: number }).a];
    const op = instruction.op as Parameters<typeof unaryCode>[0];
    if ((op === 'isnan' || op === 'isinf') && a.type !== 'float32') return this.constant('bool', 0);
    return this.emit(unaryCode(op, a.type), instruction.type, [a]);
  }

  private binary(instruction: Extract<Instruction, { a: number; b: number }>): Value {
    const a = this.values[instruction.a];
    const b = this.values[instruction.b];
    const op = instruction.op as Parameters<typeof binaryCode>[0];
    if (op === 'pow' && a.type === 'float32') {
      // Powers that are products are exact to the last place without powf.
      const exponent = this.spec.program.instructions[instruction.b];
      if (exponent.op === 'const' && exponent.value === 2) return this.emit(Op.MulF, 'float32', [a, a]);
      if (exponent.op === 'const' && exponent.value === 1) return a;
    }
    return this.emit(binaryCode(op, a.type), instruction.type, [a, b]);
  }
}

function argumentsOf(instruction: Instruction): number[] {
  const { a, b, c } = instruction as { a?: number; b?: number; c?: number };
  return [a, b, c].filter((index) => index !== undefined);
}

/** a * b + c in one pass where nothing else needs the product: two roundings, the same bits as two instructions. */
function fuseMultiplyAdds(body: readonly Code[], kept: ReadonlySet<number>): Code[] {
  const uses = new Map<number, number>();
  for (const { args } of body) for (const arg of args) uses.set(arg, (uses.get(arg) ?? 0) + 1);
  const definition = new Map(body.map((code) => [code.to, code]));
  const fused = new Set<Code>();
  const result = body.map((code) => {
    if (code.op !== Op.AddF) return code;
    for (const [arg, other] of [
      [code.args[0], code.args[1]],
      [code.args[1], code.args[0]],
    ]) {
      const product = definition.get(arg);
      if (product?.op === Op.MulF && !fused.has(product) && uses.get(arg) === 1 && !kept.has(arg)) {
        fused.add(product);
        return { op: Op.MulAddF, to: code.to, args: [...product.args, other] };
      }
    }
    return code;
  });
  return result.filter((code) => !fused.has(code));
}

/** Gives each block register a slot for as long as it is alive; returns how many slots there are. */
function assignSlots(
  registers: Register[],
  body: readonly Code[],
  gathered: readonly number[],
  repeated: readonly number[],
  kept: ReadonlySet<number>,
): number {
  const lastUse = new Map<number, number>();
  body.forEach((code, i) => {
    for (const arg of code.args) lastUse.set(arg, i);
  });
  const free: number[] = [];
  let slots = 0;
  // Filled once for all blocks, and long enough to start anywhere in the period: two slots, never given away.
  for (const register of repeated) {
    registers[register].place = slots;
    slots += 2;
  }
  for (const register of gathered) registers[register].place = slots++;
  const slotted = new Set(gathered);
  body.forEach((code, i) => {
    for (const arg of new Set(code.args)) {
      if (slotted.has(arg) && lastUse.get(arg) === i && !kept.has(arg)) free.push(registers[arg].place);
    }
    registers[code.to].place = free.pop() ?? slots++;
    slotted.add(code.to);
  });
  return slots;
}

/** The block: as long as the cache allows, and a whole number of the repetitions of short periodic inputs. */
function chooseBlock(total: number, slots: number, periods: readonly number[]): number {
  let block = Math.min(maxBlock, Math.max(64, Math.floor(cacheBytes / 4 / Math.max(slots, 4) / 4) * 4));
  const short = periods.filter((period) => period <= block);
  if (short.length > 0) {
    const period = Math.max(...short);
    const unit = period % 4 === 0 ? period : period % 2 === 0 ? period * 2 : period * 4;
    if (unit <= 2 * block) block = Math.max(1, Math.floor(block / unit)) * unit;
  }
  return Math.min(block, Math.max(4, Math.ceil(total / 4) * 4));
}

/**
 * Appends a program to the command that `writer` is in.
 * @param resultOnly the value of output 0 is left in a register (for a reduction); nothing is stored.
 */
export function encodeProgram(writer: Writer, spec: ProgramSpec, resultOnly = false): EncodedProgram {
  const { shape, program } = spec;
  const coordinateInputs = new Map<number, number>();
  const inputs = [...spec.inputs];
  for (const instruction of program.instructions) {
    if (instruction.op !== 'index' || coordinateInputs.has(instruction.axis)) continue;
    coordinateInputs.set(instruction.axis, inputs.length);
    inputs.push({
      address: nowhere,
      storage: Storage.Coordinate,
      strides: shape.map((_, axis) => (axis === instruction.axis ? 1 : 0)),
    });
  }
  const outputs = resultOnly ? [] : spec.outputs;
  const flat = contiguousStrides(shape);
  const strided = [...inputs, ...outputs].map((source) => (source.local ? flat : source.strides));
  const { dims, strides } = collapse(shape, strided);
  const total = product(dims);
  const accesses = inputs.map((source, i) => accessOf(source, dims, strides[i]));
  const compiler = new Compiler(
    spec,
    accesses.map(({ access }) => access),
    coordinateInputs,
  );

  // Outputs: cast to the type that is stored; uniform results of reductions get a block.
  let results = outputs.map((output, j) => compiler.cast(compiler.value(program.outputs[j]), output.type));
  if (resultOnly) {
    const value = compiler.value(program.outputs[0]);
    results = [value.uniform ? compiler.materialise(value) : value];
  }
  const kept = new Set(results.map((value) => value.register));
  const body = fuseMultiplyAdds(compiler.body, kept);

  const isRepeated = (i: number, block: number): boolean =>
    accesses[i].access === Access.Periodic && accesses[i].period <= block;
  const inSlots = (wanted: (i: number) => boolean): number[] =>
    inputs.flatMap((source, i) => {
      const { access } = accesses[i];
      const inPlace = access === Access.Local || (access === Access.Flat && source.storage <= Storage.I32);
      return access === Access.Uniform || inPlace || !wanted(i) ? [] : [compiler.inputRegisters[i]];
    });
  // The block depends on the slots and which inputs repeat within a block on the block: the first count is a guess.
  const guess = assignSlots(
    compiler.registers,
    body,
    inSlots(() => true),
    [],
    kept,
  );
  const periods = accesses.filter(({ access }) => access === Access.Periodic).map(({ period }) => period);
  const block = chooseBlock(total, guess + inputs.length / 2, periods);
  const slots = assignSlots(
    compiler.registers,
    body,
    inSlots((i) => !isRepeated(i, block)),
    inSlots((i) => isRepeated(i, block)),
    kept,
  );

  const cellsAt = tableAt + Math.ceil((compiler.registers.length * 8) / 64) * 64;
  const slotsAt = cellsAt + compiler.cellCount * 32;
  const slotBytes = Math.ceil((block * 4) / 64) * 64 + 64;
  const placeOf = (register: number): number => {
    const { uniform, place } = compiler.registers[register];
    return uniform ? cellsAt + place * 32 : place < 0 ? 0 : slotsAt + place * slotBytes;
  };

  const start = writer.offset;
  const fields = 18;
  const inputsAt = (fields + dims.length) * 4;
  const operandBytes = (6 + dims.length) * 4;
  const outputsAt = inputsAt + inputs.length * operandBytes;
  const registersAt = outputsAt + outputs.length * operandBytes;
  const constantsAt = registersAt + compiler.registers.length * 8;
  const preludeAt = constantsAt + compiler.constants.length * 12;
  const bodyAt = preludeAt + compiler.prelude.length * 20;
  writer.word(total, block, dims.length, fields * 4);
  writer.word(inputs.length, inputsAt, outputs.length, outputsAt);
  writer.word(compiler.registers.length, registersAt, compiler.constants.length, constantsAt);
  writer.word(compiler.prelude.length, preludeAt, body.length, bodyAt);
  writer.word(tableAt, resultOnly ? results[0].register * 8 : 0);
  writer.word(...dims);
  inputs.forEach((source, i) => {
    const { access, period } = accesses[i];
    const register = compiler.inputRegisters[i];
    writer.address(source.address);
    writer.word(source.storage, access, register * 8, placeOf(register), period, ...strides[i]);
  });
  const direct = new Set<number>();
  outputs.forEach((output, j) => {
    const { register } = results[j];
    const outputStrides = strides[inputs.length + j];
    const contiguous = accessOf({ ...output, storage: Storage.F32 }, dims, outputStrides).access;
    const isFlat = contiguous === Access.Flat || total <= 1;
    const writes =
      isFlat &&
      !direct.has(register) &&
      writesDirectly(output, register, body, inputs, accesses, compiler.inputRegisters);
    if (writes) direct.add(register);
    writer.address(output.address);
    writer.word(
      output.storage,
      isFlat ? Access.Flat : Access.Strided,
      register * 8,
      placeOf(register),
      writes ? 1 : 0,
    );
    writer.word(...outputStrides);
  });
  compiler.registers.forEach((register, r) => {
    writer.word(placeOf(r), register.uniform ? 0 : -1);
  });
  for (const { cell, bits, address } of compiler.constants) {
    writer.word(cellsAt + cell * 32, address.kind === 'none' ? 0 : 1);
    if (address.kind === 'none') writer.word(bits);
    else writer.address(address);
  }
  for (const { op, to, args } of [...compiler.prelude, ...body]) {
    writer.word(op, to * 8, (args[0] ?? 0) * 8, (args[1] ?? 0) * 8, (args[2] ?? 0) * 8);
  }
  if (writer.offset - start !== bodyAt + body.length * 20)
    throw new Error('cpu: a program was laid out wrongly');
  return { scratchBytes: slotsAt + slots * slotBytes + 64, block };
}

/**
 * Whether the instruction that makes an output may write to its memory: then no copy is needed. Not if it is a value
 * that an instruction did not make, nor if an input that lies in the same buffer is still read later.
 */
function writesDirectly(
  output: Output,
  register: number,
  body: readonly Code[],
  inputs: readonly Source[],
  accesses: readonly { readonly access: Access }[],
  inputRegisters: readonly number[],
): boolean {
  if (output.storage > Storage.I32) return false;
  const defined = body.findIndex((code) => code.to === register);
  if (defined < 0) return false;
  const { address } = output;
  return inputs.every((source, i) => {
    const read = accesses[i].access === Access.Flat || accesses[i].access === Access.Periodic;
    const same =
      source.address.kind === address.kind &&
      (source.address.kind !== 'buffer' ||
        address.kind !== 'buffer' ||
        source.address.buffer === address.buffer);
    if (!read || !same) return true;
    return body.every((code, at) => at <= defined || !code.args.includes(inputRegisters[i]));
  });
}
