/** Softmax and log-softmax of rows, and their gradients. The row's maximum is taken off first, so nothing overflows. */
import type { SoftmaxBackwardStep, SoftmaxStep } from '@inkstone/core/backend';
import type { Kernel } from './buffer.js';
import { Dense } from './scratch.js';

export function compileSoftmax(step: SoftmaxStep): Kernel {
  const { rows, columns, log } = step;
  const xs = new Dense(step.x);
  const ys = new Dense(step.y);
  return (run) => {
    const x = xs.load(run);
    const y = ys.begin(run);
    for (let r = 0; r < rows; r++) {
      const at = r * columns;
      let max = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < columns; c++) max = Math.max(max, x[at + c]);
      let sum = 0;
      for (let c = 0; c < columns; c++) sum += Math.exp(x[at + c] - max);
      const logSum = Math.log(sum);
      for (let c = 0; c < columns; c++) {
        const shifted = x[at + c] - max;
        y[at + c] = log ? shifted - logSum : Math.exp(shifted) / sum;
      }
    }
    ys.store(run);
  };
}

export function compileSoftmaxBackward(step: SoftmaxBackwardStep): Kernel {
  const { rows, columns, log } = step;
  const ys = new Dense(step.y);
  const dys = new Dense(step.dy);
  const dxs = new Dense(step.dx);
  return (run) => {
    const y = ys.load(run);
    const dy = dys.load(run);
    const dx = dxs.begin(run);
    for (let r = 0; r < rows; r++) {
      const at = r * columns;
      let sum = 0;
      for (let c = 0; c < columns; c++) sum += log ? dy[at + c] : y[at + c] * dy[at + c];
      for (let c = 0; c < columns; c++) {
        dx[at + c] = log ? dy[at + c] - Math.exp(y[at + c]) * sum : y[at + c] * (dy[at + c] - sum);
      }
    }
    dxs.store(run);
  };
}
