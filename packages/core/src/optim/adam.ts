/** Adam and AdamW. https://arxiv.org/abs/1412.6980, https://arxiv.org/abs/1711.05101 */
import type { Value } from '../graph/value.js';
import { add, div, mul, sqrt, sub } from '../ops/pointwise.js';
import { Optimizer, type OptimizerInput, type ParamGroup } from './optimizer.js';

export type AdamOptions = {
  /** Learning rate (default 1e-3). */
  lr: number;
  /** Decay of the moments (default [0.9, 0.999]). */
  betas: readonly [number, number];
  /** Added to the denominator (default 1e-8). */
  eps: number;
  /** L2 penalty (Adam, default 0) or decoupled decay (AdamW, default 0.01). */
  weightDecay: number;
};

function check(name: string, { lr, betas, eps, weightDecay }: AdamOptions): void {
  const wrong = (field: string, value: unknown, allowed: string): Error =>
    new Error(`${name}: ${field} is ${String(value)}, but must be ${allowed}`);
  if (!(lr >= 0)) throw wrong('lr', lr, 'a number from 0 on');
  if (!(eps >= 0)) throw wrong('eps', eps, 'a number from 0 on');
  if (!(weightDecay >= 0)) throw wrong('weightDecay', weightDecay, 'a number from 0 on');
  for (const beta of betas)
    if (!(beta >= 0 && beta < 1))
      throw wrong('betas', `[${betas.join(', ')}]`, 'two numbers from 0 to below 1');
}

/** Adam: steps scaled by running means of the gradient and its square. */
export class Adam extends Optimizer<AdamOptions> {
  constructor(params: OptimizerInput<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, ...options }, moments);
    for (const group of this.paramGroups) check('Adam', group);
  }

  protected override update(
    p: Value,
    g: Value,
    state: Map<string, Value>,
    step: number,
    group: ParamGroup<AdamOptions>,
  ): Value {
    return adamStep(p, group.weightDecay === 0 ? g : add(g, mul(p, group.weightDecay)), state, step, group);
  }
}

/** Adam with weight decay applied to the weights themselves. */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(params: OptimizerInput<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, ...options }, moments);
    for (const group of this.paramGroups) check('AdamW', group);
  }

  protected override update(
    p: Value,
    g: Value,
    state: Map<string, Value>,
    step: number,
    group: ParamGroup<AdamOptions>,
  ): Value {
    const decayed = group.weightDecay === 0 ? p : mul(p, 1 - group.lr * group.weightDecay);
    return adamStep(decayed, g, state, step, group);
  }
}

const moments = ['exp_avg', 'exp_avg_sq'];

/** The order of operations is PyTorch's, so that float32 rounds alike. */
function adamStep(
  p: Value,
  g: Value,
  state: Map<string, Value>,
  step: number,
  { lr, betas, eps }: AdamOptions,
): Value {
  const [beta1, beta2] = betas;
  const m = add(mul(state.get('exp_avg') as Value, beta1), mul(g, 1 - beta1));
  const v = add(mul(state.get('exp_avg_sq') as Value, beta2), mul(mul(g, g), 1 - beta2));
  state.set('exp_avg', m);
  state.set('exp_avg_sq', v);
  const denominator = add(div(sqrt(v), Math.sqrt(1 - beta2 ** step)), eps);
  return sub(p, mul(div(m, denominator), lr / (1 - beta1 ** step)));
}
