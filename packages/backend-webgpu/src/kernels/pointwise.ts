import type { Operand, PointwiseStep } from '@inkstone/core/backend';
import { coalesce, coordinates, offsetAt, sizeOf } from '../indexing.js';
import type { Lowering } from '../plan/lowering.js';
import source from './pointwise.wgsl';
import { programFunction, usesCoordinates } from './program.js';

export function pointwise(step: PointwiseStep, to: Lowering): void {
  const count = sizeOf(step.shape);
  if (count === 0) return;
  const { inputs, outputs, program } = step;
  const operands = [...inputs, ...outputs];
  const whole = { shape: step.shape, strides: operands.map((o) => o.strides) };
  const space = usesCoordinates(program) ? whole : coalesce(whole);
  const inner = space.shape.length - 1;
  const strides = (i: number) => space.strides[i] as readonly number[];
  const width = canVectorise(space.shape, space.strides, operands) ? 4 : 1;
  const isVector = (i: number) => width === 4 && strides(i)[inner] === 1;

  const kernel = to.kernel(step.label ?? 'pointwise');
  const loads = inputs.map((operand, i) => {
    kernel.input(`x${i}`, operand, isVector(i) ? 4 : 1);
    return `let x${i} = load${isVector(i) ? 4 : ''}_x${i}(${offsetAt(strides(i), 'c')});`;
  });
  outputs.forEach((operand, j) => {
    kernel.output(`y${j}`, operand, width);
  });
  kernel.sizes({ items: count / width });
  const compiled = programFunction(program, inputs, outputs, step.shape.length, step.scalars, kernel);

  const axes = compiled.usesIndex ? step.shape.map((_, axis) => `c${axis}`) : [];
  const calls = Array.from({ length: width }, (_, n) => {
    const values = inputs.map((_, i) => (isVector(i) ? `x${i}[${n}]` : `x${i}`));
    const point = axes.map((name, axis) => (axis === inner ? `${name} + ${n}u` : name));
    return `let p${n} = program(${[...values, ...point].join(', ')});`;
  });
  const stores = compiled.results.map((type, j) => {
    const at = offsetAt(strides(inputs.length + j), 'c');
    if (width === 1) return `store_y${j}(${at}, p0.r${j});`;
    return `store4_y${j}(${at}, vec4<${type}>(p0.r${j}, p1.r${j}, p2.r${j}, p3.r${j}));`;
  });

  const workgroup = to.tuning.pointwiseWorkgroup;
  const values = {
    WORKGROUP: workgroup,
    WIDTH: width,
    PROGRAM: compiled.code,
    COORDINATES: coordinates(space.shape, 'point', 'c'),
    LOADS: loads.join('\n'),
    CALLS: calls.join('\n'),
    STORES: stores.join('\n'),
  };
  to.add(kernel.build('pointwise', source, values, Math.ceil(count / width / workgroup)));
}

/** Whether four neighbours along the innermost axis are one aligned vector, or one value, of every operand. */
function canVectorise(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  operands: readonly Operand[],
): boolean {
  const inner = shape.length - 1;
  if (inner < 0 || (shape[inner] as number) % 4 !== 0) return false;
  return operands.every((operand, i) => {
    const steps = strides[i] as readonly number[];
    if (steps[inner] === 0) return true;
    return steps[inner] === 1 && steps.slice(0, inner).every((s) => s % 4 === 0) && isAligned(operand);
  });
}

/** Whether an operand begins at a multiple of four elements, in every run. */
export function isAligned({ offset, shift }: Operand): boolean {
  return offset % 4 === 0 && (shift?.stride ?? 0) % 4 === 0;
}
