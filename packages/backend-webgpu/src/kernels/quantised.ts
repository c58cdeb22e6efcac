import { type QuantisedMatmulStep, quantisedGroups, quantisedWords } from '@inkstone/core/backend';
import type { Lowering } from '../plan/lowering.js';
import source from './quantised.wgsl';
import { rowLayout } from './rows.js';

/** Each element of y is a row of lanes; see the kernel. */
export function quantisedMatmul(step: QuantisedMatmulStep, to: Lowering): void {
  const { bits, rows, columns, depth, groupSize, x } = step;
  if (rows * columns === 0) return;
  const words = quantisedWords(bits, depth);
  const perWord = 32 / bits;
  const kernel = to.kernel(step.label ?? 'quantised matmul');
  // Whole words of weights meet aligned vectors of x where its rows start at multiples of four.
  const vectors = depth % perWord === 0 && x.offset % 4 === 0 && x.shift === undefined;
  kernel.input('x', x, vectors ? 4 : 1);
  kernel.input('weight', step.weight);
  kernel.input('scale', step.scale);
  kernel.output('y', step.y);
  kernel.sizes({
    columns,
    depth,
    words,
    outputs: rows * columns,
    groups: quantisedGroups(depth, groupSize),
    words_of_group: groupSize < depth ? groupSize / perWord : Math.max(1, words),
  });
  const layout = rowLayout(rows * columns, words, to.tuning);
  const values = { ...layout, BITS: bits, PER_WORD: perWord, QUADS: perWord / 4, VECTORS: vectors };
  to.add(kernel.build('quantised', source, values, Math.ceil((rows * columns) / layout.ROWS)));
}
