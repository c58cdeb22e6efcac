/// <reference types="node" />
/** A visitor of the site: opens the page and does what a user does, by the names that a user sees. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

export interface Visit {
  readonly page: Page;
  /** What the page should never do: errors, warnings, and requests to anyone but its own server. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = { locale: 'en-US' },
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  context.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url())) {
      complaints.push(`request to ${request.url()}`);
    }
  });
  await page.goto(url);
  await page.getByRole('button', { name: /Start training|开始训练/ }).waitFor();
  return { page, complaints, close: () => context.close() };
}

/** Drops a file onto the middle of the page. */
export async function dropFile(page: Page, name: string, content: Uint8Array | string): Promise<void> {
  const bytes = Array.from(typeof content === 'string' ? Buffer.from(content) : content);
  await page.evaluate(
    ([fileName, values]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(values)], fileName, { type: 'text/plain' }));
      for (const type of ['dragover', 'drop']) {
        document.body.dispatchEvent(
          new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }),
        );
      }
    },
    [name, bytes] as const,
  );
}

/** Types settings by their names in the page ('Layers', 'Learning rate'). */
export async function typeSettings(page: Page, settings: Readonly<Record<string, number>>): Promise<void> {
  for (const [label, value] of Object.entries(settings)) {
    await page.getByRole('textbox', { name: label, exact: true }).fill(String(value));
  }
}

/** Chooses a device and waits until it is open. */
export async function chooseDevice(page: Page, name: 'Auto' | 'WebGPU' | 'CPU'): Promise<void> {
  await page.getByRole('group', { name: 'Device' }).getByRole('radio', { name, exact: true }).check();
  await page.getByText(/^Runs on/).waitFor();
}

/** Waits until the run is in this state; if it does not come, says what the page shows instead. */
export async function untilPhase(page: Page, phase: string, timeout = 60_000): Promise<void> {
  try {
    await page.locator(`[data-phase="${phase}"]`).waitFor({ timeout });
  } catch (cause) {
    const shown = await page.locator('.failure-place, .run-head, .figures').allTextContents();
    throw new Error(`the run is not ${phase} after ${timeout} ms; the page shows: ${shown.join(' | ')}`, {
      cause,
    });
  }
}

/** A figure of the run as it is shown: 'step', 'loss', 'validation', 'speed', 'time-left'. */
export async function figure(page: Page, name: string): Promise<string> {
  return (await page.locator(`[data-figure="${name}"]`).textContent()) ?? '';
}

export async function figureNumber(page: Page, name: string): Promise<number> {
  return Number.parseFloat((await figure(page, name)).replaceAll(',', ''));
}

/** Keeps every loss that the page shows from now on; call the result to get them. */
export async function watchLosses(page: Page): Promise<() => Promise<number[]>> {
  const handle = await page.evaluateHandle(() => {
    const shown: number[] = [];
    const place = document.querySelector('[data-figure="loss"]');
    if (!place) throw new Error('the page shows no loss');
    new MutationObserver(() => {
      const value = Number.parseFloat(place.textContent ?? '');
      if (!Number.isNaN(value)) shown.push(value);
    }).observe(place, { childList: true, characterData: true, subtree: true });
    return shown;
  });
  return () => handle.jsonValue();
}
