/** The way back through a view: what becomes of the base when a view of it is changed in place. */
import { withGradMode } from '../graph/grad-mode.js';
import type { Op, PointwiseOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import { type Shape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { reshape } from './broadcast.js';
import { detach } from './cast.js';
import { inverseOf, permute, putSlice, type SliceAttrs, slice } from './views.js';

const changedOp: PointwiseOp = {
  kind: 'pointwise',
  name: 'changed',
  gradient: (_node, g) => [g, null],
  emit: (_b, [, next]) => next,
};

/** `next`, whose gradient is that of `before`: what a change makes of a value where gradients are switched off. */
export const changed = (before: Value, next: Value): Value =>
  withGradMode(true, () => record(changedOp, [before, detach(next)], next.shape, next.dtype));

/** One view op: what it is, its parameters, and the shape that it was applied to. */
export interface ViewStep {
  readonly op: Op;
  readonly attrs: Value['attrs'];
  readonly from: Shape;
  readonly to: Shape;
}

/** The view ops that lead from one value to another. */
export function viewSteps(from: Value, to: Value): ViewStep[] {
  const steps: ViewStep[] = [];
  for (let value = to; value !== from; value = value.inputs[0]) {
    if (!value.op || value.inputs.length === 0) throw new Error('internal: not a view of that value');
    steps.push({ op: value.op, attrs: value.attrs, from: value.inputs[0].shape, to: value.shape });
  }
  return steps.reverse();
}

/** `base` with what the steps lead to replaced by `part`. @throws Error for views that repeat elements. */
export function putBack(name: string, base: Value, steps: readonly ViewStep[], part: Value): Value {
  if (steps.length === 0) return part;
  const [{ op, attrs, from, to }, ...rest] = steps;
  switch (op.name) {
    case 'reshape':
      return reshape(putBack(name, reshape(base, to), rest, part), from);
    case 'permute': {
      const dims = attrs?.dims as readonly number[];
      return permute(putBack(name, permute(base, dims), rest, part), inverseOf(dims));
    }
    case 'slice': {
      const { dim, start, step } = attrs as SliceAttrs;
      const piece = slice(base, dim, start, to[dim], step);
      return putSlice(base, putBack(name, piece, rest, part), { dim, start, step });
    }
    default:
      throw new Error(
        `${name}: a view of shape ${showShape(to)} shows elements of ${showShape(from)} more than once (${op.name}); clone() it first`,
      );
  }
}
