/** A setting for the extent of a call. */
export class Scoped<T> {
  constructor(public value: T) {}

  /**
   * Runs `fn` under another value; the one before is restored however it ends. An async `fn` keeps its value until its
   * promise settles, so do not interleave it with what needs another on the same thread.
   */
  within<R>(value: T, fn: () => R): R {
    const before = this.value;
    const restore = (): void => {
      this.value = before;
    };
    this.value = value;
    let result: R;
    try {
      result = fn();
    } catch (error) {
      restore();
      throw error;
    }
    if (result instanceof Promise) return result.finally(restore) as R;
    restore();
    return result;
  }
}
