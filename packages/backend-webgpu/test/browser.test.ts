/** The same cases in a page of headless Chromium, against what the reference makes of them there. */
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
] as const;

describe('headless Chromium', () => {
  let browser: Browser | undefined;
  let page: TestPage | undefined;
  beforeAll(async () => {
    if (!requireFixture('browser')) return;
    browser = await launchChromium();
    page = await openPage(browser);
  });
  beforeEach((context) => {
    requireFixture('browser', context);
  });
  afterAll(async () => {
    await page?.close();
    await browser?.close();
  });

  test('opens the adapter of the page', async () => {
    const about = await page?.call<string>('packages/backend-webgpu/test/page.ts', 'describeDevice');
    expect(about).toMatch(/swiftshader/i);
  });

  test('keeps what was measured in IndexedDB', async () => {
    const read = await page?.call<(string | null)[]>('packages/backend-webgpu/test/page.ts', 'storeInPage');
    expect(read).toEqual([null, '2', null]);
  });

  test.each(families)(
    '%s',
    async (family) => {
      const result = await page?.call<PageResult>(
        'packages/backend-webgpu/test/page.ts',
        'runFamily',
        family,
      );
      expect(result?.failures).toEqual([]);
      expect(result?.count).toBeGreaterThan(0);
    },
    300_000,
  );
});
