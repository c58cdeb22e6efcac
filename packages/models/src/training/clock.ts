/** How fast a run goes, and how long it has gone. */
export class Clock {
  readonly #start = now();
  /** Evaluations, samples and checkpoints: they do not count as training speed. */
  #paused = 0;
  /** Time that does not count at all. */
  #held = 0;
  #steps = 0;
  /** Training time when the first step was done: it makes plans and pipelines, and tells nothing of the others. */
  #afterFirst = 0;
  #lap = { steps: 0, time: 0 };

  constructor(private readonly secondsBefore: number) {}

  /** Of this session. */
  get session(): number {
    return (now() - this.#start - this.#held) / 1000;
  }

  /** Of all sessions. */
  get seconds(): number {
    return this.secondsBefore + this.session;
  }

  /** Steps of this session. */
  get steps(): number {
    return this.#steps;
  }

  /** Counts a step. */
  step(): void {
    this.#steps++;
    if (this.#steps === 1) this.#afterFirst = this.#training;
  }

  /** Runs what is not training. */
  async pause<T>(work: () => Promise<T>): Promise<T> {
    const from = now();
    try {
      return await work();
    } finally {
      this.#paused += now() - from;
    }
  }

  /** Waits for what is not part of the run at all: it counts neither as training nor as time. */
  async hold(wait: () => Promise<void>): Promise<void> {
    const from = now();
    await this.pause(wait);
    this.#held += now() - from;
  }

  /** Mean over this session, without its first step; null before the second. */
  get secondsPerStep(): number | null {
    return this.#steps < 2 ? null : (this.#training - this.#afterFirst) / 1000 / (this.#steps - 1);
  }

  /** Steps per second since the last call. */
  lap(): number {
    const before = this.#lap;
    this.#lap = { steps: this.#steps, time: this.#training };
    const seconds = (this.#lap.time - before.time) / 1000;
    return seconds > 0 ? (this.#steps - before.steps) / seconds : 0;
  }

  get #training(): number {
    return now() - this.#start - this.#paused;
  }
}

const now = (): number => performance.now();
