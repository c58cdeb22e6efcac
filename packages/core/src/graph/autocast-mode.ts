/** Whether products are computed in half precision now (PyTorch's autocast mode). */

let current: 'float16' | null = null;

/** What float32 operands of products become; null outside of autocast. */
export function autocastDType(): 'float16' | null {
  return current;
}

/** Runs `fn` in a mode, which is restored however it ends. */
export function withAutocast<T>(mode: 'float16' | null, fn: () => T): T {
  const before = current;
  current = mode;
  try {
    return fn();
  } finally {
    current = before;
  }
}
