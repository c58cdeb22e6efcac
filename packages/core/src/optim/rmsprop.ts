/** RMSprop. G. Hinton, "Neural networks for machine learning", lecture 6, 2012. */
import type { Value } from '../graph/value.js';
import { expectNumber } from '../ops/expect.js';
import { add, div, mul, sqrt, square, sub } from '../ops/pointwise.js';
import { Optimizer, type OptimizerInput, type ParamGroup } from './optimizer.js';

export type RMSpropOptions = {
  /** Learning rate (default 1e-2). */
  lr: number;
  /** Decay of the running mean of squares (default 0.99). */
  alpha: number;
  /** Added to the denominator (default 1e-8). */
  eps: number;
  /** L2 penalty (default 0). */
  weightDecay: number;
  /** Share of the last step that is kept (default 0). */
  momentum: number;
  /** Divides by the deviation from the running mean instead of the root mean square (default false). */
  centered: boolean;
  /** Climbs instead of descending (default false). */
  maximize: boolean;
};

/** Steps scaled by a running mean of squared gradients. */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(params: OptimizerInput<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    super(params, {
      lr: 1e-2,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
      ...options,
    });
    for (const { lr, alpha, eps, weightDecay, momentum } of this.paramGroups) {
      for (const [name, value] of Object.entries({ lr, alpha, eps, weightDecay, momentum }))
        expectNumber('RMSprop', name, value);
    }
  }

  protected override stateFor({ momentum, centered }: ParamGroup<RMSpropOptions>): Record<string, number> {
    return { square_avg: 0, ...(momentum > 0 && { momentum_buffer: 0 }), ...(centered && { grad_avg: 0 }) };
  }

  protected override update(
    p: Value,
    gradient: Value,
    state: Map<string, Value>,
    _step: number,
    { lr, alpha, eps, weightDecay, momentum, centered }: ParamGroup<RMSpropOptions>,
  ): Value {
    const running = (name: string, next: Value): Value => {
      const mean = add(mul(state.get(name) as Value, alpha), mul(next, 1 - alpha));
      state.set(name, mean);
      return mean;
    };
    const g = weightDecay === 0 ? gradient : add(gradient, mul(p, weightDecay));
    const squares = running('square_avg', mul(g, g));
    const spread = centered ? sub(squares, square(running('grad_avg', g))) : squares;
    let direction = div(g, add(sqrt(spread), eps));
    if (momentum > 0) {
      direction = add(mul(state.get('momentum_buffer') as Value, momentum), direction);
      state.set('momentum_buffer', direction);
    }
    return sub(p, mul(direction, lr));
  }
}
