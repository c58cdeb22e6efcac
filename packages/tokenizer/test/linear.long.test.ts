import { describe, expect, test } from 'vitest';
import { families } from './support/families.js';
import { timesOf } from './support/linear.js';

describe.each(Object.keys(families))('%s', (name) => {
  const json = families[name]?.();
  test.skipIf(json === undefined)('time grows with the text, whatever the text', () => {
    for (const [kind, { once, four }] of Object.entries(timesOf(json as string, 1_000_000))) {
      // Linear is 4 times; quadratic would be 16. Small times are mostly noise.
      expect(four, `${kind}: ${once} ms, ${four} ms`).toBeLessThan(Math.max(10 * once, 400));
    }
  });
});
