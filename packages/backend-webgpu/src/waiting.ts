/**
 * Waiting in Node without burning a core. While one of its promises is pending, Dawn's binding for Node asks whether it is
 * done in every turn of the event loop, as fast as the loop turns. On an adapter that runs on the CPU that takes a core from
 * the kernels which are waited for; on any other it takes power. So while this device waits, each turn of the loop
 * sleeps a little: a sixteenth of the time waited so far, so that the end is noticed hardly later, and never long enough
 * for other work of the process to notice.
 *
 * With several steps under way there is a wait after each arrival. Steps come at the pace of those before them, so such a
 * wait begins with sleeps as long as the last one ended with. Otherwise the loop would turn as fast as it can once more for
 * each step, just while the adapter computes: oftener than where each step is waited for, whose wait begins with the
 * submission of its work.
 */

/** The longest sleep of a turn, in milliseconds. */
const longest = 0.5;

/** In milliseconds: what takes less is over before sleeping pays. */
const shortest = 0.25;

export class Waiting {
  private pending = 0;
  private since = 0;
  /** How long what is pending is likely to take from then on: as long as what came before it, 0 if nothing did. */
  private expected = 0;
  /** Whether something has arrived since the last turn; what arrives together is one arrival. */
  private arrived = false;
  private turning = false;
  private readonly cell = new Int32Array(new SharedArrayBuffer(4));

  /** Lets the loop turn slowly until this promise of the GPU has settled. */
  during(promise: Promise<unknown>): void {
    if (this.pending++ === 0) {
      this.since = performance.now();
      this.expected = 0;
      this.arrived = false;
    }
    const done = () => {
      this.pending--;
      const now = performance.now();
      if (!this.arrived) this.expected = now - this.since;
      this.arrived = true;
      // What is pending now has just been waited for: others are as far as this one was.
      this.since = now;
    };
    promise.then(done, done);
    this.turn();
  }

  private turn(): void {
    if (this.turning || this.pending === 0) return;
    this.turning = true;
    // The process may end meanwhile: a pending promise keeps it, its waiting does not.
    setImmediate(() => {
      this.turning = false;
      this.arrived = false;
      if (this.pending === 0) return;
      const sleep = Math.min(Math.max(performance.now() - this.since, this.expected) / 16, longest);
      if (sleep >= shortest / 16) Atomics.wait(this.cell, 0, 0, sleep);
      this.turn();
    }).unref();
  }
}
