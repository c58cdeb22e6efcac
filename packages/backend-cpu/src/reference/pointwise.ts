/**
 * Pointwise programs, interpreted block by block: each instruction runs over a block of points before the next one
 * starts, so that the interpreter's own cost is shared by the whole block.
 */
import {
  type BinaryOp,
  binaryOps,
  type ComputeType,
  computeTypeOf,
  type Instruction,
  type Operand,
  type PointwiseStep,
  type Program,
  type UnaryOp,
} from '@inkstone/core/backend';
import { Access, elementsOf } from './access.js';
import type { Kernel, Run, Values } from './buffer.js';
import {
  type BinaryBlock,
  binaryBlocks,
  copyBlock,
  intBinaryBlocks,
  selectBlock,
  toBoolBlock,
  toIntBlock,
  type UnaryBlock,
  unaryBlocks,
} from './instructions.js';

/** Points evaluated at a time: the values of a few dozen instructions stay in the L1 and L2 caches. */
export const blockSize = 512;

/** Where a `load` instruction reads: an operand of the plan, or a result that a kernel keeps to itself. */
export interface Source {
  load(run: Run, start: number, count: number, values: Values): void;
}

/** The values of a reduction or product before its epilogue, as a source. */
export class DenseSource implements Source {
  private data: Float64Array = new Float64Array(0);
  constructor(readonly count: number) {}

  /** Working memory for this run of the step, to be filled before the epilogue reads it. */
  begin(run: Run): Float64Array {
    this.data = run.scratch.take(this.count);
    return this.data;
  }

  load(_run: Run, start: number, count: number, values: Values): void {
    for (let i = 0; i < count; i++) values[i] = this.data[start + i];
  }
}

/** Runs `instructions` for a block of points; `registers[i]` then holds value i. */
type Op = (run: Run, start: number, count: number) => void;

/** A program made ready for one iteration space. */
export class Evaluator {
  /** Value i of the program at the points of the last block. */
  readonly registers: readonly Values[];
  private readonly onceARun: ((run: Run) => void)[] = [];
  private readonly ops: Op[] = [];

  /**
   * @param shape the iteration space as `index` instructions see it
   * @param order the order of its axes in which points are numbered (as the sources number them)
   */
  constructor(
    program: Program,
    sources: readonly Source[],
    scalars: readonly number[],
    shape: readonly number[],
    order: readonly number[] = shape.map((_, axis) => axis),
  ) {
    const pool = new RegisterPool();
    this.registers = program.instructions.map((instruction) => pool.take(instruction.type));
    program.instructions.forEach((instruction, i) => {
      this.add(instruction, this.registers[i], sources, scalars, shape, order);
    });
  }

  /** Once before the blocks of a run: constants and scalars fill their registers. */
  begin(run: Run): void {
    for (const fill of this.onceARun) fill(run);
  }

  evaluate(run: Run, start: number, count: number): void {
    for (const op of this.ops) op(run, start, count);
  }

  private add(
    instruction: Instruction,
    out: Values,
    sources: readonly Source[],
    scalars: readonly number[],
    shape: readonly number[],
    order: readonly number[],
  ): void {
    const { registers, ops } = this;
    switch (instruction.op) {
      case 'load': {
        const source = sources[instruction.input];
        ops.push((run, start, count) => source.load(run, start, count, out));
        break;
      }
      case 'const':
        this.onceARun.push(() => out.fill(instruction.value));
        break;
      case 'scalar':
        this.onceARun.push((run) => out.fill(run.scalars[scalars[instruction.scalar]]));
        break;
      case 'index': {
        const size = shape[instruction.axis];
        const place = order.indexOf(instruction.axis);
        const inner = elementsOf(order.slice(place + 1).map((axis) => shape[axis]));
        ops.push((_run, start, count) => {
          for (let i = 0; i < count; i++) out[i] = Math.floor((start + i) / inner) % size;
        });
        break;
      }
      case 'select': {
        const [a, b, c] = [registers[instruction.a], registers[instruction.b], registers[instruction.c]];
        ops.push((_run, _start, count) => selectBlock(out, a, b, c, count));
        break;
      }
      default: {
        const a = registers[instruction.a];
        if ('b' in instruction) {
          const b = registers[instruction.b];
          const block = binaryBlock(instruction.op, a);
          ops.push((_run, _start, count) => block(out, a, b, count));
        } else {
          const block =
            instruction.op === 'cast'
              ? castBlock(instruction.type, a)
              : unaryBlocks[instruction.op as UnaryOp];
          ops.push((_run, _start, count) => block(out, a, count));
        }
      }
    }
  }
}

