/** Sorting and running sums of rows. */
import type { ScanStep, SortStep } from '@inkstone/core/backend';
import type { Kernel } from './buffer.js';
import { Dense } from './scratch.js';

export function compileSort(step: SortStep): Kernel {
  const { rows, columns, count, descending } = step;
  const xs = new Dense(step.x);
  const indices = new Dense(step.indices);
  return (run) => {
    const x = xs.load(run);
    const places = indices.begin(run);
    for (let r = 0; r < rows; r++) {
      const at = r * columns;
      const order = Array.from({ length: columns }, (_, i) => i);
      order.sort((a, b) => {
        const difference = compare(x[at + a], x[at + b]);
        return (descending ? -difference : difference) || a - b;
      });
      for (let i = 0; i < count; i++) places[r * count + i] = order[i];
    }
    indices.store(run);
  };
}

/** Below 0 if a comes before b in ascending order, NaN behind everything. */
function compare(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

export function compileScan(step: ScanStep): Kernel {
  const { reverse, outer, size, inner } = step;
  const xs = new Dense(step.x);
  const ys = new Dense(step.y);
  return (run) => {
    const x = xs.load(run);
    const y = ys.begin(run);
    for (let o = 0; o < outer; o++) {
      for (let n = 0; n < inner; n++) {
        let sum = 0;
        for (let j = 0; j < size; j++) {
          const at = (o * size + (reverse ? size - 1 - j : j)) * inner + n;
          sum += x[at];
          y[at] = sum;
        }
      }
    }
    ys.store(run);
  };
}
