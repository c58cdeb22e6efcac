/** Layer norm and RMS norm of rows, and their gradients. https://arxiv.org/abs/1607.06450, https://arxiv.org/abs/1910.07467 */
import type { NormBackwardStep, NormStep } from '@inkstone/core/backend';
import type { Kernel } from './buffer.js';
import { Dense, denseOrNull } from './scratch.js';

export function compileNorm(step: NormStep): Kernel {
  const { rows, columns, eps, variant } = step;
  const xs = new Dense(step.x);
  const weights = denseOrNull(step.weight);
  const biases = denseOrNull(step.bias);
  const ys = new Dense(step.y);
  const means = denseOrNull(step.mean);
  const rstds = denseOrNull(step.rstd);
  return (run) => {
    const x = xs.load(run);
    const weight = weights?.load(run);
    const bias = biases?.load(run);
    const y = ys.begin(run);
    const meansOut = means?.begin(run);
    const rstdsOut = rstds?.begin(run);
    for (let r = 0; r < rows; r++) {
      const at = r * columns;
      let mean = 0;
      if (variant === 'layer') {
        for (let c = 0; c < columns; c++) mean += x[at + c];
        mean /= columns;
      }
      let squares = 0;
      for (let c = 0; c < columns; c++) squares += (x[at + c] - mean) ** 2;
      const rstd = 1 / Math.sqrt(squares / columns + eps);
      for (let c = 0; c < columns; c++) {
        y[at + c] = (x[at + c] - mean) * rstd * (weight ? weight[c] : 1) + (bias ? bias[c] : 0);
      }
      if (meansOut) meansOut[r] = mean;
      if (rstdsOut) rstdsOut[r] = rstd;
    }
    ys.store(run);
    means?.store(run);
    rstds?.store(run);
  };
}

/**
 * With h = (x - mean) * rstd and g = dy * weight:
 *   layer: dx = rstd * (g - mean(g) - h * mean(g * h)); rms: dx = rstd * (g - h * mean(g * h)), h = x * rstd;
 *   dweight = sum over rows of dy * h, dbias = sum over rows of dy.
 */
export function compileNormBackward(step: NormBackwardStep): Kernel {
  const { rows, columns, variant } = step;
  const xs = new Dense(step.x);
  const dys = new Dense(step.dy);
  const weights = denseOrNull(step.weight);
  const means = denseOrNull(step.mean);
  const rstds = new Dense(step.rstd);
  const dxs = denseOrNull(step.dx);
  const dweights = denseOrNull(step.dweight);
  const dbiases = denseOrNull(step.dbias);
  return (run) => {
    const x = xs.load(run);
    const dy = dys.load(run);
    const weight = weights?.load(run);
    const mean = means?.load(run);
    const rstd = rstds.load(run);
    const dx = dxs?.begin(run);
    const dweight = dweights?.begin(run).fill(0);
    const dbias = dbiases?.begin(run).fill(0);
    for (let r = 0; r < rows; r++) {
      const at = r * columns;
      const center = mean ? mean[r] : 0;
      let sumG = 0;
      let sumGH = 0;
      for (let c = 0; c < columns; c++) {
        const h = (x[at + c] - center) * rstd[r];
        const g = dy[at + c] * (weight ? weight[c] : 1);
        sumG += g;
        sumGH += g * h;
        if (dweight) dweight[c] += dy[at + c] * h;
        if (dbias) dbias[c] += dy[at + c];
      }
      if (!dx) continue;
      const meanG = variant === 'layer' ? sumG / columns : 0;
      const meanGH = sumGH / columns;
      for (let c = 0; c < columns; c++) {
        const h = (x[at + c] - center) * rstd[r];
        const g = dy[at + c] * (weight ? weight[c] : 1);
        dx[at + c] = rstd[r] * (g - meanG - h * meanGH);
      }
    }
    dxs?.store(run);
    dweights?.store(run);
    dbiases?.store(run);
  };
}
