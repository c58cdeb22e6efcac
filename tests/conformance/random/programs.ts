/**
 * Random pointwise programs whose results are exact in float32: all floats are whole numbers of at most 24 bits, so
 * that every device, with or without fused multiply-add, must come to the same ones. Some outputs take one smooth
 * function on top, with a tolerance.
 */
import type { ComputeType, DType, Instruction, Operand } from '@inkstone/core/backend';
import fc from 'fast-check';
import {
  broadcast,
  type Case,
  contiguous,
  define,
  gapped,
  type Layout,
  offsetBy,
  padded,
  product,
  transposed,
} from '../case.js';
import { integers } from '../values.js';

/** What a program is made from; numbers are taken modulo the choices there are, so that anything is a program. */
export interface ProgramRecipe {
  readonly shape: readonly number[];
  readonly inputs: readonly { readonly dtype: number; readonly layout: number }[];
  readonly ops: readonly {
    readonly op: number;
    readonly a: number;
    readonly b: number;
    readonly c: number;
  }[];
  readonly outputs: readonly { readonly value: number; readonly layout: number; readonly smooth: number }[];
}

const number = fc.nat(1000);

export const programRecipe: fc.Arbitrary<ProgramRecipe> = fc.record({
  shape: fc.oneof(
    fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
    fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 2 }),
    fc.tuple(fc.integer({ min: 1, max: 3000 })),
  ),
  inputs: fc.array(fc.record({ dtype: number, layout: number }), { minLength: 1, maxLength: 4 }),
  ops: fc.array(fc.record({ op: number, a: number, b: number, c: number }), { maxLength: 25 }),
  outputs: fc.array(fc.record({ value: number, layout: number, smooth: number }), {
    minLength: 1,
    maxLength: 3,
  }),
});

const layouts: readonly Layout[] = [contiguous, offsetBy(3), gapped(2), padded(1), transposed];
const smoothOps = ['tanh', 'sigmoid', 'erf', 'atan', 'sin', 'cos'] as const;

/** A value of the program under construction. */
interface Value {
  readonly type: ComputeType;
  /** Largest magnitude. */
  readonly bound: number;
}

const exactBits = 2 ** 24;
const anyInt = 2 ** 31;

/** Numbers that a device must get exactly right, built up instruction by instruction. */
class ProgramWriter {
  readonly instructions: Instruction[] = [];
  readonly values: Value[] = [];

  add(instruction: Instruction, bound: number): number {
    this.instructions.push(instruction);
    return this.values.push({ type: instruction.type, bound }) - 1;
  }

  /** The value of a type that a number chooses; there is one of each type from the start. */
  pick(type: ComputeType, choice: number): number {
    const ofType = this.values.flatMap((value, i) => (value.type === type ? [i] : []));
    return ofType[choice % ofType.length];
  }

  /** One instruction that the numbers choose. */
  write({ op, a, b, c }: ProgramRecipe['ops'][number]): void {
    const writers = [
      this.writeFloat,
      this.writeFloat,
      this.writeInt,
      this.writeBool,
      this.writeCast,
      this.writeSelect,
    ];
    writers[op % writers.length].call(this, Math.floor(op / writers.length), a, b, c);
  }

