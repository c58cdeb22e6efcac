/** Rules about single operands (bounds, strides, contiguity) and about pairs of them (aliasing). */
import type { Plan } from '../contract.js';
import { allDTypes, type DType } from '../dtype.js';
import { type NamedOperand, operandsOf } from '../operands.js';
import type { Operand, Step } from '../steps.js';
import { type DeviceRules, rule } from './rule.js';

export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** First and last element that an operand touches, before its shift; last < first when it has none. */
export function extentOf({ shape, strides, offset }: Operand): [number, number] {
  if (elementsOf(shape) === 0) return [offset, offset - 1];
  return [offset, shape.reduce((last, size, axis) => last + (size - 1) * strides[axis], offset)];
}

/** Row-major without gaps; axes of size 1 may have any stride. */
export function isContiguous({ shape, strides }: Operand): boolean {
  if (elementsOf(shape) === 0) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** The operand in words: float32 [2, 3], strides [3, 1], offset 4, buffer 0 */
export function describe({ dtype, shape, strides, offset, buffer, shift }: Operand): string {
  const moved = shift === undefined ? '' : ` + ${shift.stride} * scalar ${shift.scalar}`;
  return `${dtype} [${shape.join(', ')}], strides [${strides.join(', ')}], offset ${offset}${moved}, buffer ${buffer}`;
}

/** An operand taken alone: its buffer exists and holds it, the device has its dtype. */
export function checkOperand({ name, operand }: NamedOperand, plan: Plan, device: DeviceRules): void {
  const { buffer, dtype, shape, strides, offset, shift } = operand;
  const text = `${name} (${describe(operand)})`;
  rule(allDTypes.includes(dtype), `${text} has no known dtype`);
  const elementBytes = device.bytesPerElement[dtype];
  rule(elementBytes !== undefined, `${text}: ${device.name} has no ${dtype}`);
  rule(buffer in plan.buffers, `${text} names a buffer that the plan lacks; it has ${plan.buffers.length}`);
  rule(shape.every(isCount), `${text}: sizes are whole numbers, at least 0`);
  rule(strides.length === shape.length, `${text}: ${shape.length} axes but ${strides.length} strides`);
  rule(strides.every(isCount), `${text}: strides are whole numbers, at least 0`);
  rule(isCount(offset) || shift !== undefined, `${text}: the offset is a whole number, at least 0`);
  if (shift !== undefined) {
    rule(
      plan.scalars[shift.scalar] === 'int32',
      `${text} is shifted by a scalar that is no int32 of the plan`,
    );
    rule(Number.isSafeInteger(shift.stride), `${text}: the stride of the shift is a whole number`);
    return; // its bounds depend on the run
  }
  checkBounds(operand, 0, name, plan, elementBytes);
}

/** The operand, moved by its shift, stays in the memory that the plan asks for. */
export function checkBounds(
  operand: Operand,
  moved: number,
  name: string,
  plan: Plan,
  elementBytes: number,
): void {
  const [low, high] = extentOf(operand);
  if (high < low) return;
  const { byteLength } = plan.buffers[operand.buffer];
  const shifted = moved === 0 ? '' : `, moved by ${moved}`;
  rule(
    low + moved >= 0 && (high + moved + 1) * elementBytes <= byteLength,
    `${name} (${describe(operand)}${shifted}) touches elements ${low + moved} to ${high + moved} of ${elementBytes} ` +
      `bytes; its buffer has ${byteLength} bytes`,
  );
}

/** Outputs store each element once, may only be read where they are the same operand, and do not meet each other. */
export function checkAliasing(step: Step): void {
  const { inputs, outputs } = operandsOf(step);
  for (const { name, operand } of outputs) {
    rule(storesOnce([operand]), `${name} (${describe(operand)}) stores into one element twice`);
  }
  const inPlace = (name: string) =>
    step.kind === 'pointwise' || (name.startsWith('epilogueInputs') && 'epilogue' in step);
  for (const output of outputs) {
    for (const input of inputs) {
      if (output.operand.buffer !== input.operand.buffer) continue;
      rule(
        inPlace(input.name) && sameOperand(output.operand, input.operand),
        `buffer ${output.operand.buffer} is stored into by ${output.name} (${describe(output.operand)}) and read by ` +
          `${input.name} (${describe(input.operand)}); only a pointwise step or an epilogue may, through one operand`,
      );
    }
  }
  outputs.forEach((a, i) => {
    for (const b of outputs.slice(i + 1)) {
      if (a.operand.buffer !== b.operand.buffer) continue;
      rule(
        storesOnce([a.operand, b.operand]),
        `${a.name} (${describe(a.operand)}) and ${b.name} (${describe(b.operand)}) store into the same elements`,
      );
    }
  });
}

function sameOperand(a: Operand, b: Operand): boolean {
  return (
    a.offset === b.offset &&
    a.dtype === b.dtype &&
    sameShape(a.shape, b.shape) &&
    a.strides.every((stride, axis) => stride === b.strides[axis] || a.shape[axis] === 1) &&
    a.shift?.scalar === b.shift?.scalar &&
    a.shift?.stride === b.shift?.stride
  );
}

/** Whether no element (of one buffer) is met twice. Operands with different dtypes or shifts must not come near. */
function storesOnce(operands: readonly Operand[]): boolean {
  const extents = operands.map(extentOf).filter(([low, high]) => low <= high);
  if (extents.length === 0) return true;
  if (operands.length === 1 && hasPlainStrides(operands[0])) return true;
  if (operands.length === 2 && extents.length === 2) {
    const [a, b] = operands;
    const comparable = a.shift?.scalar === b.shift?.scalar && a.shift?.stride === b.shift?.stride;
    if (!comparable || !sameWidth(a.dtype, b.dtype)) return false;
    if (extents[0][1] < extents[1][0] || extents[1][1] < extents[0][0]) return true;
  }
  const first = Math.min(...extents.map(([low]) => low));
  const last = Math.max(...extents.map(([, high]) => high));
  const met = new Uint8Array(last - first + 1);
  return operands.every(({ shape, strides, offset }) => {
    const visit = (axis: number, at: number): boolean => {
      if (axis === shape.length) {
        met[at]++;
        return met[at] === 1;
      }
      for (let i = 0; i < shape[axis]; i++) if (!visit(axis + 1, at + i * strides[axis])) return false;
      return true;
    };
    return visit(0, offset - first);
  });
}

/** Sorted by size, each stride steps over all that the smaller ones reach: distinct elements, the usual case. */
function hasPlainStrides({ shape, strides }: Operand): boolean {
  const axes = shape.map((size, axis) => ({ size, stride: strides[axis] })).filter((axis) => axis.size > 1);
  axes.sort((a, b) => a.stride - b.stride);
  let reach = 0;
  for (const { size, stride } of axes) {
    if (stride <= reach) return false;
    reach += (size - 1) * stride;
  }
  return true;
}

/** Element numbers can be compared between dtypes of one width; on some devices all are 4 bytes wide, so be strict. */
function sameWidth(a: DType, b: DType): boolean {
  return a === b || (four.has(a) && four.has(b));
}

const four: ReadonlySet<DType> = new Set<DType>(['float32', 'int32']);
