/** Giving way: timers, input, signals and finalizers run between two tasks, never between two microtasks. */

interface Schedulers {
  readonly setImmediate?: (run: () => void) => unknown;
  readonly scheduler?: { readonly yield?: () => Promise<void> };
}

/**
 * Resolves in the next task. Not by `setTimeout`, which browsers stretch to 4 ms: in Node by `setImmediate`, in
 * browsers by `scheduler.yield` where there is one, else by a message to oneself.
 */
export function nextTask(): Promise<void> {
  const { setImmediate, scheduler } = globalThis as Schedulers;
  if (setImmediate) return new Promise((resolve) => setImmediate(resolve));
  if (scheduler?.yield) return scheduler.yield();
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
