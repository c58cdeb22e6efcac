/**
 * Working memory of the kernels. They copy their operands to dense float64 arrays, compute on these, and round where
 * they store. All steps of a device share the memory, as they run one after another.
 */
import type { Operand } from '@inkstone/core/backend';
import { Access } from './access.js';
import type { Run } from './buffer.js';

export class Scratch {
  private readonly slots: Float64Array[] = [];
  private taken = 0;

  /** Takes everything back: the arrays handed out so far are no longer anyone's. */
  reset(): void {
    this.taken = 0;
  }

  /** An array with undefined content, until the next `reset`. */
  take(length: number): Float64Array {
    const i = this.taken++;
    if (i >= this.slots.length || this.slots[i].length < length) this.slots[i] = new Float64Array(length);
    return this.slots[i].subarray(0, length);
  }
}

/** An operand and its dense copy, row-major in its shape. */
export class Dense {
  readonly count: number;
  private readonly access: Access;
  private data: Float64Array = new Float64Array(0);

  constructor(operand: Operand) {
    this.access = new Access(operand);
    this.count = this.access.count;
  }

  /** The operand's values in this run. */
  load(run: Run): Float64Array {
    this.data = run.scratch.take(this.count);
    this.access.load(run, 0, this.count, this.data);
    return this.data;
  }

  /** Memory for the values of an output, with undefined content. */
  begin(run: Run): Float64Array {
    this.data = run.scratch.take(this.count);
    return this.data;
  }

  /** Rounds the values into the operand. */
  store(run: Run): void {
    this.access.store(run, 0, this.count, this.data);
  }
}

export function denseOrNull(operand: Operand | null): Dense | null {
  return operand === null ? null : new Dense(operand);
}
