/** Giving way: timers, input, signals and finalizers run between two tasks, never between two microtasks. */

interface Schedulers {
  readonly setImmediate?: (run: () => void) => unknown;
}

/**
 * Resolves in a later task: in Node by `setImmediate`, in browsers by a message to oneself, which queues behind what
 * waits already. Not by `setTimeout`, which browsers stretch to 4 ms, nor by `scheduler.yield`, whose continuation goes
 * before other tasks: in a worker a loop of it never lets a message in.
 */
export function nextTask(): Promise<void> {
  const { setImmediate } = globalThis as Schedulers;
  if (setImmediate) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** For loops of small steps: gives way when this much time (in ms) has passed since it last did, not at each step. */
const patience = 4;

export class Pace {
  #last = performance.now();

  /** Whether it is time: `if (pace.due()) await nextTask()`. */
  due(): boolean {
    const now = performance.now();
    if (now - this.#last < patience) return false;
    this.#last = now;
    return true;
  }
}
