/** Cross-entropy where the scores are large and the loss is small: what the largest score cancels must not cost digits. */
import { type CaseBuilder, define, runCase } from '@inkstone/conformance';
import { describe, expect, it } from 'vitest';
import { hasRelaxedSimd } from '../src/build.js';
import { cpu } from '../src/index.js';

const builds = hasRelaxedSimd() ? (['simd', 'simd-relaxed'] as const) : (['simd'] as const);

/** Scores of a confident model, and the loss of their first class in float64. */
const rows = [
  { scores: [90, 80, 60], loss: 4.539889921672e-5 },
  { scores: [1000, 988, 985], loss: 6.450094083797e-6 },
  { scores: [-300, -310, -330], loss: 4.539889921672e-5 },
];

describe.each(builds)('%s', (build) => {
  it('keeps the digits of a small loss', async () => {
    const testCase = define('confident', (b: CaseBuilder) => {
      const [count, classes] = [rows.length, 3];
      const out = () => b.output('float32', [count], { keys: ['exact'] });
      b.step({
        kind: 'crossEntropy',
        rows: count,
        classes,
        ignoreIndex: -100,
        labelSmoothing: 0,
        logits: b.input(
          'float32',
          [count, classes],
          rows.flatMap(({ scores }) => scores),
        ),
        target: b.input('int32', [count], [0, 0, 0]),
        weight: null,
        loss: out(),
        logSumExp: out(),
        total: null,
        flag: null,
      });
    });
    const device = await cpu({ build, threads: 1 }).open();
    const buffers = await runCase(testCase, device);
    await device.close();
    const losses = buffers[2];
    // The sum of exponentials is 1 and a little: float32 has about three digits of the little.
    rows.forEach(({ loss }, i) => {
      expect(Math.abs(losses[i] - loss)).toBeLessThan(1.2e-7);
    });
  });
});
