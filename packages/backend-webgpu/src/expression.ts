/**
 * Pointwise programs as WGSL: one `let` an instruction.
 *
 * What WGSL's own operators and functions do right is used as it is; the rest (NaN, signed zero, Python's division,
 * functions whose built-in is too coarse) calls the library in kernels/math.wgsl. A bool is a WGSL bool, an int32 an
 * i32, a float32 an f32; storage types are the business of the accessors (kernel.ts).
 */
import type { ComputeType, Instruction, Program } from '@inkstone/core/backend';

/** Where the leaves of a program come from: WGSL expressions. */
export interface Leaves {
  load(input: number): string;
  scalar(scalar: number, type: ComputeType): string;
  index(axis: number): string;
}

export interface Expression {
  /** `let` statements. */
  readonly statements: string;
  /** For each output of the program, the name of its value and its type. */
  readonly outputs: readonly { readonly name: string; readonly type: ComputeType }[];
}

/** The WGSL type of a value of a compute type. */
export function wgslType(type: ComputeType): string {
  switch (type) {
    case 'float32':
      return 'f32';
    case 'int32':
      return 'i32';
    case 'bool':
      return 'bool';
    case 'float64':
      throw new Error('webgpu: float64 exists on the reference backend only; convert to float32');
  }
}

/** Translates a program; values are called `PREFIX0`, `PREFIX1`, ... */
export function translate(program: Program, leaves: Leaves, prefix = 'v'): Expression {
  const { instructions } = program;
  const name = (i: number) => `${prefix}${i}`;
  const statements = instructions.map((instruction, i) => {
    wgslType(instruction.type);
    return `let ${name(i)} = ${write(instruction, instructions, name, leaves)};`;
  });
  return {
    statements: statements.join('\n'),
    outputs: program.outputs.map((i) => ({
      name: name(i),
      type: (instructions[i] as Instruction).type,
    })),
  };
}

function write(
  instruction: Instruction,
  all: readonly Instruction[],
  name: (i: number) => string,
  leaves: Leaves,
): string {
  switch (instruction.op) {
    case 'load':
      return leaves.load(instruction.input);
    case 'const':
      return literal(instruction.value, instruction.type);
    case 'scalar':
      return leaves.scalar(instruction.scalar, instruction.type);
    case 'index':
      return leaves.index(instruction.axis);
    case 'cast':
      return cast(name(instruction.a), typeAt(all, instruction.a), instruction.type);
    case 'select':
      return `select(${name(instruction.c)}, ${name(instruction.b)}, ${name(instruction.a)})`;
  }
  const type = typeAt(all, instruction.a);
  const table = type === 'float32' ? floatForms : type === 'int32' ? intForms : boolForms;
  const form = table[instruction.op];
  if (form === undefined) throw new Error(`webgpu: ${instruction.op} is not defined for ${type}`);
  return form
    .replaceAll('A', name(instruction.a))
    .replaceAll('B', 'b' in instruction ? name(instruction.b) : '');
}

function typeAt(all: readonly Instruction[], i: number): ComputeType {
  return (all[i] as Instruction).type;
}

/** A constant. WGSL refuses NaN and infinities in constant expressions, so they come from functions. */
export function literal(value: number, type: ComputeType): string {
  if (type === 'bool') return value ? 'true' : 'false';
  if (type === 'int32') return value === -2147483648 ? 'i32(-2147483647 - 1)' : `i32(${value})`;
  const rounded = Math.fround(value);
  if (Number.isNaN(rounded)) return 'not_a_number()';
  if (!Number.isFinite(rounded)) return rounded > 0 ? 'infinity()' : '(-infinity())';
  // Bits, because that is exact for every value (subnormals and -0 too) in every compiler.
  if (Object.is(rounded, -0)) return 'bitcast<f32>(0x80000000u)';
  const text = String(rounded);
  // Without a point it would be an integer, which has no more than 63 bits.
  return `f32(${text}${/[.e]/.test(text) ? '' : '.0'})`;
}

