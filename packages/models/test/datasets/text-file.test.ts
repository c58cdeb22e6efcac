/// <reference types="node" />
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTextFile, TextFileError, type TextFileReason } from '../../src/datasets/index.js';
import { temporaryFolder } from './registry.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, content);
  return path;
}

async function refused(path: string, reason: TextFileReason, why: string): Promise<TextFileError> {
  const error = await loadTextFile(path).then(
    () => expect.unreachable('it must not load'),
    (thrown: unknown) => thrown as TextFileError,
  );
  expect(error).toBeInstanceOf(TextFileError);
  expect(error).toMatchObject({ path, reason, message: `${path}: ${why}` });
  return error;
}

test('a UTF-8 file is read as it is', async () => {
  const text = '  春眠不觉晓，\r\n𧣴 naïve\n';
  expect(await loadTextFile(await file('poem.txt', text))).toBe(text);
});

test('a byte order mark is left out', async () => {
  expect(await loadTextFile(await file('bom.txt', '\uFEFF春'))).toBe('春');
});

test('what is not there, or not a file, is named', async () => {
  await refused(join(folder.path, 'absent.txt'), 'missing', 'there is no such file');
  await refused(join(await file('plain', 'x'), 'below.txt'), 'missing', 'there is no such file');
  const inside = join(folder.path, 'inside');
  await mkdir(inside);
  await refused(inside, 'directory', 'is a folder, must be a text file');
});

test('an empty file is named, also when it only looks empty', async () => {
  await refused(await file('empty.txt', ''), 'empty', 'is empty (0 bytes)');
  await refused(await file('blank.txt', '\uFEFF \n\t\n'), 'empty', 'has nothing but white space');
});

test('a file that is not UTF-8 is named with the offset of the first bad byte', async () => {
  const gbk = await file('gbk.txt', Uint8Array.of(0x61, 0x0a, 0xb4, 0xba)); // 春 in GBK
  const error = await refused(gbk, 'encoding', 'not UTF-8: bad byte 0xB4 at offset 2');
  expect(error.offset).toBe(2);
});

test('a path that cannot be opened is named with the reason of the system', async () => {
  const error = await loadTextFile('a\0b').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'TextFileError', reason: 'unreadable' });
  expect((error as TextFileError).message).toMatch(/cannot be read \(.*null bytes/);
});
