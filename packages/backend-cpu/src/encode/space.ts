/** Iteration spaces: axes that are walked as one are merged, and each operand is told how it lies in what remains. */
import { Access, Storage } from '../../assembly/opcodes.js';
import type { Address } from './writer.js';

/** An operand over an iteration space. */
export interface Source {
  readonly address: Address;
  readonly storage: Storage;
  /** In elements, one for each axis of the space. */
  readonly strides: readonly number[];
  /** The kernel keeps it in its scratch memory, as contiguous 32-bit values. */
  readonly local?: boolean;
}

export interface Space {
  readonly dims: readonly number[];
  /** For each operand its strides over `dims`. */
  readonly strides: readonly (readonly number[])[];
}

/** Drops axes of size 1 and merges neighbours that every operand walks as one. At least one axis remains. */
export function collapse(shape: readonly number[], operands: readonly (readonly number[])[]): Space {
  const dims: number[] = [];
  const strides: number[][] = operands.map(() => []);
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const last = dims.length - 1;
    const merges = last >= 0 && operands.every((s, o) => strides[o][last] === s[axis] * size);
    if (merges) dims[last] *= size;
    else dims.push(size);
    operands.forEach((s, o) => {
      if (merges) strides[o][last] = s[axis];
      else strides[o].push(s[axis]);
    });
  });
  if (dims.length === 0) {
    dims.push(1);
    for (const s of strides) s.push(1);
  }
  return { dims, strides };
}

/** Row-major strides without gaps. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}

/** How an input reaches its register, and (Periodic) after how many points it repeats. */
export function accessOf(
  source: Source,
  dims: readonly number[],
  strides: readonly number[],
): { access: Access; period: number } {
  if (source.local) return { access: Access.Local, period: 0 };
  if (product(dims) === 1) {
    return { access: source.storage === Storage.Coordinate ? Access.Strided : Access.Uniform, period: 0 };
  }
  if (strides.every((s) => s === 0)) return { access: Access.Uniform, period: 0 };
  let period = 1;
  let axis = dims.length - 1;
  while (axis >= 0 && (strides[axis] === period || dims[axis] === 1)) {
    period *= dims[axis];
    axis--;
  }
  if (axis < 0 && source.storage !== Storage.Coordinate) return { access: Access.Flat, period: 0 };
  if (axis >= 0 && period > 1 && strides.slice(0, axis + 1).every((s) => s === 0)) {
    return { access: Access.Periodic, period };
  }
  return { access: Access.Strided, period: 0 };
}
