/** The main job in a page: a dropped text, a falling loss, samples, on each device that a browser has. */
import { readFileSync } from 'node:fs';
import { reference } from '@inkstone/backend-cpu/reference';
import { functional as F, tensor, use } from '@inkstone/core';
import { launchChromium } from '@inkstone/harness/chromium';
import { requireFixture } from '@inkstone/harness/fixtures';
import { GPT, MemoryFolder } from '@inkstone/models';
import { tokenizerFromJSON } from '@inkstone/tokenizer';
import { unzipSync } from 'fflate';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openSite, type Site } from './site.js';
import {
  chooseDevice,
  dropFile,
  figure,
  figureNumber,
  typeSettings,
  untilPhase,
  type Visit,
  visit,
  watchLosses,
} from './visit.js';

/** A text with something to learn: which letters follow which, and where a line ends. */
const rhyme = 'row, row, row your boat\ngently down the stream\nmerrily, merrily, merrily, merrily\n'.repeat(
  60,
);

const quick = { Layers: 1, Heads: 2, Width: 32, Block: 16, Batch: 8, 'Learning rate': 0.01, Seed: 7 };

/** A machine that has other work takes its time. */
const patience = { timeout: 60_000 };

vi.setConfig({ testTimeout: 180_000 });

let browser: Browser | undefined;
let site: Site | undefined;
let current: Visit | undefined;

