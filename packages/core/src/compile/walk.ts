/** Arithmetic whose numbers change from call to call: it runs again without recording, and only its numbers are taken. */
import { isFloatingPoint } from '../backend/dtype.js';
import { signatureOf } from '../graph/key.js';
import type { Attrs, Op } from '../graph/op.js';
import { setWalker, type Walker } from '../graph/trace.js';
import type { Value } from '../graph/value.js';
import type { Run } from './registers.js';

/** Thrown within a replay whose numbers turn out to take another way than when it was recorded. */
export const otherWay = Symbol('other way');

/** What was recorded, in order: a node, what it was made from, and where its numbers go. */
export interface Recorded {
  readonly node: Value;
  readonly inputs: readonly Value[];
  readonly targets: { readonly run: Run; readonly at: number }[];
}

export class Walk implements Walker {
  #at = 0;

  constructor(
    readonly update: () => Value,
    readonly recorded: readonly Recorded[],
  ) {}

  /** @throws otherWay */
  run(): void {
    this.#at = 0;
    setWalker(this);
    try {
      this.update();
      if (this.#at === this.recorded.length) return;
    } catch {
      // What is wrong is said where it is recorded: it may be nothing but state that there is none of yet.
    } finally {
      setWalker(null);
    }
    throw otherWay;
  }

  record(op: Op, attrs: Attrs | null, dtype: Value['dtype'], scalars: readonly number[]): Value {
    const next = this.recorded[this.#at];
    const node = next?.node;
    if (
      node?.op !== op ||
      node.dtype !== dtype ||
      (node.attrs !== attrs && node.signature !== signatureOf(op, attrs, dtype, scalars.length)) ||
      node.scalars.length !== scalars.length
    )
      throw otherWay;
    for (let i = 0; i < scalars.length; i++) this.#put(next, i, scalars[i]);
    this.#at++;
    return node;
  }

  pair(op: Op, x: Value | number, y: Value | number): Value | null {
    const next = this.recorded[this.#at];
    if (next === undefined || next.node.op !== op) return null;
    const { node, inputs } = next;
    if (typeof y === 'number' || typeof x === 'number') {
      const isRight = typeof y === 'number';
      if (inputs[0] !== (isRight ? x : y) || node.attrs?.form !== (isRight ? 'vn' : 'nv')) return null;
      // Among integers the number decides on the dtype.
      if (!isFloatingPoint(inputs[0].dtype)) return null;
      this.#put(next, 0, (isRight ? y : x) as number);
    } else if (inputs[0] !== x || inputs[1] !== y) return null;
    this.#at++;
    return node;
  }

  #put({ targets }: Recorded, i: number, scalar: number): void {
    for (let t = 0; t < targets.length; t++) targets[t].run.scalars[targets[t].at + i] = scalar;
  }
}
