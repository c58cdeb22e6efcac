/**
 * The lessons at the tutorials' full length, where they take minutes: 1,000 epochs on WebGPU and in a page of headless
 * Chromium, and the 10,000 steps of Shakespeare everywhere.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, launchChromium, openPage, type TestPage } from '@inkstone/harness/chromium';
import { requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import type { DoneEvent, LessonEvent } from '@inkstone/models';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Case, cases, shakespeare } from './expect.js';
import { type BackendName, run } from './program.js';

let browser: Browser | undefined;
let page: TestPage | undefined;

beforeAll(async () => {
  if (!requireFixture('browser')) return;
  browser = await launchChromium();
  page = await openPage(browser);
}, 120_000);

afterAll(async () => {
  await page?.close();
  await browser?.close();
});

const places = [
  { place: 'Node', backend: 'cpu', needs: [] },
  { place: 'Node', backend: 'webgpu', needs: ['adapter'] },
  { place: 'a page', backend: 'cpu', needs: ['browser'] },
  { place: 'a page', backend: 'webgpu', needs: ['browser'] },
] as const;

describe.each(places)('$backend in $place', ({ place, backend, needs }) => {
  async function compare({ lesson, options, check }: Case): Promise<void> {
    const events =
      place === 'Node' ? await run(backend, lesson, options) : await inPage(backend, lesson, options);
    const done = events.at(-1) as DoneEvent;
    expect(done).toMatchObject({ event: 'done', lesson });
    check(done, events);
  }

  // On the CPU in Node they are part of the short tests.
  for (const one of backend === 'cpu' && place === 'Node' ? [] : cases()) {
    test(one.title, async (context) => {
      for (const fixture of needs) requireFixture(fixture, context);
      await compare(one);
    });
  }

  test('bigram-shakespeare, 10,000 steps', async (context) => {
    for (const fixture of [...needs, 'shared'] as const) requireFixture(fixture, context);
    const text = readFileSync(join(sharedFolder, 'data', 'tinyshakespeare.txt'), 'utf8');
    await compare(shakespeare(text, 10_000));
  });
});

async function inPage(
  backend: BackendName,
  lesson: string,
  options: Case['options'],
): Promise<LessonEvent[]> {
  try {
    return await (page as TestPage).call('tests/lessons/program.ts', 'run', backend, lesson, options);
  } catch (error) {
    throw new Error(`in the page: ${(error as Error).message}\n${page?.log.join('\n')}`, { cause: error });
  }
}
