/** Merges axes that every operand walks in one go, so that kernels see few and long axes. */
import type { Layout } from './layout.js';
import type { Shape } from './shape.js';

export interface Coalesced {
  readonly shape: number[];
  readonly layouts: Layout[];
  /** For reductions: whether each merged axis is reduced. */
  readonly marked: boolean[];
}

/**
 * @param marks axes with different marks are never merged (reduced and kept ones).
 * @param layouts operands over the whole shape.
 */
export function coalesce(shape: Shape, layouts: readonly Layout[], marks: readonly boolean[]): Coalesced {
  const outShape: number[] = [];
  const outMarks: boolean[] = [];
  const strides: number[][] = layouts.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const last = outShape.length - 1;
    const merges =
      last >= 0 &&
      outMarks[last] === marks[axis] &&
      layouts.every((layout, i) => strides[i][last] === layout.strides[axis] * shape[axis]);
    if (merges) {
      outShape[last] *= shape[axis];
      for (let i = 0; i < layouts.length; i++) strides[i][last] = layouts[i].strides[axis];
    } else {
      outShape.push(shape[axis]);
      outMarks.push(marks[axis]);
      for (let i = 0; i < layouts.length; i++) strides[i].push(layouts[i].strides[axis]);
    }
  }
  return {
    shape: outShape,
    layouts: layouts.map((layout, i) => ({ ...layout, shape: outShape, strides: strides[i] })),
    marked: outMarks,
  };
}
