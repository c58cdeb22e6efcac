/// <reference types="node" />
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWantedFiles, verifyIntegrity } from '../../src/datasets/archive.js';
import { pathMatcher } from '../../src/datasets/descriptor.js';
import { archive, descriptorOf, goodEntries, temporaryFolder } from './registry.js';

const good = archive(goodEntries);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function read(bytes: Uint8Array, signal?: AbortSignal): Promise<Map<string, Uint8Array>> {
  const file = join(folder.path, 'package.tgz');
  await writeFile(file, bytes);
  const dataset = descriptorOf(bytes);
  await verifyIntegrity(dataset, file, { onBytes: () => {} });
  return readWantedFiles(dataset, file, { signal, onBytes: () => {} });
}

test('only the wanted files are taken, to memory', async () => {
  const files = await read(good);
  expect([...files.keys()]).toEqual(['data/part_2.txt', 'data/part_10.txt']);
  expect(new TextDecoder().decode(files.get('data/part_10.txt'))).toBe('十\n');
  expect(await readdir(folder.path)).toEqual(['package.tgz']);
});

test('an archive that ends early is refused, wherever it ends', async () => {
  for (const length of [good.length - 5, good.length >> 1, 30]) {
    await expect(read(good.subarray(0, length))).rejects.toMatchObject({
      name: 'DatasetRejected',
      reason: 'archive',
    });
  }
  const shortTar = gzipSync(gunzipSync(good).subarray(0, 3000));
  await expect(read(shortTar)).rejects.toThrow(/the archive is broken \(.*Truncated input/);
});

test('what is not an archive is refused', async () => {
  await expect(read(Buffer.from('<html>Please log in</html>'))).rejects.toMatchObject({ reason: 'archive' });
  await expect(read(gzipSync('plain text'))).rejects.toMatchObject({ reason: 'archive' });
});

test('a size that no machine has is refused before memory is taken', async () => {
  const tar = gunzipSync(archive([{ path: 'package/data/part_2.txt', body: 'x' }]));
  // The size field, 12 bytes at 124, in base 256: 2^40 bytes. The checksum is the sum with blanks in its place.
  tar.fill(0, 124, 136);
  tar[124] = 0x80;
  tar[130] = 0x01;
  tar.fill(0x20, 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  await expect(read(gzipSync(tar))).rejects.toThrow(/the wanted files have more than 536870912 bytes/);
});

test('reading can be cancelled', async () => {
  const reason = new Error('enough');
  await expect(read(good, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('a star in a pattern stands for anything but a slash', () => {
  const matches = pathMatcher('data/chapter_*.txt');
  expect(['data/chapter_1.txt', 'data/chapter_.txt'].map(matches)).toEqual([true, true]);
  expect(
    ['data/chapter_1/x.txt', 'data/chapter_1xtxt', 'xdata/chapter_1.txt', 'data/chapter_1.txt~'].map(matches),
  ).toEqual([false, false, false, false]);
});
