/** The one-cycle policy. https://arxiv.org/abs/1708.07120 */

import { expectOneOf, expectShare, expectWhole } from '../ops/expect.js';
import { LRScheduler, type Scheduled } from './schedule.js';

export interface OneCycleOptions {
  /** The highest rate. */
  maxLr: number;
  /** Steps of the whole run. */
  totalSteps: number;
  /** Share of the steps in which the rate rises (default 0.3). */
  pctStart?: number;
  /** 'cos' (default) or 'linear'. */
  annealStrategy?: 'cos' | 'linear';
  /** The first rate is maxLr / divFactor (default 25). */
  divFactor?: number;
  /** The last rate is the first / finalDivFactor (default 1e4). */
  finalDivFactor?: number;
  /** Falls back to the first rate as fast as it rose, and then to the last (default false). */
  threePhase?: boolean;
  /** Moves momentum (or the first beta) the other way (default true, where the optimizer has one). */
  cycleMomentum?: boolean;
  /** Bounds of the momentum (default 0.85 and 0.95). */
  baseMomentum?: number;
  maxMomentum?: number;
}

type Rule = 'first' | 'max' | 'last';
interface Phase {
  readonly end: number;
  readonly from: Rule;
  readonly to: Rule;
}

/** Rises from maxLr / divFactor to maxLr, then falls far below where it began; the momentum goes the other way. */
export class OneCycleLR extends LRScheduler {
  readonly #phases: readonly Phase[];

  constructor(
    optimizer: Scheduled,
    readonly options: OneCycleOptions,
  ) {
    super(optimizer);
    const { totalSteps, pctStart = 0.3, threePhase = false, annealStrategy = 'cos' } = options;
    expectWhole('OneCycleLR', 'totalSteps', totalSteps);
    expectShare('OneCycleLR', 'pctStart', pctStart);
    expectOneOf('OneCycleLR', 'annealStrategy', annealStrategy, ['cos', 'linear']);
    const top = pctStart * totalSteps - 1;
    const end = totalSteps - 1;
    this.#phases = threePhase
      ? [
          { end: top, from: 'first', to: 'max' },
          { end: 2 * pctStart * totalSteps - 2, from: 'max', to: 'first' },
          { end, from: 'first', to: 'last' },
        ]
      : [
          { end: top, from: 'first', to: 'max' },
          { end, from: 'max', to: 'last' },
        ];
    this.apply();
  }

  protected override rate(epoch: number): number {
    const { maxLr, divFactor = 25, finalDivFactor = 1e4 } = this.options;
    const first = maxLr / divFactor;
    return this.#between(epoch, { first, max: maxLr, last: first / finalDivFactor });
  }

  protected override apply(): void {
    // A loop of so many steps calls step() after the last one too.
    if (this.lastEpoch > this.options.totalSteps)
      throw new Error(`OneCycleLR: step ${this.lastEpoch} of a cycle of ${this.options.totalSteps} steps`);
    super.apply();
    if (this.options.cycleMomentum === false) return;
    const { baseMomentum = 0.85, maxMomentum = 0.95 } = this.options;
    const momentum = this.#between(this.lastEpoch, {
      first: maxMomentum,
      max: baseMomentum,
      last: maxMomentum,
    });
    const groups: readonly { lr: number; betas?: readonly number[]; momentum?: number }[] =
      this.optimizer.paramGroups;
    for (const group of groups) {
      if (group.betas) group.betas = [momentum, ...group.betas.slice(1)];
      else if (group.momentum !== undefined) group.momentum = momentum;
    }
  }

  #between(epoch: number, values: Readonly<Record<Rule, number>>): number {
    const last = this.#phases.length - 1;
    const at = Math.min(
      last,
      this.#phases.findIndex(({ end }, i) => epoch <= end || i === last),
    );
    const start = at === 0 ? 0 : this.#phases[at - 1].end;
    const { end, from, to } = this.#phases[at];
    const share = (epoch - start) / (end - start);
    const [a, b] = [values[from], values[to]];
    if (this.options.annealStrategy === 'linear') return (b - a) * share + a;
    return b + ((a - b) / 2) * (Math.cos(Math.PI * share) + 1);
  }
}
