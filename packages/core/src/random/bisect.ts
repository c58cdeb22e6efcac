/** Binary search in ascending values, as the samplers of PyTorch, NumPy and Python do it. */

/** The first index whose value is at least the target; the length if there is none. */
export function firstAtLeast(ascending: ArrayLike<number>, target: number): number {
  let left = 0;
  let right = ascending.length;
  while (left < right) {
    const middle = (left + right) >>> 1;
    if (ascending[middle] < target) left = middle + 1;
    else right = middle;
  }
  return left;
}

/**
 * The first index whose value is above the target; `end` if there is none before it.
 *
 * @param end where to stop searching, default the length
 */
export function firstAbove(ascending: ArrayLike<number>, target: number, end = ascending.length): number {
  let left = 0;
  let right = end;
  while (left < right) {
    const middle = (left + right) >>> 1;
    if (ascending[middle] <= target) left = middle + 1;
    else right = middle;
  }
  return left;
}
