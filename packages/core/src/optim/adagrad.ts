/** Adagrad. https://jmlr.org/papers/v12/duchi11a.html */
import type { Value } from '../graph/value.js';
import { expectNumber } from '../ops/expect.js';
import { add, div, mul, sqrt, sub } from '../ops/pointwise.js';
import { Optimizer, type OptimizerInput, type ParamGroup } from './optimizer.js';

export type AdagradOptions = {
  /** Learning rate (default 1e-2). */
  lr: number;
  /** The rate of step t is lr / (1 + (t - 1) lrDecay) (default 0). */
  lrDecay: number;
  /** L2 penalty (default 0). */
  weightDecay: number;
  /** What the sums of squares start at (default 0). */
  initialAccumulatorValue: number;
  /** Added to the denominator (default 1e-10). */
  eps: number;
  /** Climbs instead of descending (default false). */
  maximize: boolean;
};

/** Steps scaled by the root of the sum of all squared gradients so far. */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(params: OptimizerInput<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    super(params, {
      lr: 1e-2,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      eps: 1e-10,
      maximize: false,
      ...options,
    });
    for (const { lr, lrDecay, weightDecay, initialAccumulatorValue, eps } of this.paramGroups) {
      const all = { lr, lrDecay, weightDecay, initialAccumulatorValue, eps };
      for (const [name, value] of Object.entries(all)) expectNumber('Adagrad', name, value);
    }
  }

  protected override stateFor(group: ParamGroup<AdagradOptions>): Record<string, number> {
    return { sum: group.initialAccumulatorValue };
  }

  protected override update(
    p: Value,
    gradient: Value,
    state: Map<string, Value>,
    step: number,
    { lr, lrDecay, weightDecay, eps }: ParamGroup<AdagradOptions>,
  ): Value {
    const g = weightDecay === 0 ? gradient : add(gradient, mul(p, weightDecay));
    const squares = add(state.get('sum') as Value, mul(g, g));
    state.set('sum', squares);
    return sub(p, mul(div(g, add(sqrt(squares), eps)), lr / (1 + (step - 1) * lrDecay)));
  }
}
