/**
 * The order of a device's work. Writes, runs and reads take effect in the order of the calls; a run whose pipelines
 * still compile holds back itself and what comes after, nothing else waits.
 */
export class WorkQueue {
  private readonly waiting: { readonly ready: Readiness | null; readonly work: () => void }[] = [];
  private watched: Readiness | null = null;

  /** Does `work` now if nothing is before it and it is ready, otherwise when that has come true. */
  push(work: () => void, ready: Readiness | null = null): void {
    this.waiting.push({ ready, work });
    this.drain();
  }

  /** True while some call has not taken effect yet, so that its data must be copied. */
  get blocked(): boolean {
    return this.waiting.length > 0;
  }

  private drain(): void {
    for (;;) {
      const next = this.waiting[0];
      if (!next) return;
      if (next.ready && !next.ready.settled) {
        this.watch(next.ready);
        return;
      }
      this.waiting.shift();
      next.work();
    }
  }

  private watch(ready: Readiness): void {
    if (this.watched === ready) return;
    this.watched = ready;
    void ready.promise.then(() => {
      this.watched = null;
      this.drain();
    });
  }
}

/** A promise that can be asked whether it has settled; it never rejects, it carries its error. */
export class Readiness {
  settled = false;
  error: Error | null = null;
  readonly promise: Promise<void>;

  constructor(promise: Promise<unknown>) {
    this.promise = promise.then(
      () => {
        this.settled = true;
      },
      (error: Error) => {
        this.error = error;
        this.settled = true;
      },
    );
  }
}
