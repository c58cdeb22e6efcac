/** Turns the steps of a training run into a few reports a second: a message for each would drown the page. */
import type { LossPoint, Report } from '../protocol.js';

const reportEvery = 100; // milliseconds

export class ProgressReporter {
  #losses: LossPoint[] = [];
  #latest: { readonly tokensPerSecond: number; readonly secondsLeft: number } | null = null;
  #speed = 0;
  #reported = 0;

  constructor(private readonly post: (report: Report) => void) {}

  step(point: LossPoint, figures: { readonly tokensPerSecond: number; readonly secondsLeft: number }): void {
    this.#losses.push(point);
    this.#latest = figures;
    // A moving average over about twenty steps: single steps jump with every sample and every other tab.
    const weight = this.#speed === 0 ? 1 : 0.05;
    this.#speed += weight * (figures.tokensPerSecond - this.#speed);
    if (performance.now() - this.#reported >= reportEvery) this.flush();
  }

  /** Reports what has not been reported. */
  flush(): void {
    const last = this.#losses.at(-1);
    if (!last || !this.#latest) return;
    this.#reported = performance.now();
    const { secondsLeft } = this.#latest;
    this.post({
      type: 'progress',
      step: last.step,
      losses: this.#losses,
      tokensPerSecond: this.#speed,
      secondsLeft: Number.isFinite(secondsLeft) ? secondsLeft : null,
    });
    this.#losses = [];
  }
}
