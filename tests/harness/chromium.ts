/// <reference types="node" />
/** The headless Chromium that tests drive, with WebGPU on SwiftShader, out of an npm package alone. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { unpackBrowserArchive } from './browser-archive.js';
import { type ServeOptions, type StaticServer, serve } from './server.js';
import { prependPath } from './software-gpu.js';

export type { Browser, Page } from 'playwright-core';

/**
 * Starts the packaged headless Chromium (Linux x64). `navigator.gpu` works in pages from a secure origin, and
 * 127.0.0.1 is one. Close it in an `afterAll`.
 *
 * @param options.args further command line flags
 */
export async function launchChromium(options: { args?: readonly string[] } = {}): Promise<Browser> {
  const archive = await unpackBrowserArchive();
  return chromium.launch({
    executablePath: archive.executable,
    headless: true,
    args: [
      // Tests run as root in a container as often as not, where Chromium's sandbox cannot start.
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--enable-features=Vulkan',
      '--use-webgpu-adapter=swiftshader',
      ...(options.args ?? []),
    ],
    env: {
      ...definedEnvironment(),
      LD_LIBRARY_PATH: prependPath(archive.browserLibraries, process.env.LD_LIBRARY_PATH),
      FONTCONFIG_FILE: archive.fontConfig,
      XDG_CACHE_HOME: archive.userCache,
    },
  });
}

/** A page of a server of its own; `close` ends both. */
export interface TestPage {
  readonly page: Page;
  readonly server: StaticServer;
  /** What the page wrote to its console and the errors it did not catch, for a failing test to show. */
  readonly log: readonly string[];
  /**
   * Calls an exported function of a TypeScript module in the page and returns what it returns.
   *
   * @param file the module, absolute or relative to the served folder; it is bundled on the fly
   * @param name the export to call
   * @param args what to call it with (JSON)
   */
  call<Result>(file: string, name: string, ...args: unknown[]): Promise<Result>;
  close(): Promise<void>;
}

/** Serves a folder (the checkout by default) and opens an empty page of it, to call modules in. */
export async function openPage(browser: Browser, options: ServeOptions = {}): Promise<TestPage> {
  const server = await serve(options);
  const page = await browser.newPage();
  const log: string[] = [];
  page.on('console', (message) => log.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => log.push(`uncaught: ${error.stack ?? error.message}`));
  await page.goto(`${server.origin}/blank.html`);
  return {
    page,
    server,
    log,
    call: <Result>(file: string, name: string, ...args: unknown[]) =>
      page.evaluate(
        ([url, exported, values]) =>
          // Defined by blank.html.
          (globalThis as unknown as { callExport: (...all: unknown[]) => Promise<Result> }).callExport(
            url,
            exported,
            values,
          ),
        [server.urlOf(file), name, args] as const,
      ),
    async close() {
      await page.close();
      await server.close();
    },
  };
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
