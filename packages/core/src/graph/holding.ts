/** While a compiled call finds where things lie, nothing moves. */

/** Moves small results that nobody has read to the host. */
interface Collector {
  collectUnread(): void;
}

let holds = 0;
const due = new Set<Collector>();

/** The memory that floating values have stays where it is until `endHold`, on every device. */
export function beginHold(): void {
  holds++;
}

export function endHold(): void {
  if (--holds > 0 || due.size === 0) return;
  for (const collector of due) collector.collectUnread();
  due.clear();
}

/** Whether it is not the time to move anything: it is done when the call is over. */
export function waitsForHold(collector: Collector): boolean {
  if (holds > 0) due.add(collector);
  return holds > 0;
}
