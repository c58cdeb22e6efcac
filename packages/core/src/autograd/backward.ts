/** Reverse-mode differentiation: records the gradient ops of a graph of values. */
import type { Leaf } from '../graph/cell.js';
import { withGradMode } from '../graph/grad-mode.js';
import { sameShape, showShape } from '../graph/shape.js';
import { observer } from '../graph/trace.js';
import { nextSeq, type Value } from '../graph/value.js';
import { clone } from '../ops/cast.js';
import { full } from '../ops/create.js';
import { add } from '../ops/pointwise.js';
import { sumGradients } from '../ops/views.js';
import { backwardOf, guardHooks, observed } from './hooks.js';

export interface BackwardOptions {
  /** Gradient of the root; needed unless the root has one element. */
  gradient?: Value | undefined;
  /** Keep the graph for another backward pass (default: `createGraph`). */
  retainGraph?: boolean | undefined;
  /** Record the pass so that it can be differentiated itself. */
  createGraph?: boolean | undefined;
}

/**
 * Gradients of `root` with respect to `sources`, or to all leaves if `sources` is null.
 * Values that the root does not depend on are absent from the result.
 */
export function differentiate(
  root: Value,
  sources: readonly Value[] | null,
  options: BackwardOptions,
): Map<Value, Value> {
  if (!root.requiresGrad)
    throw new Error('backward: the tensor does not require a gradient and has no graph');
  const seed = options.gradient ?? defaultSeed(root);
  if (!sameShape(seed.shape, root.shape)) {
    throw new Error(
      `backward: gradient ${showShape(seed.shape)} for a tensor of shape ${showShape(root.shape)}`,
    );
  }
  const createGraph = options.createGraph ?? false;
  const retain = options.retainGraph ?? createGraph;
  return withGradMode(createGraph, () => propagate(root, seed, sources, retain));
}

function defaultSeed(root: Value): Value {
  if (root.size !== 1) {
    throw new Error(
      `backward: give a gradient for a tensor of shape ${showShape(root.shape)}; only scalars have a default`,
    );
  }
  return full(root.device, root.shape, 1, root.dtype);
}

function propagate(
  root: Value,
  seed: Value,
  sources: readonly Value[] | null,
  retain: boolean,
): Map<Value, Value> {
  guardHooks();
  const wanted = sources === null ? null : new Set(sources);
  const order = reachable(root, wanted);
  const gradients = new Map<Value, Value>([[root, seed]]);
  const result = new Map<Value, Value>();
  const expected = new Set(order);
  for (const value of order) {
    const found = gradients.get(value);
    if (!found) continue;
    gradients.delete(value);
    expected.delete(value);
    const gradient = observed(value, found);
    if (wanted ? wanted.has(value) : value.leaf !== null) {
      const known = result.get(value);
      result.set(value, known ? add(known, gradient) : gradient);
    }
    const custom = backwardOf(value);
    if (custom) {
      if (!retain) value.freed = true;
      // Leaves that it found on its own way (parameters within a checkpoint) may stand in no graph of ours.
      for (const [to, part] of custom.gradients(gradient)) {
        const into = expected.has(to) ? gradients : wanted === null || wanted.has(to) ? result : null;
        const sum = into?.get(to);
        into?.set(to, sum ? add(sum, part) : part);
      }
      continue;
    }
    if (value.leaf !== null || value.op === null || !value.op.gradient) continue;
    observer?.differentiates(value);
    const parts = value.op.gradient(value, gradient);
    observer?.differentiates(null);
    for (let i = 0; i < value.inputs.length; i++) {
      const input = value.inputs[i];
      const part = parts[i];
      if (!part || !input.requiresGrad) continue;
      const sum = gradients.get(input);
      gradients.set(input, sum ? sumGradients(sum, part) : part);
    }
    if (!retain) value.freed = true;
  }
  return result;
}

/** Values between the root and the leaves (or the wanted sources), newest first. */
function reachable(root: Value, wanted: ReadonlySet<Value> | null): Value[] {
  const seen = new Set<Value>([root]);
  const stack = [root];
  while (stack.length > 0) {
    const value = stack.pop() as Value;
    if (value.leaf !== null || (wanted?.has(value) && value !== root)) continue;
    if (value.freed) {
      if (value.op === null)
        throw new Error(
          'backward: this came out of a compiled function, and gradients do not flow back into one; ' +
            'call backward() inside of it',
        );
      throw new Error(
        'backward: trying to go through the graph a second time; its saved values have been freed. ' +
          'Use backward({ retainGraph: true }) the first time.',
      );
    }
    for (const input of backwardOf(value)?.inputs ?? value.inputs) {
      if (!input.requiresGrad || seen.has(input)) continue;
      seen.add(input);
      stack.push(input);
    }
  }
  return [...seen].sort((a, b) => b.seq - a.seq);
}

/** `backward()`: adds gradients to the leaves. */
export function backward(root: Value, options: BackwardOptions): void {
  const start = nextSeq();
  const gradients = differentiate(root, null, options);
  root.device.noteRoot(root);
  withGradMode(options.createGraph ?? false, () => {
    for (const [value, gradient] of gradients) accumulate(value.leaf as Leaf, gradient, start);
  });
}

/** @param start values older than this one are not of this backward pass */
function accumulate(leaf: Leaf, gradient: Value, start: number): void {
  const total = leaf.gradient ? add(leaf.gradient, gradient) : gradient;
  // One value has one home: what belongs to another leaf, or was given by the user, is copied.
  const given = total.op === null || total.seq < start;
  const own = given || total.target !== null || total.leaf !== null ? clone(total) : total;
  own.target = leaf.slot;
  leaf.gradient = own;
  own.device.noteGradient(leaf);
}
