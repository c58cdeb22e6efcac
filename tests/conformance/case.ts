/** A case: a plan, what its buffers hold before, and how exactly its outputs must come out. */
import type { DType, Instruction, Operand, Plan, Program, Step, StepKind } from '@inkstone/core/backend';
import { asStored } from './storage.js';
import { Random, seedOf } from './values.js';

/** What a tolerance is looked up by: an instruction, a kind of step, or how a result is made in general. */
export type ToleranceKey = 'exact' | 'value' | 'gradient' | Instruction['op'] | StepKind;

/** How an output is compared: |got - want| is at most the tolerance times max(1, |want|, scale). */
export interface Check {
  /** The first of these for which the device (or the suite) has a tolerance counts. */
  readonly keys: readonly ToleranceKey[];
  /** Sum of |terms| that went into an element: one number for all, or one for each in row-major order. Default 1. */
  readonly scale?: number | ArrayLike<number>;
}

export interface CaseBuffer {
  readonly dtype: DType;
  readonly initial: Float64Array;
  /** Operands that the plan stores into, and how they are compared; all other elements must not change. */
  readonly outputs: { readonly operand: Operand; readonly check: Check }[];
}

export interface Case {
  readonly name: string;
  readonly buffers: readonly CaseBuffer[];
  readonly scalars: Plan['scalars'];
  readonly scalarValues: readonly number[];
  readonly steps: readonly Step[];
  /** Includes values that a device may be excused from (infinities, NaN). */
  readonly nonFinite: boolean;
}

/** Where the elements of a shape lie. */
export type Layout = (shape: readonly number[]) => { strides: number[]; offset: number; elements: number };

export const contiguous: Layout = (shape) => {
  const strides = rowMajor(shape);
  return { strides, offset: 0, elements: product(shape) };
};

/** Row-major from element `offset` on, with more memory behind. */
export function offsetBy(offset: number): Layout {
  return (shape) => ({ strides: rowMajor(shape), offset, elements: offset + product(shape) + 3 });
}

/** Memory in another order of the axes: `order` lists them from the outermost to the innermost. */
export function permuted(...order: number[]): Layout {
  return (shape) => {
    const memory = rowMajor(order.map((axis) => shape[axis]));
    const strides = shape.map((_, axis) => memory[order.indexOf(axis)]);
    return { strides, offset: 0, elements: product(shape) };
  };
}

/** The last two axes swapped in memory. */
export const transposed: Layout = (shape) => {
  const axes = shape.map((_, axis) => axis);
  return permuted(...axes.slice(0, -2), ...axes.slice(-2).reverse())(shape);
};

/** Every axis padded: rows longer than needed, `step` elements from one to the next. */
export function gapped(step = 2): Layout {
  return (shape) => {
    let stride = step;
    const strides = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape[axis] + 1;
    }
    return { strides, offset: 1, elements: 1 + stride };
  };
}

/** Rows with a gap behind each, elements next to each other: a slice of a wider matrix. */
export function padded(pad = 3): Layout {
  return (shape) => {
    let stride = 1;
    const strides = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape[axis] + (axis === shape.length - 1 ? pad : 0);
    }
    return { strides, offset: 2, elements: 2 + stride };
  };
}

/** Stride 0 along these axes, dense along the others. */
export function broadcast(...axes: number[]): Layout {
  return (shape) => {
    const inner = contiguous(shape.map((size, axis) => (axes.includes(axis) ? 1 : size)));
    const strides = inner.strides.map((stride, axis) => (axes.includes(axis) ? 0 : stride));
    return { strides, offset: 0, elements: Math.max(1, inner.elements) };
  };
}

function rowMajor(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1] * Math.max(1, shape[axis + 1]);
  }
  return strides;
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** Calls `visit` for each element of an operand, in row-major order, with its place in the buffer. */
export function forEachElement(operand: Operand, visit: (place: number, point: number) => void): void {
  const { shape, strides, offset } = operand;
  let point = 0;
  const walk = (axis: number, place: number): void => {
    const stride = strides[axis];
    if (axis === shape.length - 1) for (let i = 0; i < shape[axis]; i++) visit(place + i * stride, point++);
    else for (let i = 0; i < shape[axis]; i++) walk(axis + 1, place + i * stride);
  };
  if (shape.length === 0) visit(offset, 0);
  else walk(0, offset);
}

/** Builds one case; operands get a buffer each unless made by `view`. */
export class CaseBuilder {
  readonly random: Random;
  private readonly buffers: CaseBuffer[] = [];
  private readonly scalars: Plan['scalars'][number][] = [];
  private readonly scalarValues: number[] = [];
  private readonly steps: Step[] = [];
  private nonFinite = false;

  constructor(readonly name: string) {
    this.random = new Random(seedOf(name));
  }

  /** An operand that holds `values` (one for each point of the shape, row-major), rounded to the dtype. */
  input(dtype: DType, shape: readonly number[], values: ArrayLike<number>, layout = contiguous): Operand {
    const operand = this.allocate(dtype, shape, layout);
    if (values.length !== product(shape)) {
      throw new Error(`${this.name}: ${values.length} values for shape [${shape.join(', ')}]`);
    }
    const { initial } = this.buffers[operand.buffer];
    forEachElement(operand, (place, point) => {
      initial[place] = asStored(dtype, values[point]);
    });
    for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) this.nonFinite = true;
    return operand;
  }

  /** An operand for a result. */
  output(dtype: DType, shape: readonly number[], check: Check, layout = contiguous): Operand {
    return this.stored(this.allocate(dtype, shape, layout), check);
  }

  /** Declares that the plan stores into this operand (an update in place, a view). */
  stored(operand: Operand, check: Check): Operand {
    this.buffers[operand.buffer].outputs.push({ operand, check });
    return operand;
  }

  /** A run-time scalar; returns its number. */
  scalar(type: Plan['scalars'][number], value: number): number {
    this.scalarValues.push(value);
    return this.scalars.push(type) - 1;
  }

  step(step: Step): this {
    this.steps.push({ ...step, label: this.name });
    return this;
  }

  /** Adds a pointwise step. */
  pointwise(
    shape: readonly number[],
    inputs: readonly Operand[],
    program: Program,
    outputs: readonly Operand[],
    scalars: readonly number[] = [],
  ): this {
    return this.step({ kind: 'pointwise', shape, inputs, scalars, program, outputs });
  }

  build(): Case {
    const { name, buffers, scalars, scalarValues, steps, nonFinite } = this;
    return { name, buffers, scalars, scalarValues, steps, nonFinite };
  }

  private allocate(dtype: DType, shape: readonly number[], layout: Layout): Operand {
    const { strides, offset, elements } = layout(shape);
    // What lies between and behind the elements is not zero, so that touching it shows.
    const filler = dtype === 'bool' ? 1 : dtype === 'uint8' ? 201 : -77;
    const initial = new Float64Array(Math.max(1, elements)).fill(filler);
    const buffer = this.buffers.push({ dtype, initial, outputs: [] }) - 1;
    return { buffer, dtype, shape: [...shape], strides, offset };
  }
}

/** Shorthand for one case. */
export function define(name: string, fill: (builder: CaseBuilder) => void): Case {
  const builder = new CaseBuilder(name);
  fill(builder);
  return builder.build();
}
