/** Products with quantised weights: one integer at a time, added up in double. */
import { type QuantisedMatmulStep, quantisedGroups, quantisedWords } from '@inkstone/core/backend';
import type { Kernel } from './buffer.js';
import { Dense } from './scratch.js';

export function compileQuantisedMatmul(step: QuantisedMatmulStep): Kernel {
  const { bits, rows, columns, depth, groupSize } = step;
  const xs = new Dense(step.x);
  const weights = new Dense(step.weight);
  const scales = new Dense(step.scale);
  const ys = new Dense(step.y);
  const perWord = 32 / bits;
  const words = quantisedWords(bits, depth);
  const groups = quantisedGroups(depth, groupSize);
  return (run) => {
    const x = xs.load(run);
    const weight = weights.load(run);
    const scale = scales.load(run);
    const y = ys.begin(run);
    const row = run.scratch.take(depth);
    for (let j = 0; j < columns; j++) {
      for (let l = 0; l < depth; l++) {
        const word = weight[j * words + Math.floor(l / perWord)];
        // Its lowest bit is moved to bit 32 - bits; coming back, the sign is spread.
        const q = (word << (32 - bits - (l % perWord) * bits)) >> (32 - bits);
        row[l] = q * scale[j * groups + Math.floor(l / groupSize)];
      }
      for (let r = 0; r < rows; r++) {
        let sum = 0;
        for (let l = 0; l < depth; l++) sum += x[r * depth + l] * row[l];
        y[r * columns + j] = sum;
      }
    }
    ys.store(run);
  };
}
