/** While a compiled call finds where things lie, nothing moves. */

/** Moves small results that nobody has read to the host. */
interface Collector {
  collectUnread(): void;
}

let holds = 0;
const due = new Set<Collector>();

/** Runs `fn`; the memory that floating values have stays where it is in the meantime, on every device. */
export function holdingMemory<T>(fn: () => T): T {
  holds++;
  try {
    return fn();
  } finally {
    holds--;
    if (holds === 0 && due.size > 0) {
      for (const collector of due) collector.collectUnread();
      due.clear();
    }
  }
}

/** Whether it is not the time to move anything: it is done when the call is over. */
export function waitsForHold(collector: Collector): boolean {
  if (holds > 0) due.add(collector);
  return holds > 0;
}
