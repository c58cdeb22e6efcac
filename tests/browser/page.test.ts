/** The page around the training: what it says about bad input, in which language, and to whom. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launchChromium } from '@inkstone/harness/chromium';
import { requireFixture } from '@inkstone/harness/fixtures';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSite, type Site } from './site.js';
import { chooseDevice, dropFile, typeSettings, untilPhase, type Visit, visit } from './visit.js';

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

async function open(options?: BrowserContextOptions): Promise<Visit> {
  current = await visit(browser!, site!.url, options);
  return current;
}

describe('bad input gets one line, and no training', () => {
  const cases: [what: string, content: string | Uint8Array, line: string][] = [
    ['an empty file', '', 'notes.txt is empty. It needs some characters to learn from.'],
    ['a blank file', ' \n\n ', 'notes.txt is empty. It needs some characters to learn from.'],
    [
      'a file that is not UTF-8',
      Uint8Array.from([0xe6, 0x98, 0xa5, 0x0a, 0xb4, 0xba]),
      'notes.txt is not UTF-8: byte 0xB4 at offset 4. Save it as UTF-8 and try again.',
    ],
  ];
  test.each(cases)('%s', async (_, content, line) => {
    const { page, complaints } = await open();
    await dropFile(page, 'notes.txt', content);
    const alert = page.getByRole('alert').filter({ hasText: 'notes.txt' });
    await alert.waitFor();
    expect(await alert.locator('span').textContent()).toBe(line);
    await expect.poll(() => page.getByRole('button', { name: 'Start training' }).isDisabled()).toBe(true);

    // A good one puts it right.
    await dropFile(page, 'good.txt', 'to be or not to be, that is the question\n');
    await page.getByText('good.txt').waitFor();
    await expect.poll(() => alert.count()).toBe(0);
    await expect.poll(() => page.getByRole('button', { name: 'Start training' }).isEnabled()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('a text that is shorter than a block', async () => {
    const { page } = await open();
    await chooseDevice(page, 'CPU');
    const start = page.getByRole('button', { name: 'Start training' });
    await expect.poll(() => start.isEnabled()).toBe(true);
    await page.getByRole('radio', { name: 'Paste' }).check();
    // Not on the text that was there before.
    await expect.poll(() => start.isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: 'Text to train on' }).fill('春眠不觉晓，处处闻啼鸟。');
    await page.getByRole('button', { name: 'Use this text' }).click();
    await page.getByText('12 characters').waitFor();
    await page.getByRole('button', { name: 'Start training' }).click();
    await page
      .getByRole('alert')
      .getByText(
        'The text has 12 characters; a block of 32 needs at least 37. Use a longer text or a smaller block.',
      )
      .waitFor();
    await page.locator('[data-phase="idle"]').waitFor();
  });

  test('settings that do not fit', async () => {
    const { page } = await open();
    const start = page.getByRole('button', { name: 'Start training' });
    const width = page.getByRole('textbox', { name: 'Width' });
    await typeSettings(page, { Width: 65 });
    await page.getByRole('alert').getByText('Width 65 must be a multiple of heads, which is 2.').waitFor();
    await expect.poll(() => width.getAttribute('aria-invalid')).toBe('true');
    await expect.poll(() => start.isDisabled()).toBe(true);
    await width.fill('wide');
    await page
      .getByRole('alert')
      .getByText('Width must be a whole number from 8 to 1024, not wide.')
      .waitFor();
    await page.getByRole('radio', { name: 'Small' }).check();
    await expect.poll(() => width.inputValue()).toBe('128');
    await page.getByRole('button', { name: 'Start training', disabled: false }).waitFor();
  });
});

describe('language and looks', () => {
  test('speaks the language of the browser until another is chosen, and remembers that', async () => {
    const { page } = await open({ locale: 'zh-CN' });
    await expect.poll(() => page.getByRole('button', { name: '开始训练' }).count()).toBe(1);
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await page.getByRole('radio', { name: 'English' }).check();
    await page.getByRole('button', { name: 'Start training' }).waitFor();
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('en');
    await page.reload();
    await page.getByRole('button', { name: 'Start training' }).waitFor();
  });

  test('is light or dark with the system until one is chosen', async () => {
    const { page } = await open({ locale: 'en-US', colorScheme: 'dark' });
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [day, night] = ['rgb(246, 243, 236)', 'rgb(16, 18, 24)'];
    await expect.poll(() => paper()).toBe(night);
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(paper).toBe(day);
    await page.getByRole('radio', { name: 'Dark' }).check();
    await expect.poll(() => paper()).toBe(night);
  });

  const shapes: [string, BrowserContextOptions][] = [
    ['a desktop', { viewport: { width: 1280, height: 900 } }],
    ['a phone', { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
  ];
  describe.each(shapes)('on %s', (_, shape) => {
    test.each(['light', 'dark'] as const)(
      'fits the screen and has no fault that axe knows, before a run and after, %s',
      async (colorScheme) => {
        // The policy of the page keeps axe out, as it should.
        const { page } = await open({ ...shape, colorScheme, locale: 'en-US', bypassCSP: true });
        await chooseDevice(page, 'CPU');
        for (const source of ['File', 'Paste', 'Built-in']) {
          await page.getByRole('radio', { name: source }).check();
          await expectSound(page);
        }

        await typeSettings(page, { Steps: 10, Width: 16, Layers: 1 });
        await page.getByRole('button', { name: 'Start training' }).click();
        await untilPhase(page, 'finished');
        await page.getByRole('textbox', { name: /^Prompt/ }).fill('Good');
        await page.getByRole('button', { name: 'Write', exact: true }).click();
        await page.getByRole('log').waitFor();
        await dropFile(page, 'notes.txt', '');
        await page.getByRole('alert').getByText('notes.txt is empty').waitFor();
        await expectSound(page);
      },
    );
  });
});

interface AxeResult {
  readonly passes: readonly unknown[];
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

async function expectSound(page: Page): Promise<void> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const [passes, violations] = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResult> } };
    const result = await axe.run();
    return [result.passes.length, result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)];
  });
  expect(violations).toEqual([]);
  expect(passes).toBeGreaterThan(20);
  const [content, screen] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  expect(content).toBeLessThanOrEqual(screen!);
  await expect.poll(() => page.locator('.actions button').isVisible()).toBe(true);
}

test('its policy lets it load nothing but its own files and call nobody', async () => {
  const { page } = await open();
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/connect-src|unsafe-inline|'unsafe-eval'|https?:/);
  const attempt = () =>
    fetch(`${location.origin}/index.html`).then(
      () => 'sent',
      () => 'refused',
    );
  expect(await page.evaluate(attempt)).toBe('refused');
  // A worker has the policy of its own response. The CPU's threads (from blobs, under the policy of the worker that
  // made them) sleep inside WebAssembly and answer nobody.
  const workers = page.workers().filter((worker) => !worker.url().startsWith('blob:'));
  expect(workers).not.toHaveLength(0);
  for (const worker of workers) expect(await worker.evaluate(attempt)).toBe('refused');
});
