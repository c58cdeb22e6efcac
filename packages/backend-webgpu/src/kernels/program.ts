/**
 * A program as a WGSL function, for kernels that call it once a point: `program(x0, x1, ..., c0, c1, ...)` gives a `Results` with
 * fields r0, r1, ... ready to be stored.
 */
import { computeTypeOf, type Operand, type Program } from '@inkstone/core/backend';
import { cast, translate, wgslType } from '../expression.js';
import type { Kernel } from '../kernel.js';

export interface ProgramFunction {
  readonly code: string;
  /** WGSL types of the results. */
  readonly results: readonly string[];
  /** Whether it takes the coordinates c0, c1, ... after its inputs. */
  readonly usesIndex: boolean;
  /** Whether it is long: it calls functions that WGSL's operators do not give. */
  readonly heavy: boolean;
}

const lightOps = new Set(
  'load const scalar index cast select neg abs floor ceil round trunc not add sub mul max min eq ne lt le gt ge and or xor shl shr'.split(
    ' ',
  ),
);

export function programFunction(
  program: Program,
  inputs: readonly { readonly dtype: Operand['dtype'] }[],
  outputs: readonly Operand[],
  axes: number,
  planScalars: readonly number[],
  kernel: Kernel,
): ProgramFunction {
  const usesIndex = usesCoordinates(program);
  const parameters = inputs.map((operand, i) => `x${i}: ${wgslType(computeTypeOf(operand.dtype))}`);
  if (usesIndex) for (let axis = 0; axis < axes; axis++) parameters.push(`c${axis}: u32`);
  const translated = translate(program, {
    load: (input) => `x${input}`,
    scalar: scalarParams(program, planScalars, kernel),
    index: (axis) => `i32(c${axis})`,
  });
  const results = outputs.map((operand) => wgslType(computeTypeOf(operand.dtype)));
  const values = outputs.map((operand, j) => {
    const { name, type } = translated.outputs[j] as (typeof translated.outputs)[number];
    return cast(name, type, computeTypeOf(operand.dtype));
  });
  const code = [
    `struct Results { ${results.map((type, j) => `r${j}: ${type},`).join(' ')} }`,
    `fn program(${parameters.join(', ')}) -> Results {`,
    translated.statements,
    `return Results(${values.join(', ')});\n}`,
  ].join('\n');
  return { code, results, usesIndex, heavy: program.instructions.some(({ op }) => !lightOps.has(op)) };
}

/** Whether a program asks where a point lies, so that its axes must stay as they are. */
export function usesCoordinates(program: Program): boolean {
  return program.instructions.some(({ op }) => op === 'index');
}

/** The program that stores the one value it is given, to each of some outputs. */
export function identity(outputs: number): Program {
  return {
    instructions: [{ op: 'load', type: 'float32', input: 0 }],
    outputs: new Array<number>(outputs).fill(0),
  };
}

/** Declares the run-time scalars that a program names; returns how the program reads them. */
export function scalarParams(
  program: Program,
  planScalars: readonly number[],
  kernel: Kernel,
): (scalar: number, type: string) => string {
  for (const instruction of program.instructions) {
    if (instruction.op !== 'scalar') continue;
    const { scalar, type } = instruction;
    const index = planScalars[scalar] as number;
    kernel.param(
      `scalar${scalar}_${type}`,
      type === 'float32' ? 'f32' : 'i32',
      (values) => values[index] as number,
    );
  }
  return (scalar, type) => {
    const value = `params.scalar${scalar}_${type}`;
    return type === 'bool' ? `(${value} != 0)` : value;
  };
}
