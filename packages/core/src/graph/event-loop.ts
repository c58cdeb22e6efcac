/**
 * A turn of the event loop now and then. A loop that awaits reads which are already there runs on promises alone, and
 * promises never let a timer, an input event or a finaliser run.
 */

/** At most this many milliseconds go by between two turns; one costs some 10 µs. */
const interval = 8;
let lastTurn = 0;
let turn: Promise<void> | null = null;

const { setImmediate, MessageChannel } = globalThis as unknown as {
  setImmediate?: (task: () => void) => void;
  MessageChannel: typeof globalThis.MessageChannel;
};

/** A turn to wait for, if one is due or under way: all who ask meanwhile go on after it, in their order. */
export function eventLoopTurn(): Promise<void> | null {
  if (turn === null && performance.now() - lastTurn > interval) {
    turn = new Promise<void>(nextTask).then(() => {
      turn = null;
      lastTurn = performance.now();
    });
  }
  return turn;
}

/** Timers are held back to some milliseconds in a page, messages are not; in Node an open port would keep it running. */
function nextTask(task: () => void): void {
  if (setImmediate) {
    setImmediate(task);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    task();
  };
  port2.postMessage(null);
}