  private writeFloat(op: number, a: number, b: number): void {
    const [x, y] = [this.pick('float32', a), this.pick('float32', b)];
    const [p, q] = [this.values[x].bound, this.values[y].bound];
    const larger = Math.max(p, q);
    const unary = ['neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'trunc'] as const;
    const binary = ['add', 'sub', 'mul', 'max', 'min'] as const;
    const choice = op % (unary.length + binary.length);
    const type = 'float32';
    if (choice < unary.length) {
      this.add({ op: unary[choice], type, a: x }, p);
      return;
    }
    const name = binary[choice - unary.length];
    const bound = name === 'mul' ? p * q : name === 'max' || name === 'min' ? larger : p + q;
    if (bound <= exactBits) this.add({ op: name, type, a: x, b: y }, bound);
    else this.add({ op: 'max', type, a: x, b: y }, larger);
  }

  private writeInt(op: number, a: number, b: number): void {
    const [x, y] = [this.pick('int32', a), this.pick('int32', b)];
    const type = 'int32';
    const unary = ['neg', 'abs', 'sign'] as const;
    const binary = [
      'add',
      'sub',
      'mul',
      'floorDiv',
      'remainder',
      'fmod',
      'max',
      'min',
      'and',
      'or',
      'xor',
      'shl',
      'shr',
    ] as const;
    const choice = op % (unary.length + binary.length);
    if (choice < unary.length) this.add({ op: unary[choice], type, a: x }, anyInt);
    else this.add({ op: binary[choice - unary.length], type, a: x, b: y }, anyInt);
  }

  private writeBool(op: number, a: number, b: number, c: number): void {
    const type = (['float32', 'int32', 'bool'] as const)[c % 3];
    const [x, y] = [this.pick(type, a), this.pick(type, b)];
    const compare = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const;
    const logic = ['and', 'or', 'xor'] as const;
    if (type === 'bool' && op % 2 === 0) this.add({ op: logic[op % 3], type, a: x, b: y }, 1);
    else if (type === 'bool' && op % 3 === 0) this.add({ op: 'not', type, a: x }, 1);
    else this.add({ op: compare[op % compare.length], type: 'bool', a: x, b: y }, 1);
  }

  private writeCast(op: number, a: number): void {
    const from = (['float32', 'int32', 'bool'] as const)[op % 3];
    const to = (['float32', 'int32', 'bool'] as const)[a % 3];
    const x = this.pick(from, Math.floor(a / 3));
    const { bound } = this.values[x];
    // An int32 beyond 24 bits would be rounded.
    const type = to === 'float32' && bound > exactBits ? 'bool' : to;
    this.add({ op: 'cast', type, a: x }, type === 'bool' ? 1 : bound);
  }

  private writeSelect(op: number, a: number, b: number, c: number): void {
    const type = (['float32', 'int32', 'bool'] as const)[op % 3];
    const [x, y] = [this.pick(type, b), this.pick(type, c)];
    const bound = Math.max(this.values[x].bound, this.values[y].bound);
    this.add({ op: 'select', type, a: this.pick('bool', a), b: x, c: y }, bound);
  }
}

/** @param dtypes those that the device has */
export function programCase(recipe: ProgramRecipe, dtypes: readonly DType[]): Case {
  const { shape } = recipe;
  const storable = dtypes.filter((dtype) => dtype !== 'float64');
  return define('random program', (b) => {
    const writer = new ProgramWriter();
    const scalar = b.scalar('float32', 6);
    writer.add({ op: 'scalar', type: 'float32', scalar: 0 }, 6);
    writer.add({ op: 'const', type: 'int32', value: -5 }, 5);
    writer.add({ op: 'const', type: 'bool', value: 1 }, 1);
    for (let axis = 0; axis < shape.length; axis++) {
      writer.add({ op: 'index', type: 'int32', axis }, shape[axis]);
    }
    const inputs = recipe.inputs.map(({ dtype: choice, layout }, input): Operand => {
      const dtype = storable[choice % storable.length];
      const type = dtype === 'float16' ? 'float32' : dtype === 'uint8' ? 'int32' : (dtype as ComputeType);
      writer.add({ op: 'load', type, input }, 20);
      const axis =
        layout % (layouts.length + 1) === layouts.length && shape.length > 0 ? layout % shape.length : -1;
      const [low, high] = dtype === 'bool' ? [0, 1] : dtype === 'uint8' ? [0, 20] : [-20, 20];
      if (axis < 0)
        return b.input(dtype, shape, integers(b.random, product(shape), low, high), layoutOf(layout, shape));
      const value = b.random.int(Math.max(0, low), high); // one value everywhere, so that any broadcast agrees
      return b.input(dtype, shape, Array(product(shape)).fill(value), broadcast(axis));
    });
    for (const op of recipe.ops) writer.write(op);
    const stored = recipe.outputs.map(({ value, layout, smooth }) => {
      const i = value % writer.values.length;
      const { type, bound } = writer.values[i];
      const where = layoutOf(layout, shape);
      if (type === 'float32' && bound <= 64 && smooth % 3 === 0) {
        const op = smoothOps[smooth % smoothOps.length];
        const result = writer.add({ op, type: 'float32', a: i }, 1);
        return { result, operand: b.output('float32', shape, { keys: [op, 'value'] }, where) };
      }
      return { result: i, operand: b.output(type as DType, shape, { keys: ['exact'] }, where) };
    });
    const program = { instructions: writer.instructions, outputs: stored.map(({ result }) => result) };
    b.pointwise(
      shape,
      inputs,
      program,
      stored.map(({ operand }) => operand),
      [scalar],
    );
  });
}

function layoutOf(choice: number, shape: readonly number[]): Layout {
  const layout = layouts[choice % layouts.length];
  return layout === transposed && shape.length < 2 ? contiguous : layout;
}
