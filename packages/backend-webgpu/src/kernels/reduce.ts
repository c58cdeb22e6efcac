import {
  type ComputeType,
  computeTypeOf,
  type Instruction,
  type Operand,
  type Program,
  type Reducer,
  type ReduceStep,
} from '@inkstone/core/backend';
import { cast, translate, wgslType } from '../expression.js';
import { coalesce, coordinates, offsetAt, sizeOf } from '../indexing.js';
import type { Kernel } from '../kernel.js';
import type { Lowering } from '../plan/lowering.js';
import type { Tuning } from '../tuning.js';
import { scalarParams, usesCoordinates } from './program.js';
import source from './reduce.wgsl';

export function reduce(step: ReduceStep, to: Lowering): void {
  const kept = step.shape.map((_, axis) => axis).filter((axis) => !step.axes.includes(axis));
  const outputs = sizeOf(kept.map((axis) => step.shape[axis] as number));
  if (outputs === 0) return;
  const reduced = sizeOf(step.axes.map((axis) => step.shape[axis] as number));
  const adjacent = lanesAreAdjacent(step);
  const { lanes, slices } = chooseParts(outputs, reduced, to.tuning);

  const valueType = (step.prologue.instructions[step.prologue.outputs[0] as number] as Instruction).type;
  const arg = step.reducer === 'argmax' || step.reducer === 'argmin';
  // The state of a reduction over bools that is not any or all counts in int32.
  const logical = step.reducer === 'any' || step.reducer === 'all';
  const type = logical ? 'bool' : valueType === 'bool' ? 'int32' : valueType;
  const shared: Shared = { step, outputs, reduced, arg, type, to };
  if (slices === 1) {
    direct(shared, lanes, adjacent, null);
    return;
  }
  const partial: Partial = {
    slices,
    value: to.scratch(type, [slices, outputs]),
    index: arg ? to.scratch('int32', [slices, outputs]) : null,
  };
  direct(shared, lanes, adjacent, partial);
  finish(shared, partial);
}

interface Shared {
  readonly step: ReduceStep;
  readonly outputs: number;
  readonly reduced: number;
  readonly arg: boolean;
  readonly type: ComputeType;
  readonly to: Lowering;
}

interface Partial {
  readonly slices: number;
  readonly value: Operand;
  readonly index: Operand | null;
}

/** From the inputs to the results, or with `partial` to one partial result a slice. */
function direct(
  { step, ...shared }: Shared,
  lanes: number,
  adjacent: boolean,
  partial: Partial | null,
): void {
  const { outputs, reduced, arg, type, to } = shared;
  const kernel = to.kernel(step.label ?? `reduce ${step.reducer}`);
  const keptAxes = step.shape.map((_, axis) => axis).filter((axis) => !step.axes.includes(axis));
  const axes = [...step.axes].sort((a, b) => a - b);
  const usesIndex = usesCoordinates(step.prologue);
  const box = (over: readonly number[]) => {
    const space = {
      shape: over.map((axis) => step.shape[axis] as number),
      strides: step.inputs.map((o) => over.map((axis) => o.strides[axis] as number)),
    };
    return usesIndex ? space : coalesce(space);
  };
  const keptBox = box(keptAxes);
  const reducedBox = box(axes);
  step.inputs.forEach((operand, i) => {
    kernel.input(`x${i}`, operand);
  });
  const scalars = scalarParams(step.prologue, step.scalars, kernel);
  const coordinate = (axis: number) =>
    step.axes.includes(axis) ? `i32(r${axes.indexOf(axis)})` : `i32(k${keptAxes.indexOf(axis)})`;
  const program = translate(step.prologue, {
    load: (i) => `load_x${i}(base${i} + ${offsetAt(reducedBox.strides[i] as number[], 'r')})`,
    scalar: scalars,
    index: coordinate,
  });
  const value = program.outputs[0] as (typeof program.outputs)[number];
  const result = cast(value.name, value.type, type);
  // What the kept axes contribute is worked out once, outside the loop.
  const bases = step.inputs.map((_, i) => `base${i}`);
  const keptIndices = usesIndex ? keptAxes.map((_, i) => `k${i}`) : [];
  const item = [
    `fn item(at: u32${[...bases, ...keptIndices].map((name) => `, ${name}: u32`).join('')}) -> State {`,
    coordinates(reducedBox.shape, 'at', 'r'),
    program.statements,
    `return ${arg ? `State(${result}, at)` : result};\n}`,
  ].join('\n');
  const keptLines = [
    coordinates(keptBox.shape, 'output', 'k'),
    ...bases.map((name, i) => `let ${name} = ${offsetAt(keptBox.strides[i] as number[], 'k')};`),
  ].join('\n');
  build(kernel, { step, ...shared }, lanes, adjacent, partial, {
    item,
    kept: keptLines,
    args: ['at', ...bases, ...keptIndices].join(', '),
    reduced,
    slices: partial?.slices ?? 1,
    outputs,
  });
}

