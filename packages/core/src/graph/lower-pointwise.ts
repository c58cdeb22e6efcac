/** Lowers pointwise chains and reductions (with their prologue and epilogue). */
import { computeTypeOf } from '../backend/dtype.js';
import type { Program } from '../backend/program.js';
import type { Reducer } from '../backend/steps.js';
import { coalesce } from './coalesce.js';
import type { Group } from './fuse.js';
import { broadcastLayout, type Layout, operandOf } from './layout.js';
import type { Lowering } from './lower.js';
import { OperandList } from './operand-list.js';
import { type Expr, ProgramBuilder } from './program-builder.js';
import { type Shape, sizeOf } from './shape.js';

/** Emits one pointwise step; operands are read and written under `shape`. */
export function lowerPointwise(
  lowering: Lowering,
  shape: Shape,
  b: ProgramBuilder,
  inputs: readonly Layout[],
  scalars: readonly number[],
  results: readonly Expr[],
  outputs: readonly Layout[],
  label: string,
): void {
  if (sizeOf(shape) === 0) return;
  const program = b.build(results);
  const usesIndex = program.instructions.some((instruction) => instruction.op === 'index');
  const all = [...inputs, ...outputs];
  const flat = usesIndex
    ? { shape: [...shape], layouts: all }
    : coalesce(
        shape,
        all,
        shape.map(() => false),
      );
  lowering.emit({
    kind: 'pointwise',
    label,
    shape: flat.shape,
    inputs: flat.layouts.slice(0, inputs.length).map(operandOf),
    scalars,
    program,
    outputs: flat.layouts.slice(inputs.length).map(operandOf),
  });
}

/** The program of an epilogue: null if it only stores the value. */
export function epilogueProgram(b: ProgramBuilder, results: readonly Expr[]): Program | null {
  if (results.length === 1 && b.instructions.length === 1) return null;
  return b.build(results);
}

export function lowerReduce(lowering: Lowering, group: Group): void {
  const { nodes } = lowering.recording;
  const node = nodes[group.root];
  const source = node.inputs[0];
  const dims = node.attrs?.dims as readonly number[];
  const keepdim = node.attrs?.keepdim as boolean;
  const reducer = node.attrs?.reducer as Reducer;
  const shape = source.shape;
  const reduced = shape.map((_, axis) => dims.includes(axis));

  // Prologue, over the whole input.
  const before = new ProgramBuilder();
  const operands = new OperandList(lowering, shape);
  const exprs = lowering.emitMembers(before, operands, group.prologue, new Map());
  let fed = exprs.get(source.index) ?? operands.load(before, source.index);
  if (reducer === 'any' || reducer === 'all') fed = before.cast(fed, 'bool');
  else if (before.typeOf(fed) === 'bool') fed = before.cast(fed, 'int32');

  // Epilogue, over what is kept.
  let keptAxes = 0;
  const axes = reduced.flatMap((isReduced) => (isReduced ? (keepdim ? [null] : []) : [keptAxes++]));
  const after = new ProgramBuilder({ axes });
  const reducedType = reducer.startsWith('arg') ? 'int32' : computeTypeOf(node.dtype);
  const kept = new OperandList(lowering, node.shape, 1);
  const known = new Map([[group.root, after.load(0, reducedType)]]);
  lowering.emitMembers(after, kept, group.members, known);
  const results = [group.root, ...group.members].filter((member) => lowering.fusion.materialised(member));
  const outputs = results.map((member) => lowering.output(member));
  if (sizeOf(node.shape) === 0) return;

  // Kept operands are laid over the full shape with stride 0 on the reduced axes, so that axes merge alike.
  const spread = (layout: Layout): Layout => {
    const keptShape = keepdim ? layout.shape.filter((_, axis) => !reduced[axis]) : layout.shape;
    const keptStrides = keepdim ? layout.strides.filter((_, axis) => !reduced[axis]) : layout.strides;
    let next = 0;
    const strides = reduced.map((isReduced) => (isReduced ? 0 : keptStrides[next++]));
    return { ...layout, shape: keptShape.length === shape.length ? layout.shape : shape, strides };
  };
  const wide = [...operands.layouts, ...kept.layouts.map(spread), ...outputs.map(spread)];
  const usesIndex =
    before.instructions.some(({ op }) => op === 'index') ||
    after.instructions.some(({ op }) => op === 'index');
  const flat = usesIndex
    ? { shape: [...shape], layouts: wide, marked: reduced }
    : coalesce(shape, wide, reduced);
  const narrow = (layout: Layout): Layout => ({
    ...layout,
    shape: flat.shape.filter((_, axis) => !flat.marked[axis]),
    strides: layout.strides.filter((_, axis) => !flat.marked[axis]),
  });
  const inputs = flat.layouts.slice(0, operands.layouts.length);
  const epilogueInputs = flat.layouts.slice(inputs.length, inputs.length + kept.layouts.length).map(narrow);
  const stored = flat.layouts.slice(inputs.length + kept.layouts.length).map(narrow);
  // One list of scalars for both programs: the epilogue's follow the prologue's.
  const epilogue = shiftScalars(
    epilogueProgram(
      after,
      results.map((member) => known.get(member) as Expr),
    ),
    operands.scalars.length,
  );
  lowering.emit({
    kind: 'reduce',
    label: results.map((member) => nodes[member].op?.name).join('+'),
    shape: flat.shape,
    axes: flat.marked.flatMap((isReduced, axis) => (isReduced ? [axis] : [])),
    reducer,
    inputs: inputs.map((layout) => operandOf(broadcastLayout(layout, flat.shape))),
    scalars: [...operands.scalars, ...kept.scalars],
    prologue: before.build([fed]),
    epilogue,
    epilogueInputs: epilogueInputs.map(operandOf),
    outputs: stored.map(operandOf),
  });
}

function shiftScalars(program: Program | null, by: number): Program | null {
  if (!program || by === 0) return program;
  return {
    outputs: program.outputs,
    instructions: program.instructions.map((instruction) =>
      instruction.op === 'scalar' ? { ...instruction, scalar: instruction.scalar + by } : instruction,
    ),
  };
}
