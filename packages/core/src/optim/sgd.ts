/** Stochastic gradient descent with momentum. */
import type { Value } from '../graph/value.js';
import { add, mul, sub } from '../ops/pointwise.js';
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
};

/** p -= lr * g, with PyTorch's momentum, dampening and Nesterov variants. */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: OptimizerInput<SGDOptions>, options: Partial<SGDOptions> = {}) {
    const all = { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, ...options };
    super(params, all, all.momentum !== 0 ? ['momentum_buffer'] : []);
    for (const { lr, momentum, dampening, weightDecay, nesterov } of this.paramGroups) {
      if (!(lr >= 0)) throw new Error(`SGD: lr is ${lr}, but must be a number from 0 on`);
      if (!(momentum >= 0)) throw new Error(`SGD: momentum is ${momentum}, but must be a number from 0 on`);
      if (!(weightDecay >= 0))
        throw new Error(`SGD: weightDecay is ${weightDecay}, but must be a number from 0 on`);
      if (nesterov && (momentum <= 0 || dampening !== 0))
        throw new Error('SGD: nesterov needs a momentum and zero dampening');
    }
  }

  protected override update(
    p: Value,
    g: Value,
    state: Map<string, Value>,
    step: number,
    group: ParamGroup<SGDOptions>,
  ): Value {
    let direction = group.weightDecay === 0 ? g : add(g, mul(p, group.weightDecay));
    if (group.momentum !== 0) {
      const before = state.get('momentum_buffer') as Value;
      // The first step starts the buffer with the bare gradient.
      const buffer =
        step === 1
          ? mul(direction, 1)
          : add(mul(before, group.momentum), mul(direction, 1 - group.dampening));
      state.set('momentum_buffer', buffer);
      direction = group.nesterov ? add(direction, mul(buffer, group.momentum)) : buffer;
    }
    return sub(p, mul(direction, group.lr));
  }
}
