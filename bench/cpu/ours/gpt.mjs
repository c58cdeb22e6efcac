import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { functional as F, fromTypedArray, manualSeed, noGrad, optim, tensor } from '@inkstone/core';
import { compile } from '@inkstone/core/compile';
import { gptBatches } from '../../peers/gpt-data.mjs';
import { GPT } from './gpt-model.mjs';

/** A training step, written plainly or compiled: the loss is read each time, as the peers do. */
export function gpt(config) {
  if (config.training === false) return forward(config);
  const { batch, block, vocabulary } = config;
  manualSeed(1337);
  const model = new GPT(config);
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
  const positions = tensor(
    Array.from({ length: block }, (_, i) => i),
    { dtype: 'int32' },
  );
  const batches = gptBatches(config);
  const plain = (x, y) => {
    const logits = model.forward(x, positions);
    const loss = F.crossEntropy(logits.view(batch * block, vocabulary), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const step = config.compiled ? compile(plain) : plain;
  let steps = 0;
  let last = 0;
  return {
    run: async () => {
      const { x, y } = batches[steps++ % batches.length];
      last = await step(fromTypedArray(x, [batch, block]), fromTypedArray(y, [batch * block])).item();
    },
    note: () => ({ loss: last, steps }),
  };
}

/** A forward pass with the weights that PyTorch wrote. */
function forward(config) {
  const { batch, block, vocabulary } = config;
  const model = new GPT(config);
  if (config.folder) {
    const { shapes } = JSON.parse(readFileSync(join(config.folder, 'gpt.json'), 'utf8'));
    const values = new Float32Array(Uint8Array.from(readFileSync(join(config.folder, 'gpt.bin'))).buffer);
    let from = 0;
    const state = new Map();
    for (const [name, shape] of Object.entries(shapes)) {
      const count = shape.reduce((a, b) => a * b, 1);
      state.set(name, fromTypedArray(values.slice(from, from + count), shape));
      from += count;
    }
    model.loadStateDict(state);
  }
  model.eval();
  const positions = tensor(
    Array.from({ length: block }, (_, i) => i),
    { dtype: 'int32' },
  );
  const ids = Int32Array.from({ length: batch * block }, (_, i) => i % vocabulary);
  let logits;
  return {
    run: async () => {
      logits = await noGrad(() => model.forward(fromTypedArray(ids, [batch, block]), positions)).data();
    },
    note: () => ({ logits: Array.from(logits.slice(0, 8)) }),
  };
}
