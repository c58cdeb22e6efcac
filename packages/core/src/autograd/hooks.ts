/** What watches a backward pass: hooks on gradients, gradients that are kept, and backward passes given by the user. */
import { type Leaf, noteChange } from '../graph/cell.js';
import { tracer } from '../graph/trace.js';
import type { Value } from '../graph/value.js';
import { add } from '../ops/pointwise.js';

/** Sees a gradient as it is complete; what it returns (if anything) takes its place. */
export type GradientHook = (gradient: Value) => Value | undefined;

const hooks = new WeakMap<Value | Leaf, GradientHook[]>();
const kept = new WeakMap<Value, { gradient: Value | null }>();

/** A leaf keeps its hooks when its value changes; what an op made has them with its value. */
const keyOf = (value: Value): Value | Leaf => value.leaf ?? value;

/** Counts hooks that came and went: a compiled backward pass runs none that it was not recorded with. */
let changes = 0;

function noteHooks(): void {
  changes++;
  noteChange();
}

/** Has what is being compiled recorded again once hooks have changed. */
export function guardHooks(): void {
  if (!tracer) return;
  const seen = changes;
  tracer.guard(() => seen === changes);
}

/** @returns a function that removes the hook. */
export function addGradientHook(value: Value, hook: GradientHook): () => void {
  const key = keyOf(value);
  const list = hooks.get(key) ?? [];
  hooks.set(key, [...list, hook]);
  noteHooks();
  return () => {
    noteHooks();
    hooks.set(
      key,
      (hooks.get(key) ?? []).filter((other) => other !== hook),
    );
  };
}

/** Runs the hooks of a value on its gradient, and keeps the gradient where that was asked for. */
export function observed(value: Value, gradient: Value): Value {
  let seen = gradient;
  for (const hook of hooks.get(keyOf(value)) ?? []) seen = hook(seen) ?? seen;
  const keeper = kept.get(value);
  if (keeper) {
    keeper.gradient = keeper.gradient ? add(keeper.gradient, seen) : seen;
    // As a root of a backward pass it is computed before a step overwrites what it depends on.
    value.device.noteRoot(keeper.gradient);
  }
  return seen;
}

export function keepGradient(value: Value): void {
  if (!kept.has(value)) kept.set(value, { gradient: null });
}

export const keptGradient = (value: Value): Value | null => kept.get(value)?.gradient ?? null;

/** A backward pass that is not made of ops: from the gradient of a value to those of inputs and of any leaves. */
export interface CustomBackward {
  readonly inputs: readonly Value[];
  gradients(gradient: Value): ReadonlyMap<Value, Value>;
}

const customs = new WeakMap<Value, CustomBackward>();

/** Makes a value differentiable in its own way. */
export function setBackward(value: Value, custom: CustomBackward): void {
  customs.set(value, custom);
  value.requiresGrad = true;
}

export const backwardOf = (value: Value): CustomBackward | undefined => customs.get(value);
