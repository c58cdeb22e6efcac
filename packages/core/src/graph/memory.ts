/** Scratch memory of a plan: buffers assigned by lifetime, so that values which are never alive together share one. */
import type { Operand, Step } from '../backend/steps.js';
import { type PlanBuffer, planBufferOf } from './layout.js';

interface Lifetime {
  readonly buffer: PlanBuffer;
  first: number;
  last: number;
}

export class ScratchMemory {
  readonly #lifetimes: Lifetime[] = [];
  readonly #of = new Map<PlanBuffer, Lifetime>();

  allocate(byteLength: number): PlanBuffer {
    const buffer: PlanBuffer = { index: this.#lifetimes.length, byteLength, scratch: true };
    const lifetime = { buffer, first: Number.POSITIVE_INFINITY, last: -1 };
    this.#lifetimes.push(lifetime);
    this.#of.set(buffer, lifetime);
    return buffer;
  }

  touchBuffer(buffer: PlanBuffer, step: number): void {
    const lifetime = this.#of.get(buffer);
    if (!lifetime) return;
    lifetime.first = Math.min(lifetime.first, step);
    lifetime.last = Math.max(lifetime.last, step);
  }

  /** Notes that a step (at position `at`) uses its operands' buffers. */
  touch(step: Step, at: number): void {
    for (const operand of operandsOf(step)) {
      const buffer = planBufferOf.get(operand);
      if (buffer) this.touchBuffer(buffer, at);
    }
  }

  /**
   * Gives every scratch buffer an index from `firstIndex` on; returns the sizes of the physical buffers.
   * First fit by size class: a buffer is reused by one of nearly its size before a larger one is.
   */
  assign(firstIndex: number): number[] {
    const sizes: number[] = [];
    const free: number[] = [];
    const used = this.#lifetimes.filter((lifetime) => lifetime.last >= 0);
    const byStart = [...used].sort((a, b) => a.first - b.first || b.buffer.byteLength - a.buffer.byteLength);
    const active: Lifetime[] = [];
    for (const lifetime of byStart) {
      for (let i = active.length - 1; i >= 0; i--) {
        if (active[i].last < lifetime.first) {
          free.push(active[i].buffer.index - firstIndex);
          active.splice(i, 1);
        }
      }
      const need = lifetime.buffer.byteLength;
      let best = -1;
      for (let i = 0; i < free.length; i++) {
        const size = sizes[free[i]];
        const better = best < 0 || Math.abs(size - need) < Math.abs(sizes[free[best]] - need);
        // Neither waste a large buffer on a small value nor grow a small one much.
        if (size <= need * 2 + 4096 && size >= need / 2 && better) best = i;
      }
      let at: number;
      if (best >= 0) {
        at = free[best];
        free.splice(best, 1);
        sizes[at] = Math.max(sizes[at], need);
      } else {
        at = sizes.length;
        sizes.push(need);
      }
      lifetime.buffer.index = firstIndex + at;
      active.push(lifetime);
    }
    return sizes;
  }
}

function isOperand(value: unknown): value is Operand {
  return typeof value === 'object' && value !== null && 'buffer' in value && 'strides' in value;
}

/** Every operand of a step, inputs and outputs. */
export function operandsOf(step: Step): Operand[] {
  const out: Operand[] = [];
  for (const field of Object.values(step)) {
    if (isOperand(field)) out.push(field);
    else if (Array.isArray(field)) for (const item of field) if (isOperand(item)) out.push(item);
  }
  return out;
}

/** The step with the final buffer indices. */
export function resolveStep(step: Step): Step {
  const resolve = (operand: Operand): Operand => ({
    ...operand,
    buffer: planBufferOf.get(operand)?.index ?? operand.buffer,
  });
  const out: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(step)) {
    if (isOperand(field)) out[name] = resolve(field);
    else if (Array.isArray(field) && field.some(isOperand))
      out[name] = field.map((item) => resolve(item as Operand));
    else out[name] = field;
  }
  return out as unknown as Step;
}
