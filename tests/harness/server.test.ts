import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StaticServer, serve } from './server.js';

let folder: string;
let server: StaticServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-server-'));
  mkdirSync(join(folder, 'site'));
  writeFileSync(join(folder, 'secret.txt'), 'outside');
  writeFileSync(join(folder, 'site', 'index.html'), '<h1>墨</h1>');
  writeFileSync(join(folder, 'site', 'worker.ts'), 'export const where: string = import.meta.url;');
  server = await serve({ folder: join(folder, 'site'), isolated: true, routes: { '/data.json': '[1]' } });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A request whose path is sent as it is written, as fetch would not. */
const statusOf = (path: string): Promise<number | undefined> =>
  new Promise((done, fail) => {
    request(`${server.origin}`, { path }, (response) => {
      response.resume();
      done(response.statusCode);
    })
      .once('error', fail)
      .end();
  });

test('serves files, folders by their index, and routes, with the headers that isolate a page', async () => {
  const page = await fetch(`${server.origin}/`);
  expect(await page.text()).toBe('<h1>墨</h1>');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  expect(await (await fetch(`${server.origin}/data.json`)).json()).toEqual([1]);
});

test('serves nothing from outside of its folder', async () => {
  expect(await statusOf('/../secret.txt')).toBe(404);
  expect(await statusOf('/%2e%2e/secret.txt')).toBe(404);
  expect(await statusOf('/..%2fsecret.txt')).toBe(404);
  expect(await statusOf('/missing.txt')).toBe(404);
});

test('bundles TypeScript, under its own name and under the name of its build', async () => {
  for (const name of ['worker.ts', 'worker.js']) {
    const response = await fetch(server.urlOf(name));
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(await response.text()).toContain('new URL("/worker.ts", location.origin).href');
  }
});
