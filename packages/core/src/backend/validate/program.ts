/** Rules about pointwise programs: single assignment, types, and what their instructions name. */
import { type ComputeType, computeTypeOf } from '../dtype.js';
import { binaryOps, comparisonOps, type Instruction, type Program, unaryOps } from '../program.js';
import type { Operand } from '../steps.js';
import { rule } from './rule.js';

/** What surrounds a program. */
export interface ProgramSetting {
  /** 'program', 'prologue', 'epilogue' */
  readonly name: string;
  /** The compute type of each `load`. */
  readonly loads: readonly ComputeType[];
  /** The types of the step's scalars. */
  readonly scalars: readonly ComputeType[];
  /** How many axes the iteration space has. */
  readonly axes: number;
  /** Types that the outputs must have. */
  readonly outputs: readonly ComputeType[];
}

const isFloat = (type: ComputeType) => type === 'float32' || type === 'float64';

const onInt: ReadonlySet<string> = new Set(
  'neg abs sign add sub mul floorDiv remainder fmod pow max min and or xor'.split(' '),
);
const bitwise: ReadonlySet<string> = new Set(['and', 'or', 'xor']);
const shifts: ReadonlySet<string> = new Set(['shl', 'shr']);
const tests: ReadonlySet<string> = new Set(['isnan', 'isinf']);

export function checkProgram(program: Program, setting: ProgramSetting): void {
  const types: ComputeType[] = [];
  program.instructions.forEach((instruction, i) => {
    const where = `${setting.name}, instruction ${i} (${instruction.op})`;
    checkInstruction(instruction, types, setting, where);
    types.push(instruction.type);
  });
  rule(
    program.outputs.length === setting.outputs.length,
    `${setting.name} has ${program.outputs.length} outputs for ${setting.outputs.length} operands`,
  );
  program.outputs.forEach((value, j) => {
    rule(value in types, `${setting.name}: output ${j} names value ${value}, of ${types.length}`);
    rule(
      types[value] === setting.outputs[j],
      `${setting.name}: output ${j} is ${types[value]}, its operand takes ${setting.outputs[j]}`,
    );
  });
}

function checkInstruction(
  instruction: Instruction,
  types: readonly ComputeType[],
  setting: ProgramSetting,
  where: string,
): void {
  const { op, type } = instruction;
  const argument = (name: string, value: number): ComputeType => {
    rule(
      value in types,
      `${where}: ${name} is value ${value}, but only ${types.length} are defined before it`,
    );
    return types[value];
  };
  const expect = (what: string, got: ComputeType, want: ComputeType) =>
    rule(got === want, `${where}: ${what} is ${got} instead of ${want}`);

  switch (op) {
    case 'load':
      rule(
        instruction.input in setting.loads,
        `${where}: input ${instruction.input} of ${setting.loads.length}`,
      );
      expect('its type', type, setting.loads[instruction.input]);
      return;
    case 'scalar':
      rule(
        instruction.scalar in setting.scalars,
        `${where}: scalar ${instruction.scalar} of ${setting.scalars.length}`,
      );
      expect('its type', type, setting.scalars[instruction.scalar]);
      return;
    case 'const': {
      const { value } = instruction;
      if (type === 'bool') rule(value === 0 || value === 1, `${where}: a bool is 0 or 1, not ${value}`);
      if (type === 'int32') rule(value === (value | 0), `${where}: ${value} is no int32`);
      return;
    }
    case 'index':
      expect('its type', type, 'int32');
      rule(
        Number.isInteger(instruction.axis) && instruction.axis >= 0 && instruction.axis < setting.axes,
        `${where}: axis ${instruction.axis} of ${setting.axes}`,
      );
      return;
    case 'cast':
      argument('a', instruction.a);
      return;
    case 'select':
      expect('the condition', argument('a', instruction.a), 'bool');
      expect('b', argument('b', instruction.b), type);
      expect('c', argument('c', instruction.c), type);
      return;
  }
  if (unaryOps.has(op)) {
    const a = argument('a', instruction.a);
    if (op === 'not') expect('a', a, 'bool');
    else rule(isFloat(a) || (a === 'int32' && onInt.has(op)), `${where} does not take ${a}`);
    expect('its type', type, tests.has(op) ? 'bool' : a);
    return;
  }
  rule(binaryOps.has(op) && 'b' in instruction, `${where}: there is no such instruction`);
  const a = argument('a', instruction.a);
  expect('b', argument('b', instruction.b), a);
  if (comparisonOps.has(op)) {
    expect('its type', type, 'bool');
    return;
  }
  if (shifts.has(op)) rule(a === 'int32', `${where} does not take ${a}`);
  else if (bitwise.has(op)) rule(a === 'bool' || a === 'int32', `${where} does not take ${a}`);
  else rule(isFloat(a) || (a === 'int32' && onInt.has(op)), `${where} does not take ${a}`);
  expect('its type', type, a);
}

export function computeTypes(operands: readonly Operand[]): ComputeType[] {
  return operands.map((operand) => computeTypeOf(operand.dtype));
}
