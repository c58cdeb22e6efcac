/** From a linear index to coordinates to operand offsets: the arithmetic that strided kernels are generated with. */

/** A box of points and, for each operand over it, the stride of each axis. */
export interface IndexSpace {
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Drops axes of size 1 and joins neighbours that every operand steps through as through one axis. */
export function coalesce({ shape, strides }: IndexSpace): IndexSpace {
  const sizes: number[] = [];
  const steps: number[][] = strides.map(() => []);
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const last = sizes.length - 1;
    const joins =
      last >= 0 && strides.every((s, i) => (steps[i] as number[])[last] === (s[axis] as number) * size);
    if (joins) sizes[last] = (sizes[last] as number) * size;
    else sizes.push(size);
    strides.forEach((s, i) => {
      (steps[i] as number[])[sizes.length - 1] = s[axis] as number;
    });
  });
  return { shape: sizes, strides: steps };
}

/**
 * Statements that define `PREFIX0`, `PREFIX1`, ... (u32), the row-major coordinates of the point number `linear`. The size of the
 * first axis is not used, so that plans which differ only in it share a kernel.
 */
export function coordinates(shape: readonly number[], linear: string, prefix: string): string {
  const lines: string[] = [];
  let rest = linear;
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const size = shape[axis] as number;
    lines.push(`let ${prefix}${axis} = (${rest}) % ${size}u;`);
    const name = `${prefix}_rest${axis}`;
    lines.push(`let ${name} = (${rest}) / ${size}u;`);
    rest = name;
  }
  if (shape.length > 0) lines.push(`let ${prefix}0 = ${rest};`);
  return lines.join('\n');
}

/** The offset (u32, wrapping for negative strides) of the point whose coordinates are `PREFIX0`, `PREFIX1`, ... */
export function offsetAt(strides: readonly number[], prefix: string): string {
  const terms = strides.flatMap((stride, axis) => {
    if (stride === 0) return [];
    if (stride === 1) return [`${prefix}${axis}`];
    return [`${prefix}${axis} * ${stride >>> 0}u`];
  });
  return terms.join(' + ') || '0u';
}