/** From the partial results of the slices to the results. */
function finish(shared: Shared, { slices, value, index }: Partial): void {
  const { step, outputs, arg, to } = shared;
  const kernel = to.kernel(`${step.label ?? `reduce ${step.reducer}`} (slices)`);
  kernel.input('slices', value);
  if (index) kernel.input('slices_index', index);
  const load = 'load_slices(at * params.outputs + output)';
  const item = `fn item(at: u32, output: u32) -> State { return ${
    arg ? `State(${load}, u32(load_slices_index(at * params.outputs + output)))` : load
  }; }`;
  const { lanes } = chooseParts(outputs, slices, to.tuning);
  build(kernel, shared, lanes, false, null, {
    item,
    kept: '',
    args: 'at, output',
    reduced: slices,
    slices: 1,
    outputs,
  });
}

interface Body {
  readonly item: string;
  readonly kept: string;
  readonly args: string;
  readonly reduced: number;
  readonly slices: number;
  readonly outputs: number;
}

function build(
  kernel: Kernel,
  { step, arg, type, to, reduced: count }: Shared,
  lanes: number,
  adjacent: boolean,
  partial: Partial | null,
  body: Body,
): void {
  const workgroup = Math.max(64, lanes);
  const outputsPerGroup = workgroup / lanes;
  const groups = Math.ceil(body.outputs / outputsPerGroup);
  kernel.sizes({
    groups,
    outputs: body.outputs,
    slices: body.slices,
    slice_length: Math.ceil(body.reduced / body.slices),
    reduced: body.reduced,
  });
  if (partial) {
    kernel.output('partial', partial.value);
    if (partial.index) kernel.output('partial_index', partial.index);
  } else {
    kernel.param('divisor', 'f32', count);
  }
  to.add(
    kernel.build(
      'reduce',
      source,
      {
        ARG: arg,
        TYPE: wgslType(type),
        FUNCTIONS: [combiner(step.reducer, type), body.item].join('\n'),
        TREE: lanes > 1,
        WORKGROUP: workgroup,
        LANES: lanes,
        OUTPUTS: outputsPerGroup,
        LANES_ADJACENT: adjacent,
        KEPT: body.kept,
        ARGUMENTS: body.args,
        PARTIAL: partial !== null,
        FINISH: partial ? '' : finishing(step.reducer, count),
        EPILOGUE: partial ? '' : epilogue(step, kernel, arg ? 'int32' : type, 'reduced'),
      },
      groups * body.slices,
    ),
  );
}

function finishing(reducer: Reducer, count: number): string {
  if (reducer === 'mean') return count === 0 ? 'not_a_number()' : 'total / params.divisor';
  return reducer === 'argmax' || reducer === 'argmin' ? 'i32(total.index)' : 'total';
}

