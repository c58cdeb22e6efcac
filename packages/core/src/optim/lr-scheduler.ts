/**
 * `optim.lrScheduler`: learning rates that change from epoch to epoch (or step to step). Each is a function of the epoch
 * and of the rate that the optimizer was built with; call `step()` after `optimizer.step()`.
 */

import { expectShare, expectWhole } from '../ops/expect.js';
import { LRScheduler, type Scheduled } from './schedule.js';

/** base * fn(epoch) */
export class LambdaLR extends LRScheduler {
  constructor(
    optimizer: Scheduled,
    readonly lrLambda: (epoch: number) => number,
  ) {
    super(optimizer);
    this.apply();
  }
  protected override rate(epoch: number, base: number): number {
    return base * this.lrLambda(epoch);
  }
}

/** Times gamma (0.1) every stepSize epochs. */
export class StepLR extends LRScheduler {
  constructor(
    optimizer: Scheduled,
    readonly options: { stepSize: number; gamma?: number },
  ) {
    super(optimizer);
    expectWhole('StepLR', 'stepSize', options.stepSize);
    this.apply();
  }
  protected override rate(epoch: number, base: number): number {
    return base * (this.options.gamma ?? 0.1) ** Math.floor(epoch / this.options.stepSize);
  }
}

/** Times gamma (0.1) at each of the milestones; one that is named twice counts twice. */
export class MultiStepLR extends LRScheduler {
  constructor(
    optimizer: Scheduled,
    readonly options: { milestones: readonly number[]; gamma?: number },
  ) {
    super(optimizer);
    this.apply();
  }
  protected override rate(epoch: number, base: number): number {
    const passed = this.options.milestones.filter((milestone) => milestone <= epoch).length;
    return base * (this.options.gamma ?? 0.1) ** passed;
  }
}

/** Times gamma every epoch. */
export class ExponentialLR extends LRScheduler {
  constructor(
    optimizer: Scheduled,
    readonly options: { gamma: number },
  ) {
    super(optimizer);
    this.apply();
  }
  protected override rate(epoch: number, base: number): number {
    return base * this.options.gamma ** epoch;
  }
}

/** From startFactor (1/3) to endFactor (1) times the base, in totalIters (5) equal steps. */
export class LinearLR extends LRScheduler {
  constructor(
    optimizer: Scheduled,
    readonly options: { startFactor?: number; endFactor?: number; totalIters?: number } = {},
  ) {
    super(optimizer);
    this.apply();
  }
  protected override rate(epoch: number, base: number): number {
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = this.options;
    return base * (startFactor + ((endFactor - startFactor) * Math.min(epoch, totalIters)) / totalIters);
  }
}

/** Half a cosine from the base down to etaMin (0) in tMax epochs. https://arxiv.org/abs/1608.03983 */
export class CosineAnnealingLR extends LRScheduler {
  constructor(
    optimizer: Scheduled,
    readonly options: { tMax: number; etaMin?: number },
  ) {
    super(optimizer);
    expectWhole('CosineAnnealingLR', 'tMax', options.tMax);
    this.apply();
  }
  protected override rate(epoch: number, base: number): number {
    const { tMax, etaMin = 0 } = this.options;
    return etaMin + ((base - etaMin) * (1 + Math.cos((Math.PI * epoch) / tMax))) / 2;
  }
}

export interface WarmupOptions {
  /** Steps in which the rate rises from 0 to the base. */
  warmupSteps: number;
  /** Steps of the whole run. */
  totalSteps: number;
  /** What the rate does not fall below, as a share of the base (default 0). */
  minLrRate?: number;
}

function checkWarmup(name: string, { warmupSteps, totalSteps, minLrRate = 0 }: WarmupOptions): void {
  expectWhole(name, 'warmupSteps', warmupSteps, 0);
  expectWhole(name, 'totalSteps', totalSteps);
  expectShare(name, 'minLrRate', minLrRate);
}

/** A rise, then numCycles (1/2) of a cosine down to 0: Hugging Face's `get_cosine_schedule_with_warmup`. */
export class CosineWithWarmup extends LRScheduler {
  constructor(
    optimizer: Scheduled,
    readonly options: WarmupOptions & { numCycles?: number },
  ) {
    super(optimizer);
    checkWarmup('CosineWithWarmup', options);
    this.apply();
  }
  protected override rate(epoch: number, base: number): number {
    const { warmupSteps, totalSteps, numCycles = 0.5, minLrRate = 0 } = this.options;
    if (epoch < warmupSteps) return (base * epoch) / Math.max(1, warmupSteps);
    const progress = (epoch - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
    const wave = Math.max(0, 0.5 * (1 + Math.cos(Math.PI * numCycles * 2 * progress)));
    return base * (minLrRate + (1 - minLrRate) * wave);
  }
}

/** A rise, then a straight fall to 0: Hugging Face's `get_linear_schedule_with_warmup`. */
export class LinearWithWarmup extends LRScheduler {
  constructor(
    optimizer: Scheduled,
    readonly options: WarmupOptions,
  ) {
    super(optimizer);
    checkWarmup('LinearWithWarmup', options);
    this.apply();
  }
  protected override rate(epoch: number, base: number): number {
    const { warmupSteps, totalSteps, minLrRate = 0 } = this.options;
    if (epoch < warmupSteps) return (base * epoch) / Math.max(1, warmupSteps);
    const left = Math.max(0, (totalSteps - epoch) / Math.max(1, totalSteps - warmupSteps));
    return base * (minLrRate + (1 - minLrRate) * left);
  }
}

export { OneCycleLR, type OneCycleOptions } from './one-cycle.js';
export { type PlateauOptions, ReduceLROnPlateau } from './plateau.js';
export { LRScheduler, type Scheduled, type SchedulerState } from './schedule.js';