beforeAll(async () => {
  if (!requireFixture('browser')) return;
  [browser, site] = await Promise.all([launchChromium(), openSite()]);
});
beforeEach((context) => {
  requireFixture('browser', context);
});
afterEach(async () => {
  await current?.close();
  current = undefined;
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

async function open(url = site!.url): Promise<Visit> {
  current = await visit(browser!, url);
  return current;
}

/** Trains on the rhyme for 60 steps, and returns what the page showed. */
async function trainOn(device: 'CPU' | 'WebGPU', url?: string) {
  const { page, complaints } = await open(url);
  await chooseDevice(page, device);
  const description = await page.getByRole('region', { name: 'Device' }).textContent();
  await dropFile(page, 'rhyme.txt', rhyme);
  await page.getByText('rhyme.txt').waitFor();
  await typeSettings(page, { ...quick, Steps: 60 });
  const losses = await watchLosses(page);
  await page.getByRole('button', { name: 'Start training' }).click();
  await untilPhase(page, 'finished');
  return {
    page,
    complaints,
    description,
    losses: await losses(),
    loss: await figureNumber(page, 'loss'),
    validation: await figureNumber(page, 'validation'),
    samples: await page.locator('[data-sample]').allTextContents(),
  };
}

function expectLearning(result: Awaited<ReturnType<typeof trainOn>>) {
  // Near ln(23), the number of different characters, before it has learned anything.
  expect(Math.max(...result.losses)).toBeGreaterThan(2.6);
  expect(result.loss).toBeLessThan(2);
  expect(result.validation).toBeLessThan(2);
  expect(result.samples).toHaveLength(5);
  for (const sample of result.samples) expect(sample).toMatch(/^[a-z, \n]+$/);
  expect(result.complaints).toEqual([]);
}

test('trains on a dropped file, on the CPU and on WebGPU, to the same losses', async () => {
  const onCpu = await trainOn('CPU');
  expect(onCpu.description).toMatch(/Runs on the CPUWebAssembly/);
  expectLearning(onCpu);
  await expect.poll(() => figure(onCpu.page, 'step')).toBe('60 of 60');
  await expect.poll(() => figureNumber(onCpu.page, 'speed')).toBeGreaterThan(0);
  expect(await onCpu.page.getByRole('img', { name: /^Loss by step/ }).getAttribute('aria-label')).toContain(
    `At step 60 the training loss is ${onCpu.loss.toFixed(3)}`,
  );
  await current?.close();

  const onGpu = await trainOn('WebGPU');
  expect(onGpu.description).toMatch(/Runs on WebGPU.*SwiftShader/i);
  expectLearning(onGpu);
  expect(Math.abs(onGpu.loss - onCpu.loss)).toBeLessThanOrEqual(0.0021);
  expect(Math.abs(onGpu.validation - onCpu.validation)).toBeLessThanOrEqual(0.0021);
});

test('pauses, goes on, writes in between, stops, and lets the model be taken away', async () => {
  const { page, complaints } = await open();
  await chooseDevice(page, 'CPU');
  await dropFile(page, 'rhyme.txt', rhyme);
  await typeSettings(page, { ...quick, Steps: 100_000 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect.poll(() => figureNumber(page, 'step'), patience).toBeGreaterThan(20);
  await expect.poll(() => figure(page, 'time-left')).toMatch(/\d+ (s|min|h)/);
  await expect.poll(() => page.getByRole('textbox', { name: 'Layers' }).isDisabled()).toBe(true);

  await page.getByRole('button', { name: 'Pause' }).click();
  await untilPhase(page, 'paused');
  const held = await figureNumber(page, 'step');
  await page.getByRole('textbox', { name: /^Prompt/ }).fill('row, ');
  await page.getByRole('button', { name: 'Write', exact: true }).click();
  await expect.poll(() => page.locator('[data-written]').textContent(), patience).toHaveLength(200);
  expect(await figureNumber(page, 'step')).toBe(held);

  await page.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(() => figureNumber(page, 'step'), patience).toBeGreaterThan(held + 20);
  await page.getByRole('button', { name: 'Write', exact: true }).click();
  await expect.poll(() => page.locator('[data-written]').textContent(), patience).toHaveLength(200);
  await page.getByRole('textbox', { name: /^Prompt/ }).fill('row 船');
  await page.getByRole('button', { name: 'Write', exact: true }).click();
  await page.getByRole('alert').getByText('The text has no 船').waitFor();

  // Long enough to know the rhyme, however fast the machine is.
  await expect.poll(() => figureNumber(page, 'step'), patience).toBeGreaterThan(400);
  await page.getByRole('button', { name: 'Stop' }).click();
  await untilPhase(page, 'stopped');
  expect(await figureNumber(page, 'step')).toBeLessThan(100_000);
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download checkpoint' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('inkstone-checkpoint.zip');
  const files = unzipSync(readFileSync(await download.path()));
  expect(Object.keys(files).sort()).toEqual([
    'config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);

  // What was downloaded is the model, which knows the rhyme here in Node too (a model that knows nothing has a loss of ln 23, 3.1).
  await use(reference());
  const model = await GPT.fromPretrained(new MemoryFolder('download', new Map(Object.entries(files))));
  const tokenizer = tokenizerFromJSON(JSON.parse(new TextDecoder().decode(files['tokenizer.json'])));
  const ids = tensor(tokenizer.encode(rhyme).slice(0, 257), { dtype: 'int32' });
  const logits = model.forward(ids.slice(0, 0, 256).view(16, 16));
  const loss = F.crossEntropy(logits.view(256, -1), ids.slice(0, 1));
  expect(await loss.item()).toBeLessThan(1);

  // And the page is ready for the next run, which starts from nothing.
  await typeSettings(page, { Steps: 5 });
  await page.getByRole('button', { name: 'Train again' }).click();
  await untilPhase(page, 'finished');
  await expect.poll(() => figure(page, 'step')).toBe('5 of 5');
  await expect.poll(() => figureNumber(page, 'loss')).toBeGreaterThan(2);
  expect(complaints).toEqual([]);
});

test('with the headers of a shared memory the CPU uses threads; without them it says so and trains on one', async () => {
  const shared = await open();
  await chooseDevice(shared.page, 'CPU');
  expect(await shared.page.evaluate(() => crossOriginIsolated)).toBe(true);
  const cores = await shared.page.evaluate(() => Math.min(navigator.hardwareConcurrency, 8));
  const description = await shared.page.getByRole('region', { name: 'Device' }).textContent();
  expect(description).toContain(cores === 1 ? '1 thread' : `${cores} threads`);
  expect(description).not.toContain('One thread only');
  await current?.close();

  const alone = await trainOn('CPU', site!.plainUrl);
  expect(alone.description).toMatch(/1 thread\b.*One thread only/);
  expectLearning(alone);
});

test('leaves a GPU that is software alone unless it is asked for', async () => {
  const { page, complaints } = await open();
  const region = page.getByRole('region', { name: 'Device' });
  await region.getByText('Runs on the CPU').waitFor();
  expect(await region.textContent()).toMatch(
    /WebGPU is there, but its adapter \(.*SwiftShader.*\) computes on the CPU/i,
  );
  expect(complaints).toEqual([]);
});
