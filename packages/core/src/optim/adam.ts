/** Adam and AdamW. https://arxiv.org/abs/1412.6980, https://arxiv.org/abs/1711.05101 */
import type { Value } from '../graph/value.js';
import { expectNumber } from '../ops/expect.js';
import { add, div, maximum, mul, sqrt, sub } from '../ops/pointwise.js';
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
  /** Divides by the largest second moment so far (default false). https://openreview.net/forum?id=ryQu7f-RZ */
  amsgrad: boolean;
  /** Climbs instead of descending (default false). */
  maximize: boolean;
};

function check(name: string, { lr, betas, eps, weightDecay }: AdamOptions): void {
  expectNumber(name, 'lr', lr);
  expectNumber(name, 'eps', eps);
  expectNumber(name, 'weightDecay', weightDecay);
  for (const [i, beta] of betas.entries()) expectNumber(name, `betas[${i}]`, beta, 0, 1);
}

const defaults = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, amsgrad: false, maximize: false } as const;

/** Adam: steps scaled by running means of the gradient and its square. */
export class Adam extends Optimizer<AdamOptions> {
  constructor(params: OptimizerInput<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { ...defaults, weightDecay: 0, ...options });
    for (const group of this.paramGroups) check('Adam', group);
  }

  protected override stateFor(group: ParamGroup<AdamOptions>): Record<string, number> {
    return moments(group);
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
    super(params, { ...defaults, weightDecay: 0.01, ...options });
    for (const group of this.paramGroups) check('AdamW', group);
  }

  protected override stateFor(group: ParamGroup<AdamOptions>): Record<string, number> {
    return moments(group);
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

function moments({ amsgrad }: AdamOptions): Record<string, number> {
  return { exp_avg: 0, exp_avg_sq: 0, ...(amsgrad && { max_exp_avg_sq: 0 }) };
}

/** The order of operations is PyTorch's, so that float32 rounds alike. */
function adamStep(
  p: Value,
  g: Value,
  state: Map<string, Value>,
  step: number,
  { lr, betas, eps, amsgrad }: AdamOptions,
): Value {
  const [beta1, beta2] = betas;
  const m = add(mul(state.get('exp_avg') as Value, beta1), mul(g, 1 - beta1));
  const v = add(mul(state.get('exp_avg_sq') as Value, beta2), mul(mul(g, g), 1 - beta2));
  state.set('exp_avg', m);
  state.set('exp_avg_sq', v);
  let second = v;
  if (amsgrad) {
    second = maximum(state.get('max_exp_avg_sq') as Value, v);
    state.set('max_exp_avg_sq', second);
  }
  const denominator = add(div(sqrt(second), Math.sqrt(1 - beta2 ** step)), eps);
  return sub(p, mul(div(m, denominator), lr / (1 - beta1 ** step)));
}
