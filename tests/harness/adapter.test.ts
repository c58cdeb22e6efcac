import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchChromium, openPage } from './chromium.js';
import { requireFixture } from './fixtures.js';
import { double } from './pages/double.js';
import { chosenAdapter } from './software-gpu.js';

const input = Array.from({ length: 1000 }, (_, i) => i - 500);
const doubled = input.map((value) => 2 * value);

/** How each adapter names itself. */
const ADAPTER_INFO = { swiftshader: /swiftshader/i, lavapipe: /llvmpipe|lavapipe/i, system: /./ };

describe('Dawn in Node', () => {
  beforeEach((context) => {
    requireFixture('adapter', context);
  });

  test('runs a compute shader on the chosen adapter', async () => {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    const result = await double(input, create([]));
    expect(result.values).toEqual(doubled);
    expect(result.adapter).toMatch(ADAPTER_INFO[chosenAdapter()]);
  });
});

describe('headless Chromium', () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (requireFixture('browser')) browser = await launchChromium();
  });
  beforeEach((context) => {
    requireFixture('browser', context);
  });
  afterAll(() => browser?.close());

  test('runs a compute shader on SwiftShader in a page', async () => {
    const page = await openPage(browser!);
    const result = await page.call<Awaited<ReturnType<typeof double>>>(
      'tests/harness/pages/double.ts',
      'double',
      input,
    );
    expect(result.values).toEqual(doubled);
    expect(result.adapter).toMatch(/swiftshader/i);
    await page.close();
  });

  test('shares memory between threads only in a page that is served isolated', async () => {
    for (const isolated of [true, false]) {
      const page = await openPage(browser!, { isolated });
      expect(await page.call('tests/harness/pages/threads.ts', 'isolated')).toBe(isolated);
      if (isolated) {
        expect(await page.call('tests/harness/pages/threads.ts', 'countInWorkers', 3)).toEqual([3, 3, 3, 3]);
      }
      await page.close();
    }
  });
});
