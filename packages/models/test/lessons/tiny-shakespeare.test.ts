/// <reference types="node" />
/** The download of the lecture's text, from a server on this machine. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tinyShakespeare } from '../../src/node.js';

let cacheDir: string;
let server: Server;
let baseUrl: string;
let answer: RequestListener;
let requests: string[];

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'inkstone-cache-'));
  requests = [];
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(cacheDir, { recursive: true, force: true });
});

const left = async (): Promise<string[]> => readdir(join(cacheDir, 'lessons')).catch(() => []);

test('fetched once, then read from the cache; a damaged copy is fetched anew', async (context) => {
  requireFixture('shared', context);
  const bytes = await readFile(join(sharedFolder, 'data', 'tinyshakespeare.txt'));
  answer = (_, response) => response.end(bytes);
  const progress: number[] = [];
  const text = await tinyShakespeare({ cacheDir, baseUrl, onProgress: (done) => progress.push(done) });
  expect(text).toBe(bytes.toString('utf8'));
  expect(progress[0]).toBe(0);
  expect(progress.at(-1)).toBe(1_115_394);
  expect(requests).toEqual(['/karpathy/char-rnn/master/data/tinyshakespeare/input.txt']);
  expect(await left()).toEqual(['tinyshakespeare.txt']);

  expect(await tinyShakespeare({ cacheDir, baseUrl })).toBe(text);
  expect(requests).toHaveLength(1);
  await writeFile(join(cacheDir, 'lessons', 'tinyshakespeare.txt'), 'First Citizen:');
  expect(await tinyShakespeare({ cacheDir, baseUrl })).toBe(text);
  expect(requests).toHaveLength(2);
});

test('another text is refused and leaves nothing', async () => {
  answer = (_, response) => response.end('To be, or not to be');
  await expect(tinyShakespeare({ cacheDir, baseUrl })).rejects.toThrow(
    /'tinyshakespeare' is refused: http:.* has the SHA-256 [0-9a-f]{64}, it must be 86c4e6aa/,
  );
  expect(await left()).toEqual([]);
  answer = (_, response) => response.end('a'.repeat(2_000_000));
  await expect(tinyShakespeare({ cacheDir, baseUrl })).rejects.toThrow('has more than 1115394 bytes');
  expect(await left()).toEqual([]);
});

test('where it cannot be had, the error says both ways', async () => {
  answer = (_, response) => response.writeHead(404).end();
  const both = /cannot be read \(404 Not Found\); run again with a network, or .* with --data FILE/;
  await expect(tinyShakespeare({ cacheDir, baseUrl })).rejects.toThrow(both);
  server.close();
  server.closeAllConnections();
  await expect(tinyShakespeare({ cacheDir, baseUrl })).rejects.toThrow(/ECONNREFUSED.*--data FILE/);
});

test('a server that says nothing is given up on, and a signal ends the wait', async () => {
  answer = (_, response) => response.write('First');
  await expect(tinyShakespeare({ cacheDir, baseUrl, timeout: 200 })).rejects.toThrow(/timeout.*--data FILE/);
  const controller = new AbortController();
  const waiting = tinyShakespeare({ cacheDir, baseUrl, signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(await left()).toEqual([]);
});
