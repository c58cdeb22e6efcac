/**
 * The same seed gives the same losses everywhere: on the reference, the CPU and WebGPU, in Node and in a page, to 1e-4
 * over 50 steps.
 */
import { type Browser, launchChromium, openPage } from '@inkstone/harness/chromium';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { type BackendName, type Run, train } from './program.js';

const steps = 50;
const tolerance = 1e-4;

let expected: Run;
let browser: Browser | undefined;

beforeAll(async () => {
  expected = await train('reference', steps);
  if (requireFixture('browser')) browser = await launchChromium();
}, 120_000);

afterAll(() => browser?.close());

function compare(run: Run): void {
  expect(run.losses).toHaveLength(steps);
  const distance = Math.max(...run.losses.map((loss, i) => Math.abs(loss - expected.losses[i])));
  expect(distance, `${run.device}: the losses differ from the reference's by ${distance}`).toBeLessThan(
    tolerance,
  );
}

test('the reference learns', () => {
  expect(expected.losses[0]).toBeGreaterThan(6.5);
  expect(expected.losses[steps - 1]).toBeLessThan(expected.losses[0] - 1);
});

test('the CPU in Node', async () => {
  compare(await train('cpu', steps));
}, 120_000);

test('WebGPU in Node', async (context) => {
  requireFixture('adapter', context);
  compare(await train('webgpu', steps));
}, 240_000);

async function inPage(backend: BackendName, context: TestContext): Promise<void> {
  requireFixture('browser', context);
  const page = await openPage(browser as Browser);
  try {
    compare(await page.call<Run>('tests/training/program.ts', 'train', backend, steps));
  } catch (error) {
    throw new Error(`in the page: ${(error as Error).message}\n${page.log.join('\n')}`, { cause: error });
  } finally {
    await page.close();
  }
}

test('the CPU in a page of headless Chromium', (context) => inPage('cpu', context), 240_000);
test('WebGPU in a page of headless Chromium', (context) => inPage('webgpu', context), 240_000);