/** Statements that run the epilogue over the value called `name` of result number `output`, and store. */
function epilogue(step: ReduceStep, kernel: Kernel, type: ComputeType, name: string): string {
  const operands = [...step.epilogueInputs, ...step.outputs];
  const kept = step.shape.filter((_, axis) => !step.axes.includes(axis));
  const program: Program = step.epilogue ?? {
    instructions: [{ op: 'load', type, input: 0 }],
    outputs: step.outputs.map(() => 0),
  };
  const usesIndex = usesCoordinates(program);
  const whole = { shape: kept, strides: operands.map((o) => o.strides) };
  const space = usesIndex ? whole : coalesce(whole);
  const at = (i: number) => offsetAt(space.strides[i] as number[], 'e');
  step.epilogueInputs.forEach((operand, i) => {
    kernel.input(`z${i}`, operand);
  });
  step.outputs.forEach((operand, j) => {
    kernel.output(`y${j}`, operand);
  });
  const { statements, outputs } = translate(
    program,
    {
      load: (i) => (i === 0 ? name : `load_z${i - 1}(${at(i - 1)})`),
      scalar: scalarParams(program, step.scalars, kernel),
      index: (axis) => `i32(e${axis})`,
    },
    'w',
  );
  const stores = step.outputs.map((operand, j) => {
    const value = outputs[j] as (typeof outputs)[number];
    const stored = cast(value.name, value.type, computeTypeOf(operand.dtype));
    return `store_y${j}(${at(step.epilogueInputs.length + j)}, ${stored});`;
  });
  return [coordinates(space.shape, 'output', 'e'), statements, ...stores].join('\n');
}

/** `identity()` and `combine(a, b)` of a reducer. */
function combiner(reducer: Reducer, type: ComputeType): string {
  const float = type === 'float32';
  const t = wgslType(type);
  const lowest = float ? '-infinity()' : '(-2147483647 - 1)';
  const highest = float ? 'infinity()' : '2147483647';
  const plain = (identity: string, combined: string) =>
    `fn identity() -> State { return ${identity}; }\nfn combine(a: State, b: State) -> State { return ${combined}; }`;
  switch (reducer) {
    case 'sum':
    case 'mean':
      return plain(`${t}(0)`, 'a + b');
    case 'prod':
      return plain(`${t}(1)`, 'a * b');
    case 'max':
      return plain(lowest, float ? 'nan_max(a, b)' : 'max(a, b)');
    case 'min':
      return plain(highest, float ? 'nan_min(a, b)' : 'min(a, b)');
    case 'any':
      return plain('false', 'a || b');
    case 'all':
      return plain('true', 'a && b');
    case 'argmax':
    case 'argmin': {
      const [first, second] = reducer === 'argmax' ? ['b', 'a'] : ['a', 'b'];
      const better = `${first}.value > ${second}.value`;
      const nan = float ? 'is_nan(b.value) != is_nan(a.value)' : 'false';
      const wins = float ? 'is_nan(b.value)' : 'false';
      const bothNan = float ? '(is_nan(a.value) && is_nan(b.value)) || ' : '';
      return [
        `fn identity() -> State { return State(${reducer === 'argmax' ? lowest : highest}, 0xffffffffu); }`,
        'fn combine(a: State, b: State) -> State {',
        `if (${nan}) { if (${wins}) { return b; } return a; }`,
        `if (${bothNan}a.value == b.value) { if (b.index < a.index) { return b; } return a; }`,
        `if (${better}) { return b; }`,
        'return a;\n}',
      ].join('\n');
    }
  }
}

/** True if neighbours in memory are neighbours along the reduced axes, so that lanes of one result should be. */
function lanesAreAdjacent(step: ReduceStep): boolean {
  const smallest = (axes: readonly number[]) =>
    Math.min(
      ...step.inputs.flatMap((o) =>
        axes
          .filter((axis) => (step.shape[axis] as number) > 1 && o.strides[axis] !== 0)
          .map((axis) => Math.abs(o.strides[axis] as number)),
      ),
      Number.POSITIVE_INFINITY,
    );
  const kept = step.shape.map((_, axis) => axis).filter((axis) => !step.axes.includes(axis));
  return smallest(step.axes) < smallest(kept);
}

/** How many lanes share a result, and into how many slices the reduced elements are cut. */
export function chooseParts(
  outputs: number,
  reduced: number,
  { rowLanes, parallelism }: Tuning,
): { lanes: number; slices: number } {
  const wanted = Math.ceil(parallelism / outputs);
  let lanes = 1;
  while (lanes < rowLanes && lanes < wanted && lanes * 4 <= reduced) lanes *= 2;
  const slices = Math.min(Math.ceil(wanted / lanes), Math.ceil(reduced / (lanes * 64)), 256);
  return { lanes, slices: Math.max(1, slices) };
}
