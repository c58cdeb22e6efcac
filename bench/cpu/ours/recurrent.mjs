/** A training step (Adam, mean squared error) of one recurrent layer. */
import { functional as F, manualSeed, nn, optim, randn } from '@inkstone/core';

/** @param what cell ('RNN', 'LSTM', 'GRU'), steps, batch, hidden */
export function recurrent({ cell, steps, batch, hidden }) {
  manualSeed(42);
  const layer = new nn[cell](hidden, hidden);
  const optimizer = new optim.Adam(layer.parameters(), { lr: 0.01 });
  const x = randn([steps, batch, hidden]);
  const y = randn([steps, batch, hidden]);
  let last = 0;
  return {
    run: async () => {
      const loss = F.mseLoss(layer.forward(x)[0], y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      last = await loss.item();
    },
    note: () => ({ loss: last }),
  };
}
