/** What all learning rate schedules share. */
import { tracer } from '../tensor/trace.js';

/** What a schedule needs of an optimizer. */
export interface Scheduled {
  readonly paramGroups: readonly { lr: number }[];
}

/** What a checkpoint stores. */
export interface SchedulerState {
  readonly lastEpoch: number;
  readonly baseLrs: readonly number[];
  readonly [more: string]: unknown;
}

/** The base of all schedules. */
export abstract class LRScheduler {
  /** How often `step` has been called. */
  lastEpoch = 0;
  protected baseLrs: number[];

  constructor(readonly optimizer: Scheduled) {
    this.baseLrs = optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** The learning rate of an epoch (from 0), for a group that started with `base`. */
  protected abstract rate(epoch: number, base: number): number;

  /** Sets the rates of the next epoch. */
  step(): void {
    const move = (by: number) => () => {
      this.lastEpoch += by;
      this.apply();
    };
    if (tracer) tracer.effect(move(1), move(-1));
    else move(1)();
  }

  /** Sets the rates of the present epoch: constructors call it. */
  protected apply(): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = this.rate(this.lastEpoch, this.baseLrs[i]);
    });
  }

  /** The rates in force, one for each group. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  stateDict(): SchedulerState {
    return { lastEpoch: this.lastEpoch, baseLrs: [...this.baseLrs] };
  }

  loadStateDict(state: SchedulerState): void {
    this.lastEpoch = state.lastEpoch;
    this.baseLrs = [...state.baseLrs];
    this.apply();
  }
}
