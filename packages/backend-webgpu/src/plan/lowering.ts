/** What the lowering of a step works with: it asks for kernels and scratch memory, and adds dispatches. */
import { type DType, type Operand, OutOfMemoryError, type Plan } from '@inkstone/core/backend';
import { type Dispatch, DoesNotFit, Kernel } from '../kernel.js';
import type { Limits } from '../limits.js';
import type { Tuning } from '../tuning.js';
import type { Memory } from '../windows.js';

export class Lowering implements Memory {
  readonly dispatches: Dispatch[] = [];
  readonly scratchBytes: number[] = [];

  constructor(
    readonly plan: Plan,
    readonly tuning: Tuning,
    readonly limits: Limits,
  ) {}

  kernel(label: string): Kernel {
    return new Kernel(label, this);
  }

  /** The module that the step which is being lowered belongs to. */
  module: string | undefined;

  /** @throws DoesNotFit for more workgroups than two dimensions hold. */
  add(dispatch: Dispatch): void {
    const { workgroups, label } = dispatch;
    if (workgroups === 0) return;
    if (typeof workgroups === 'number') fold(workgroups, this.limits.maxComputeWorkgroupsPerDimension, label);
    const { module } = this;
    this.dispatches.push(module === undefined ? dispatch : { ...dispatch, module });
  }

  /** A contiguous operand in memory of the plan's own. */
  scratch(dtype: DType, shape: readonly number[]): Operand {
    const count = shape.reduce((a, b) => a * b, 1);
    const buffer = this.plan.buffers.length + this.scratchBytes.length;
    const bytes = Math.max(16, Math.ceil(count / 4) * 16);
    const { maxBufferSize } = this.limits;
    if (bytes > maxBufferSize) {
      throw new OutOfMemoryError(
        `webgpu: ${this.plan.label ?? 'plan'}: ${dtype} [${shape.join(', ')}] to work in takes ${bytes} bytes, and ` +
          `this adapter's buffers hold at most ${maxBufferSize} (maxBufferSize)`,
      );
    }
    this.scratchBytes.push(bytes);
    return { buffer, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
  }

  bytesOf(buffer: number): number {
    const { buffers } = this.plan;
    return buffers[buffer]?.byteLength ?? (this.scratchBytes[buffer - buffers.length] as number);
  }

  /** @returns a function that takes back what is added from now on. */
  mark(): () => void {
    const [dispatches, scratch] = [this.dispatches.length, this.scratchBytes.length];
    return () => {
      this.dispatches.length = dispatches;
      this.scratchBytes.length = scratch;
    };
  }
}

/**
 * A count of workgroups as x times y, of which none is over the limit; the kernels drop what is too many.
 * @throws DoesNotFit where two dimensions are not enough
 */
export function fold(count: number, limit: number, label: string): readonly [number, number] {
  if (count <= limit) return [count, count === 0 ? 0 : 1];
  const y = Math.ceil(count / limit);
  if (y > limit) {
    throw new DoesNotFit(
      `webgpu: ${label} needs ${count} workgroups, this adapter runs at most ${limit} x ${limit} at once ` +
        '(maxComputeWorkgroupsPerDimension)',
    );
  }
  return [Math.ceil(count / y), y];
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
