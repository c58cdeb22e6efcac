/** Lowers the rate when a measure has stopped getting better. */
import { LRScheduler, type Scheduled, type SchedulerState } from './schedule.js';

export interface PlateauOptions {
  /** Whether the measure should fall ('min', default) or rise ('max'). */
  mode?: 'min' | 'max';
  /** The rate is multiplied by this (default 0.1). */
  factor?: number;
  /** Epochs without a better value that are let pass (default 10). */
  patience?: number;
  /** What counts as better: by this share of the best, or by this much (default 1e-4). */
  threshold?: number;
  thresholdMode?: 'rel' | 'abs';
  /** Epochs after a change in which nothing is counted (default 0). */
  cooldown?: number;
  /** What the rate does not fall below (default 0). */
  minLr?: number;
  /** A change smaller than this is not made (default 1e-8). */
  eps?: number;
}

/** @example scheduler.step(await validationLoss.item()); */
export class ReduceLROnPlateau extends LRScheduler {
  readonly options: Required<PlateauOptions>;
  #best: number;
  #bad = 0;
  #cooling = 0;

  constructor(optimizer: Scheduled, options: PlateauOptions = {}) {
    super(optimizer);
    this.options = {
      mode: 'min',
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'rel',
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
      ...options,
    };
    if (!(this.options.factor < 1))
      throw new Error(`ReduceLROnPlateau: factor is ${this.options.factor}, but must be below 1`);
    this.#best = this.options.mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  /** @param metric the epoch's measure; it is needed. */
  override step(metric?: number): void {
    if (metric === undefined) throw new Error('ReduceLROnPlateau: step needs the measure');
    this.lastEpoch++;
    if (this.#better(metric)) {
      this.#best = metric;
      this.#bad = 0;
    } else this.#bad++;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad <= this.options.patience) return;
    this.#cooling = this.options.cooldown;
    this.#bad = 0;
    for (const group of this.optimizer.paramGroups) {
      const next = Math.max(group.lr * this.options.factor, this.options.minLr);
      if (group.lr - next > this.options.eps) group.lr = next;
    }
  }

  /** Rates follow the measure, not the epoch. */
  protected override rate(_epoch: number, base: number): number {
    return base;
  }

  #better(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === 'min' ? -1 : 1;
    const bar = thresholdMode === 'rel' ? this.#best * (1 + sign * threshold) : this.#best + sign * threshold;
    return mode === 'min' ? metric < bar : metric > bar;
  }

  override stateDict(): SchedulerState {
    // JSON has no infinity.
    const best = Number.isFinite(this.#best) ? this.#best : null;
    const counters = { best, bad: this.#bad, cooling: this.#cooling, rates: this.getLastLr() };
    return { ...super.stateDict(), ...counters };
  }

  override loadStateDict(state: SchedulerState): void {
    const { best, bad, cooling, rates } = state as SchedulerState & {
      best: number | null;
      bad: number;
      cooling: number;
      rates: readonly number[];
    };
    this.lastEpoch = state.lastEpoch;
    this.baseLrs = [...state.baseLrs];
    [this.#bad, this.#cooling] = [bad, cooling];
    if (best !== null) this.#best = best;
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = rates[i];
    });
  }
}
