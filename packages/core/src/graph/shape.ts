/** Arithmetic on shapes and strides, in elements. */

export type Shape = readonly number[];

/** Number of elements; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

/** Row-major strides of a shape. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** '[2, 3]', as PyTorch prints sizes. */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/**
 * The shape that two operands broadcast to.
 * @throws Error that names the op and both shapes.
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = i <= a.length ? a[a.length - i] : 1;
    const y = i <= b.length ? b[b.length - i] : 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new Error(
        `${op}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast: ${x} against ${y} in dimension ${-i}`,
      );
    }
    out[rank - i] = x === 1 ? y : x;
  }
  return out;
}

/**
 * A dimension counted from either end, as an index from 0.
 * @throws Error that names the op, the dimension and what is allowed.
 */
export function normalizeDim(op: string, dim: number, rank: number): number {
  const limit = Math.max(rank, 1);
  if (!Number.isInteger(dim) || dim < -limit || dim >= limit) {
    throw new Error(
      `${op}: dimension ${dim} is out of range for a tensor of ${rank} dimensions (-${limit} to ${limit - 1})`,
    );
  }
  return dim < 0 ? dim + limit : dim;
}

/** Several dimensions, normalized, sorted and checked for repeats; undefined means all of them. */
export function normalizeDims(
  op: string,
  dim: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (dim === undefined) return Array.from({ length: rank }, (_, i) => i);
  const dims = (typeof dim === 'number' ? [dim] : dim)
    .map((d) => normalizeDim(op, d, rank))
    .sort((a, b) => a - b);
  if (rank === 0) return [];
  for (let i = 1; i < dims.length; i++) {
    if (dims[i] === dims[i - 1])
      throw new Error(`${op}: dimension ${dims[i]} appears more than once in [${dim}]`);
  }
  return dims;
}

/**
 * Strides with which a view of the given shape and strides can be read under a new shape, or null if it would need a
 * copy. Sizes must be equal. (The rule of PyTorch's `view`.)
 */
export function reshapeStrides(shape: Shape, strides: Shape, target: Shape): number[] | null {
  const size = sizeOf(shape);
  if (size === 0) return contiguousStrides(target);
  // Runs of axes that are contiguous among themselves, as [size, stride of the innermost axis].
  const runs: { size: number; stride: number }[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 1) continue;
    const last = runs[runs.length - 1];
    if (last && last.stride === strides[i] * shape[i]) {
      last.size *= shape[i];
      last.stride = strides[i];
    } else runs.push({ size: shape[i], stride: strides[i] });
  }
  const out = new Array<number>(target.length);
  let run = runs.length - 1;
  let used = 1;
  for (let i = target.length - 1; i >= 0; i--) {
    if (target[i] === 1) {
      out[i] = run >= 0 ? runs[run].stride * used : 1;
      continue;
    }
    if (run < 0) return null;
    out[i] = runs[run].stride * used;
    used *= target[i];
    if (used > runs[run].size || runs[run].size % used !== 0) return null;
    if (used === runs[run].size) {
      run--;
      used = 1;
    }
  }
  return out;
}

/** Whether strides walk the shape row-major without gaps (axes of size 1 do not matter). */
export function isContiguous(shape: Shape, strides: Shape): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 0) return true;
    if (shape[i] !== 1 && strides[i] !== step) return false;
    step *= shape[i];
  }
  return true;
}
