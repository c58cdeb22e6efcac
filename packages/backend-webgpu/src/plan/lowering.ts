/** What the lowering of a step works with: it asks for kernels and scratch memory, and adds dispatches. */
import type { DType, Operand, Plan } from '@inkstone/core/backend';
import { type Dispatch, Kernel } from '../kernel.js';
import type { Tuning } from '../tuning.js';

export class Lowering {
  readonly dispatches: Dispatch[] = [];
  readonly scratchBytes: number[] = [];

  constructor(
    readonly plan: Plan,
    readonly tuning: Tuning,
    private readonly maxBindings: number,
  ) {}

  kernel(label: string): Kernel {
    return new Kernel(label, this.maxBindings);
  }

  /** The module that the step which is being lowered belongs to. */
  module: string | undefined;

  add(dispatch: Dispatch): void {
    if (dispatch.workgroups === 0) return;
    const { module } = this;
    this.dispatches.push(module === undefined ? dispatch : { ...dispatch, module });
  }

  /** A contiguous operand in memory of the plan's own. */
  scratch(dtype: DType, shape: readonly number[]): Operand {
    const count = shape.reduce((a, b) => a * b, 1);
    const buffer = this.plan.buffers.length + this.scratchBytes.length;
    this.scratchBytes.push(count * 4);
    return { buffer, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
  }
}

export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i] as number;
  }
  return strides;
}
