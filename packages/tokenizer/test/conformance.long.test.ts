import { describe, expect, test } from 'vitest';
import { compareOver } from './support/compare.js';
import { families } from './support/families.js';

describe.each(Object.keys(families))('%s', (name) => {
  const json = families[name]?.();
  test.skipIf(json === undefined)('100,000 random texts', async () => {
    expect(
      await compareOver(json as string, { count: 100_000, seed: 2, nfd: name.includes('lower') }),
    ).toEqual([]);
  });
});
