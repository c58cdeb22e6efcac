/** From the steps of a plan to dispatches: one table, one line a step kind. */
import type { Plan, PointwiseStep, Step } from '@inkstone/core/backend';
import { attention, attentionBackward } from '../kernels/attention.js';
import { crossEntropy, crossEntropyBackward } from '../kernels/cross-entropy.js';
import { matmul } from '../kernels/matmul.js';
import { norm, normBackward } from '../kernels/norm.js';
import { scan, sort } from '../kernels/ordering.js';
import { pointwise } from '../kernels/pointwise.js';
import { quantisedMatmul } from '../kernels/quantised.js';
import { recurrent, recurrentBackward } from '../kernels/recurrent.js';
import { reduce } from '../kernels/reduce.js';
import { indexAdd, scatter, select } from '../kernels/select.js';
import { softmax, softmaxBackward } from '../kernels/softmax.js';
import { isTail } from '../kernels/tail.js';
import type { Tuning } from '../tuning.js';
import { Lowering } from './lowering.js';

type Lowerings = { readonly [K in Step['kind']]: (step: Extract<Step, { kind: K }>, to: Lowering) => void };

const lowerings: Lowerings = {
  pointwise,
  reduce,
  matmul,
  quantisedMatmul,
  softmax,
  softmaxBackward,
  crossEntropy,
  crossEntropyBackward,
  norm,
  normBackward: (step, to) => normBackward(step, to),
  attention,
  attentionBackward,
  recurrent,
  recurrentBackward,
  indexSelect: select,
  indexAdd,
  gather: select,
  scatter,
  sort,
  scan,
};

/** @throws Error naming the step that this device cannot run, and why. */
export function lower(plan: Plan, tuning: Tuning, maxBindings: number): Lowering {
  const lowering = new Lowering(plan, tuning, maxBindings);
  for (let i = 0; i < plan.steps.length; i++) {
    const step = plan.steps[i] as Step;
    const next = plan.steps[i + 1];
    lowering.module = step.module;
    if (step.kind === 'normBackward' && step.dx && isTail(next, step, step.dx, maxBindings)) {
      normBackward(step, lowering, next as PointwiseStep);
      i++;
      continue;
    }
    const run = lowerings[step.kind] as ((step: Step, to: Lowering) => void) | undefined;
    if (!run) throw new Error(`webgpu: there is no kernel for a step of kind '${step.kind}'`);
    run(step, lowering);
  }
  return lowering;
}
