/** Stochastic gradient descent with momentum. */
import type { Value } from '../graph/value.js';
import { expectNumber } from '../ops/expect.js';
import { add, mul, sub } from '../ops/pointwise.js';
import type { Parameter } from '../tensor/tensor.js';
import { Optimizer, type OptimizerInput, type ParamGroup } from './optimizer.js';

export type SGDOptions = {
  /** Learning rate (default 1e-3). */
  lr: number;
  /** Share of the last step that is kept (default 0). */
  momentum: number;
  /** 1 - the weight of the gradient in the momentum (default 0). */
  dampening: number;
  /** L2 penalty (default 0). */
  weightDecay: number;
  /** Looks ahead along the momentum (default false). */
  nesterov: boolean;
  /** Climbs instead of descending (default false). */
  maximize: boolean;
};

/** p -= lr * g, with PyTorch's momentum, dampening and Nesterov variants. */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: OptimizerInput<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(params, {
      lr: 1e-3,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false,
      ...options,
    });
    for (const { lr, momentum, dampening, weightDecay, nesterov } of this.paramGroups) {
      expectNumber('SGD', 'lr', lr);
      expectNumber('SGD', 'momentum', momentum);
      expectNumber('SGD', 'weightDecay', weightDecay);
      if (nesterov && (momentum <= 0 || dampening !== 0))
        throw new Error('SGD: nesterov needs a momentum and zero dampening');
    }
  }

  protected override stateFor({ momentum }: ParamGroup<SGDOptions>): Record<string, number> {
    return momentum === 0 ? {} : { momentum_buffer: 0 };
  }

  protected override stateNames(): string[] {
    return ['momentum_buffer'];
  }

  protected override update(
    p: Value,
    g: Value,
    state: Map<string, Value>,
    _step: number,
    group: ParamGroup<SGDOptions>,
    _parameters: readonly Parameter[],
    fresh: (name: string) => boolean,
  ): Value {
    let direction = group.weightDecay === 0 ? g : add(g, mul(p, group.weightDecay));
    if (group.momentum !== 0) {
      const before = state.get('momentum_buffer') as Value;
      // The first step with momentum starts the buffer with the bare gradient.
      const buffer = fresh('momentum_buffer')
        ? mul(direction, 1)
        : add(mul(before, group.momentum), mul(direction, 1 - group.dampening));
      state.set('momentum_buffer', buffer);
      direction = group.nesterov ? add(direction, mul(buffer, group.momentum)) : buffer;
    }
    return sub(p, mul(direction, group.lr));
  }
}
