/**
 * A pointwise step as the tail of the step before it: run on each value that the kernel stores, while it is in a
 * register, instead of in a dispatch of its own. The value itself is stored as well, since later steps may read it.
 */
import { type Operand, operandsOf, type PointwiseStep, type Step } from '@inkstone/core/backend';
import { sizeOf } from '../indexing.js';
import type { Kernel } from '../kernel.js';
import { contiguousStrides } from '../plan/lowering.js';
import { programFunction, usesCoordinates } from './program.js';

/** Whether `next` may run as the tail of `step`, on the elements of its output `value`. */
export function isTail(next: Step | undefined, step: Step, value: Operand, maxBindings: number): boolean {
  if (next?.kind !== 'pointwise' || usesCoordinates(next.program)) return false;
  const count = sizeOf(value.shape);
  const operands = [...next.inputs, ...next.outputs];
  if (sizeOf(next.shape) !== count || value.shift || !operands.every(isPlain)) return false;
  if (!next.inputs.some((input) => isSame(input, value))) return false;
  const { inputs, outputs } = operandsOf(step);
  const read = new Set(inputs.map(({ operand }) => operand.buffer));
  const written = new Set(outputs.map(({ operand }) => operand.buffer));
  // Invocations run in no order: nothing that one stores may be what another loads.
  if (next.inputs.some((input) => written.has(input.buffer) && !isSame(input, value))) return false;
  if (next.outputs.some((output) => read.has(output.buffer))) return false;
  if (next.outputs.some((output) => written.has(output.buffer) && !isSame(output, value))) return false;
  for (const output of next.outputs)
    if (next.inputs.some((input) => input.buffer === output.buffer && !isSame(input, output))) return false;
  const buffers = new Set([...read, ...written, ...operands.map(({ buffer }) => buffer)]);
  return buffers.size <= maxBindings;
}

/** Declares `tail(at, value)`, which runs a step that `isTail` allows on element `at` of the value. */
export function tailFunction(step: PointwiseStep, value: Operand, kernel: Kernel): string {
  const arguments_ = step.inputs.map((operand, i) => {
    if (isSame(operand, value)) return 'value';
    kernel.input(`z${i}`, operand);
    return `load_z${i}(at)`;
  });
  step.outputs.forEach((operand, j) => {
    kernel.output(`t${j}`, operand);
  });
  const compiled = programFunction(step.program, step.inputs, step.outputs, 0, step.scalars, kernel);
  return [
    compiled.code,
    'fn tail(at: u32, value: f32) {',
    `let p = program(${arguments_.join(', ')});`,
    ...step.outputs.map((_, j) => `store_t${j}(at, p.r${j});`),
    '}',
  ].join('\n');
}

/** Whether the elements of an operand lie in the order of its points, without gaps. */
function isPlain({ shape, strides, shift }: Operand): boolean {
  const plain = contiguousStrides(shape);
  return !shift && shape.every((size, axis) => size === 1 || strides[axis] === plain[axis]);
}

function isSame(a: Operand, b: Operand): boolean {
  return a.buffer === b.buffer && a.offset === b.offset && a.dtype === b.dtype;
}