function binaryBlock(op: BinaryOp, argument: Values): BinaryBlock {
  if (!binaryOps.has(op)) throw new Error(`reference: unknown instruction '${op}'`);
  return (argument instanceof Int32Array ? intBinaryBlocks[op] : undefined) ?? binaryBlocks[op];
}

function castBlock(type: ComputeType, argument: Values): UnaryBlock {
  if (type === 'bool') return toBoolBlock;
  if (type === 'int32' && !(argument instanceof Int32Array)) return toIntBlock;
  return copyBlock; // the store rounds
}

/**
 * Registers are shared by all evaluators (steps run one after another and never inside each other), so that a hundred
 * cached plans cost no more than the longest program.
 */
class RegisterPool {
  private static readonly shared: Record<ComputeType, Values[]> = {
    float32: [],
    float64: [],
    int32: [],
    bool: [],
  };
  private readonly taken: Record<ComputeType, number> = { float32: 0, float64: 0, int32: 0, bool: 0 };

  take(type: ComputeType): Values {
    const registers = RegisterPool.shared[type];
    const i = this.taken[type]++;
    if (i === registers.length) registers.push(newRegister(type));
    return registers[i];
  }
}

function newRegister(type: ComputeType): Values {
  if (type === 'float32') return new Float32Array(blockSize);
  if (type === 'float64') return new Float64Array(blockSize);
  return new Int32Array(blockSize);
}

/** Stores value 0 of its only source: what a null epilogue means. */
export function identityProgram(type: ComputeType): Program {
  return { instructions: [{ op: 'load', type, input: 0 }], outputs: [0] };
}

/** Evaluates a program over `shape` and stores its outputs. */
export function compileProgram(
  shape: readonly number[],
  program: Program,
  sources: readonly Source[],
  scalars: readonly number[],
  outputs: readonly Operand[],
): Kernel {
  const evaluator = new Evaluator(program, sources, scalars, shape);
  const stores = outputs.map((operand, i) => ({
    access: new Access(operand),
    values: evaluator.registers[program.outputs[i]],
  }));
  const points = elementsOf(shape);
  return (run) => {
    evaluator.begin(run);
    for (let start = 0; start < points; start += blockSize) {
      const count = Math.min(blockSize, points - start);
      evaluator.evaluate(run, start, count);
      for (const { access, values } of stores) access.store(run, start, count, values);
    }
  };
}

export function compilePointwise(step: PointwiseStep): Kernel {
  const sources = step.inputs.map((operand) => new Access(operand));
  return compileProgram(step.shape, step.program, sources, step.scalars, step.outputs);
}

/** A product or reduction with its epilogue: `load` 0 is `result`, the others are `inputs`; null stores the result. */
export function compileEpilogue(
  shape: readonly number[],
  result: DenseSource,
  epilogue: Program | null,
  inputs: readonly Operand[],
  scalars: readonly number[],
  outputs: readonly Operand[],
): Kernel {
  const program = epilogue ?? identityProgram(computeTypeOf(outputs[0].dtype));
  const sources = [result, ...inputs.map((operand) => new Access(operand))];
  return compileProgram(shape, program, sources, scalars, outputs);
}