/** Converts an expression between compute types. */
export function cast(value: string, from: ComputeType, to: ComputeType): string {
  if (from === to) return value;
  if (to === 'float32') return from === 'bool' ? `select(0.0, 1.0, ${value})` : `f32(${value})`;
  if (to === 'int32') return from === 'bool' ? `select(0, 1, ${value})` : `saturate_i32(${value})`;
  return from === 'float32' ? `float_not_zero(${value})` : `(${value} != 0)`;
}

/** A and B stand for the arguments. */
const floatForms: Readonly<Record<string, string>> = {
  neg: '-A',
  abs: 'abs(A)',
  sign: 'float_sign(A)',
  floor: 'float_floor(A)',
  ceil: 'float_ceil(A)',
  round: 'round(A)',
  trunc: 'trunc(A)',
  sqrt: 'float_sqrt(A)',
  rsqrt: 'float_rsqrt(A)',
  exp: 'precise_exp(A)',
  expm1: 'precise_expm1(A)',
  log: 'precise_log(A)',
  log1p: 'precise_log1p(A)',
  log2: 'precise_log2(A)',
  sin: 'precise_sin(A)',
  cos: 'precise_cos(A)',
  tan: 'precise_tan(A)',
  atan: 'precise_atan(A)',
  sinh: 'precise_sinh(A)',
  cosh: 'precise_cosh(A)',
  tanh: 'precise_tanh(A)',
  sigmoid: 'precise_sigmoid(A)',
  erf: 'precise_erf(A)',
  not: '!float_not_zero(A)',
  isnan: 'is_nan(A)',
  isinf: 'is_inf(A)',
  add: 'A + B',
  sub: 'A - B',
  mul: 'A * B',
  div: 'float_div(A, B)',
  floorDiv: 'float_floor_div(A, B)',
  remainder: 'float_remainder(A, B)',
  fmod: 'float_fmod(A, B)',
  pow: 'precise_pow(A, B)',
  max: 'nan_max(A, B)',
  min: 'nan_min(A, B)',
  atan2: 'precise_atan2(A, B)',
  eq: 'float_eq(A, B)',
  ne: '!float_eq(A, B)',
  lt: 'float_lt(A, B)',
  le: 'float_le(A, B)',
  gt: 'float_lt(B, A)',
  ge: 'float_le(B, A)',
};

const intForms: Readonly<Record<string, string>> = {
  neg: '-A',
  abs: 'abs(A)',
  sign: 'sign(A)',
  floor: 'A',
  ceil: 'A',
  round: 'A',
  trunc: 'A',
  not: '~A',
  isnan: 'false',
  isinf: 'false',
  add: 'A + B',
  sub: 'A - B',
  mul: 'A * B',
  floorDiv: 'int_floor_div(A, B)',
  remainder: 'int_remainder(A, B)',
  fmod: 'int_fmod(A, B)',
  pow: 'int_pow(A, B)',
  max: 'max(A, B)',
  min: 'min(A, B)',
  eq: 'A == B',
  ne: 'A != B',
  lt: 'A < B',
  le: 'A <= B',
  gt: 'A > B',
  ge: 'A >= B',
  and: 'A & B',
  or: 'A | B',
  xor: 'A ^ B',
  shl: 'A << (bitcast<u32>(B) & 31u)',
  shr: 'A >> (bitcast<u32>(B) & 31u)',
};

const boolForms: Readonly<Record<string, string>> = {
  not: '!A',
  eq: 'A == B',
  ne: 'A != B',
  lt: '!A && B',
  le: '!A || B',
  gt: 'A && !B',
  ge: 'A || !B',
  max: 'A || B',
  min: 'A && B',
  mul: 'A && B',
  add: 'A || B',
  and: 'A && B',
  or: 'A || B',
  xor: 'A != B',
};
