/** Cross-entropy of rows of class scores, and its gradient: the formulas of steps.ts, term by term. */
import type { CrossEntropyBackwardStep, CrossEntropyStep } from '@inkstone/core/backend';
import type { Kernel } from './buffer.js';
import { raiseFlag } from './indexing.js';
import { Dense, denseOrNull } from './scratch.js';

export function compileCrossEntropy(step: CrossEntropyStep): Kernel {
  const { rows, classes, ignoreIndex, labelSmoothing, flag } = step;
  const logits = new Dense(step.logits);
  const targets = new Dense(step.target);
  const weights = denseOrNull(step.weight);
  const losses = new Dense(step.loss);
  const logSums = new Dense(step.logSumExp);
  const totals = denseOrNull(step.total);
  return (run) => {
    const x = logits.load(run);
    const target = targets.load(run);
    const weight = weights?.load(run);
    const loss = losses.begin(run);
    const logSum = logSums.begin(run);
    const total = totals?.begin(run);
    for (let r = 0; r < rows; r++) {
      const at = r * classes;
      let max = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < classes; c++) max = Math.max(max, x[at + c]);
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += Math.exp(x[at + c] - max);
      logSum[r] = max + Math.log(sum);
      if (target[r] === ignoreIndex) {
        loss[r] = 0;
        if (total) total[r] = 0;
        continue;
      }
      const t = clampClass(target[r], classes);
      if (t !== target[r]) raiseFlag(run, flag);
      const ofTarget = weight ? weight[t] : 1;
      if (total) total[r] = ofTarget;
      loss[r] = (1 - labelSmoothing) * ofTarget * (logSum[r] - x[at + t]);
      if (labelSmoothing === 0) continue; // 0 * infinity would be NaN where a class is masked with -infinity
      let smoothed = 0;
      for (let c = 0; c < classes; c++) smoothed += (weight ? weight[c] : 1) * (logSum[r] - x[at + c]);
      loss[r] += (labelSmoothing / classes) * smoothed;
    }
    losses.store(run);
    logSums.store(run);
    totals?.store(run);
  };
}

export function compileCrossEntropyBackward(step: CrossEntropyBackwardStep): Kernel {
  const { rows, classes, ignoreIndex, labelSmoothing } = step;
  const logits = new Dense(step.logits);
  const targets = new Dense(step.target);
  const weights = denseOrNull(step.weight);
  const logSums = new Dense(step.logSumExp);
  const dlosses = new Dense(step.dloss);
  const dlogits = new Dense(step.dlogits);
  const smoothing = labelSmoothing / classes;
  return (run) => {
    const x = logits.load(run);
    const target = targets.load(run);
    const weight = weights?.load(run);
    const logSum = logSums.load(run);
    const dloss = dlosses.load(run);
    const dx = dlogits.begin(run);
    let allWeights = classes;
    if (weight) allWeights = weight.reduce((sum, w) => sum + w, 0);
    for (let r = 0; r < rows; r++) {
      const at = r * classes;
      if (target[r] === ignoreIndex) {
        dx.fill(0, at, at + classes);
        continue;
      }
      const t = clampClass(target[r], classes);
      const ofTarget = (1 - labelSmoothing) * (weight ? weight[t] : 1);
      // The derivative of -sum over c of q[c] * log p[c] is p * sum(q) - q, with q the smoothed, weighted target.
      const all = ofTarget + smoothing * allWeights;
      for (let c = 0; c < classes; c++) {
        const q = (c === t ? ofTarget : 0) + smoothing * (weight ? weight[c] : 1);
        dx[at + c] = dloss[r] * (Math.exp(x[at + c] - logSum[r]) * all - q);
      }
    }
    dlogits.store(run);
  };
}

function clampClass(target: number, classes: number): number {
  return Math.min(Math.max(target, 0), classes - 1);
}
