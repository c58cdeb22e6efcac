/** A loss curve that stays small however long the run is. */
import type { LossPoint } from '../protocol.js';

/** More points than a screen has columns; beyond this, neighbours are averaged. */
const mostPoints = 4096;

export class LossCurve {
  /** In order of steps. */
  readonly steps: number[] = [];
  readonly losses: number[] = [];
  /** Steps that one point stands for. */
  #stride = 1;
  #sum = 0;
  #count = 0;

  add({ step, loss }: LossPoint): void {
    this.#sum += loss;
    if (++this.#count < this.#stride) return;
    this.steps.push(step);
    this.losses.push(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
    if (this.steps.length >= mostPoints) this.#halve();
  }

  #halve(): void {
    const half = this.steps.length >> 1;
    for (let i = 0; i < half; i++) {
      this.steps[i] = this.steps[2 * i + 1];
      this.losses[i] = (this.losses[2 * i] + this.losses[2 * i + 1]) / 2;
    }
    this.steps.length = half;
    this.losses.length = half;
    this.#stride *= 2;
  }

  /**
   * The curve without its noise: a moving average whose window grows with the run, an eighth of what was run so far
   * and at most a fortieth of the whole, so that it neither lags behind the fall at the start nor trembles at the end.
   */
  smoothed(): number[] {
    const most = Math.max(1, this.losses.length / 40);
    let average = 0;
    return this.losses.map((loss, index) => {
      const window = Math.max(1, Math.min((index + 1) / 8, most));
      average += (loss - average) / window;
      return average;
    });
  }
}
