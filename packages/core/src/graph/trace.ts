/**
 * Where `compile` listens while it records a function: what the function reads and changes, what runs, what is drawn.
 * `tracer` is null at all other times, so that recording without it pays for a comparison.
 */
import type { DType } from '../backend/dtype.js';
import type { Cell } from './cell.js';
import type { Binding } from './key.js';
import type { Attrs, Op } from './op.js';
import type { CachedPlan } from './plan-cache.js';
import type { Recording } from './recording.js';
import type { Value } from './value.js';

export interface Tracer {
  /** A cell was made; what it holds belongs to this call unless it `outlives` it (an optimizer's state). */
  makes(cell: Cell): void;
  outlives(cell: Cell): void;
  reads(cell: Cell): void;
  writes(cell: Cell, next: Value | null): void;
  /** A value was recorded. */
  records(value: Value): void;
  /** A plan has run. */
  runs(recording: Recording, binding: Binding, plan: CachedPlan, scalars: readonly number[]): void;
  /** Something happened that replaying would not repeat: the next call is to be recorded too. */
  happensOnce(): void;
  /** Values were asked for. */
  refuses(what: string): void;
  /** Runs a step of the random streams, now and at each replay. */
  random(step: () => void, value?: Value): void;
  /** Records arithmetic whose numbers are worked out again at each replay. */
  live(update: () => Value): Value;
  /** Does something to the state on the host, now and at each replay. */
  effect(change: () => void, undo: () => void): void;
  /** Replays only while this holds. Whoever changes what it looks at calls `noteChange`: it is asked after that only. */
  guard(holds: () => boolean): void;
  /** A module is called: it is replayed while its fields are what they are. True for the first one. */
  visits(module: object): boolean;
}

export let tracer: Tracer | null = null;

export function setTracer(next: Tracer | null): void {
  tracer = next;
}

/** Told where in the program an op is called: for `detectAnomaly`. */
export interface Observer {
  enters(module: object): void;
  leaves(): void;
  /** The backward pass of a value begins, or (null) ends. */
  differentiates(value: Value | null): void;
  /** A value was recorded. */
  records?(value: Value): void;
}

/** The modules that values were recorded in, while those are named: see `nameModules`. */
export const moduleOf = new WeakMap<Value, string>();

export let observer: Observer | null = null;

export function setObserver(next: Observer | null): void {
  observer = next;
}

/** Looks at the result of each op that an eager device runs. */
export interface Watch {
  ran(value: Value, inputs: readonly Value[]): void;
  /** Rejects if something was found since the last time. */
  settled(): Promise<void>;
}

/** Takes the place of recording while the numbers of a `live` part are worked out again: gives what was recorded. */
export interface Walker {
  record(op: Op, attrs: Attrs | null, dtype: DType, scalars: readonly number[]): Value;
  /** The same for a pointwise op of two operands, before anything is made of them; null if that takes a closer look. */
  pair(op: Op, x: Value | number, y: Value | number): Value | null;
}

export let walker: Walker | null = null;

export function setWalker(next: Walker | null): void {
  walker = next;
}
