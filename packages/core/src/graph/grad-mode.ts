/** Whether what is recorded now may be differentiated later (PyTorch's grad mode). */

let enabled = true;

export function isGradEnabled(): boolean {
  return enabled;
}

/**
 * Runs `fn` without recording for a backward pass; the mode is restored however it ends. An async `fn` keeps the mode
 * until its promise settles, so do not interleave it with training on the same thread.
 */
export function withGradMode<T>(mode: boolean, fn: () => T): T {
  const before = enabled;
  enabled = mode;
  let result: T;
  try {
    result = fn();
  } catch (error) {
    enabled = before;
    throw error;
  }
  if (result instanceof Promise) {
    return result.finally(() => {
      enabled = before;
    }) as T;
  }
  enabled = before;
  return result;
}
