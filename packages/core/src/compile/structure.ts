/** Arguments and results of compiled functions: tensors in arrays and objects. */
import type { DType } from '../backend/dtype.js';
import type { GraphDevice } from '../graph/device.js';
import { type Shape, sameShape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { Tensor } from '../tensor/tensor.js';

/** What an argument has to be like for a recording to fit. */
export type Pattern =
  | { readonly kind: 'tensor'; readonly device: GraphDevice; readonly shape: Shape; readonly dtype: DType }
  /** A number, a string, a module, a parameter: the very same one. */
  | { readonly kind: 'same'; readonly value: unknown }
  | { readonly kind: 'list'; readonly items: readonly Pattern[] }
  | { readonly kind: 'record'; readonly keys: readonly string[]; readonly items: readonly Pattern[] };

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A tensor that is an input, and not something that a function trains. */
const isInput = (value: unknown): value is Tensor => value instanceof Tensor && !value.requiresGrad;

/**
 * Describes an argument, adds its tensors to `inputs`, and gives a copy of it with what `replace` makes of them.
 * @throws Error for what cannot be described.
 */
export function describe(
  value: unknown,
  path: string,
  replace: (input: Tensor) => Tensor,
): { pattern: Pattern; copy: unknown } {
  if (isInput(value)) {
    const { device, shape, dtype } = value;
    return { pattern: { kind: 'tensor', device, shape, dtype }, copy: replace(value) };
  }
  if (value instanceof Tensor && !value.isLeaf)
    throw new Error(
      `compile: ${path} is a tensor of shape ${showShape(value.shape)} that was computed from one that requires a ` +
        'gradient, which cannot flow out of a compiled function; detach() it, or compute it inside',
    );
  if (ArrayBuffer.isView(value))
    throw new Error(`compile: ${path} is a typed array, whose numbers would be frozen; pass a tensor`);
  if (Array.isArray(value)) {
    const parts = value.map((item, i) => describe(item, `${path}[${i}]`, replace));
    const items = parts.map(({ pattern }) => pattern);
    return { pattern: { kind: 'list', items }, copy: parts.map(({ copy }) => copy) };
  }
  if (isRecord(value)) {
    const keys = Object.keys(value);
    const parts = keys.map((key) => describe(value[key], `${path}.${key}`, replace));
    return {
      pattern: { kind: 'record', keys, items: parts.map(({ pattern }) => pattern) },
      copy: Object.fromEntries(keys.map((key, i) => [key, parts[i].copy])),
    };
  }
  return { pattern: { kind: 'same', value }, copy: value };
}

/** As `isInput`, of the kind that a recording is for. */
const fits = ({ device, shape, dtype }: Pattern & { kind: 'tensor' }, value: Value): boolean =>
  !value.requiresGrad && value.dtype === dtype && value.device === device && sameShape(value.shape, shape);

/** Whether a value fits; adds its tensors to `inputs`. */
export function matches(pattern: Pattern, value: unknown, inputs: Tensor[]): boolean {
  switch (pattern.kind) {
    case 'same':
      return Object.is(pattern.value, value);
    case 'tensor':
      if (!(value instanceof Tensor)) return false;
      inputs.push(value);
      return fits(pattern, value.value);
    case 'list':
      if (!Array.isArray(value) || value.length !== pattern.items.length) return false;
      for (let i = 0; i < value.length; i++) if (!matches(pattern.items[i], value[i], inputs)) return false;
      return true;
    case 'record': {
      const { keys, items } = pattern;
      if (!isRecord(value) || Object.keys(value).length !== keys.length) return false;
      return keys.every((key, i) => key in value && matches(items[i], value[key], inputs));
    }
  }
}

/**
 * Takes a result apart: `take` sees each tensor; what is given back puts a result together from what stands for each.
 * @throws Error for what a replay could not give anew.
 */
export function dissect<T>(
  name: string,
  value: unknown,
  path: string,
  take: (tensor: Tensor) => T,
): (make: (taken: T) => Tensor) => unknown {
  if (value instanceof Tensor) {
    const taken = take(value);
    return (make) => make(taken);
  }
  if (value === null || value === undefined) return () => value;
  if (Array.isArray(value)) {
    const parts = value.map((item, i) => dissect(name, item, `${path}[${i}]`, take));
    return (make) => parts.map((part) => part(make));
  }
  if (isRecord(value)) {
    const parts = Object.entries(value).map(
      ([key, item]) => [key, dissect(name, item, `${path}.${key}`, take)] as const,
    );
    return (make) => Object.fromEntries(parts.map(([key, part]) => [key, part(make)]));
  }
  const what =
    typeof value === 'object' ? (value.constructor?.name ?? 'an object') : `${typeof value} ${String(value)}`;
  throw new Error(
    `compile: '${name}' returns ${what}${path && ` at ${path.slice(1)}`}, which a replay could not work out again; ` +
      'return tensors, alone or in arrays and plain objects',
  );
}
