/** The kernel suite in a page of headless Chromium: alone, and with workers where the page is isolated. */
import { type Browser, launchChromium, openPage, type TestPage } from '@inkstone/harness/chromium';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PageResult } from './page.js';

const families = [
  'instructions',
  'pointwise',
  'placement',
  'reduce',
  'matmul',
  'softmax',
  'crossEntropy',
  'norm',
  'attention',
  'indexing',
  'ordering',
  'shifts',
  'large',
] as const;
const module = 'packages/backend-cpu/test/page.ts';

let browser: Browser | undefined;
beforeAll(async () => {
  if (requireFixture('browser')) browser = await launchChromium();
});
afterAll(() => browser?.close());

describe.each([
  ['an isolated page', true, 2],
  ['a page that is not isolated', false, 1],
] as const)('%s', (_, isolated, threads) => {
  let page: TestPage | undefined;
  beforeAll(async () => {
    if (browser) page = await openPage(browser, { isolated });
  });
  beforeEach((context) => {
    requireFixture('browser', context);
  });
  afterAll(() => page?.close());

  test('takes the threads that it can have', async () => {
    const cores = (await page?.page.evaluate(() => navigator.hardwareConcurrency)) ?? 0;
    const count = isolated ? Math.min(cores, 8) : 1;
    const about = await page?.call<string>(module, 'describeDevice', {});
    expect(about).toMatch(new RegExp(`^WebAssembly relaxed SIMD, ${count} threads?$`));
    const asked = await page?.call<string>(module, 'describeDevice', { threads: 3, build: 'simd' });
    expect(asked).toMatch(isolated ? /^WebAssembly SIMD, 3 threads$/ : /cross-origin isolated/);
  });

  test.each(families)(
    '%s',
    async (family) => {
      const result = await page?.call<PageResult>(module, 'runFamily', family, threads);
      expect(result?.failures).toEqual([]);
      expect(result?.count).toBeGreaterThan(0);
    },
    120_000,
  );
});
