/// <reference types="node" />
/** Tensors from and to files: NumPy's, and safetensors read tensor by tensor from a Blob, a file and a URL. */
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reference } from '@inkstone/backend-cpu/reference';
import { type Device, nn, open, setDefaultDevice, tensor } from '@inkstone/core';
import {
  loadNpy,
  loadNpz,
  NumpyFileError,
  openSafetensors,
  readNpy,
  SafetensorsError,
  saveNpy,
  saveNpz,
  saveSafetensors,
  writeNpy,
} from '@inkstone/core/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let device: Device;
beforeAll(async () => {
  device = await open(reference());
  setDefaultDevice(device);
});
afterAll(() => device.close());

describe("NumPy's files", () => {
  it.each([
    ['float32', [[0.5, -2], [3, 4]]], // biome-ignore format: a matrix
    ['float64', [0.1, 0.2]],
    ['int32', [[1], [-7]]],
    ['uint8', [255, 0]],
    ['bool', [true, false, true]],
  ] as const)('a tensor of dtype %s comes back', async (dtype, values) => {
    const x = tensor(values, { dtype });
    const file = await saveNpy(x);
    expect(readNpy(file).shape).toEqual(x.shape);
    const back = loadNpy(file);
    expect(back.dtype).toBe(dtype);
    expect(await back.toArray()).toEqual(values);
  });

  it('a model comes back from an archive, on the device that is named', async () => {
    const model = new nn.Linear(3, 2);
    for (const compressed of [false, true]) {
      const other = await open(reference());
      const state = await loadNpz(await saveNpz(model.stateDict(), { compressed }), { device: other });
      expect([...state.keys()]).toEqual(['weight', 'bias']);
      expect(state.get('weight')?.device).toBe(other);
      expect(await state.get('weight')?.toArray()).toEqual(await model.weight.toArray());
      await other.close();
    }
  });

  it('what a tensor cannot hold is an error that names the file', () => {
    const wide = writeNpy({ shape: [1], data: BigInt64Array.of(2n ** 40n) });
    expect(() => loadNpy(wide, { file: 'ids.npy' })).toThrow(/^ids\.npy: element 0 is 1099511627776/);
    expect(() => loadNpy(wide)).toThrow(NumpyFileError);
    const complex = writeNpy({ shape: [1], dtype: 'C64', data: Float32Array.of(1, 2) });
    expect(() => loadNpy(complex)).toThrow(/complex/);
  });
});

describe('safetensors, tensor by tensor', () => {
  let bytes: Uint8Array;
  let folder = '';
  let server: Server;
  let base = '';
  const asked: string[] = [];
  /** Larger than what is fetched at first. */
  const rows = 20_000;

  beforeAll(async () => {
    const big = tensor(Float32Array.from({ length: rows * 2 }, (_, i) => i)).reshape(rows, 2);
    bytes = await saveSafetensors(new Map([['big', big], ['small', tensor([1, 2, 3])]])); // biome-ignore format: two tensors
    folder = await mkdtemp(join(tmpdir(), 'inkstone-io-'));
    await writeFile(join(folder, 'm.safetensors'), bytes);
    server = createServer((request, response) => {
      const range = request.headers.range?.match(/^bytes=(\d+)-(\d+)$/);
      asked.push(request.headers.range ?? '');
      if (request.url === '/missing') response.writeHead(404, 'Not Found').end();
      else if (range && request.url === '/ranges') {
        const [begin, end] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
        response.writeHead(206, { 'Content-Range': `bytes ${begin}-${end}/${bytes.length}` });
        response.end(bytes.subarray(begin, end + 1));
      } else response.writeHead(200).end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const sources = {
    'a Blob': async () => new Blob([bytes as BlobPart]),
    'a file of Node': () => openAsBlob(join(folder, 'm.safetensors')),
    'a URL with ranges': async () => new URL(`${base}/ranges`),
    'a URL without ranges': async () => new URL(`${base}/whole`),
    'spans of bytes': async () => ({
      byteLength: bytes.length,
      read: async (begin: number, end: number) => bytes.slice(begin, end),
    }),
  };
  it.each(Object.entries(sources))('%s', async (_, source) => {
    const file = await openSafetensors(await source());
    expect(file.keys).toEqual(['big', 'small']);
    expect(file.has('big') && !file.has('none')).toBe(true);
    expect(await (await file.load('small')).toArray()).toEqual([1, 2, 3]);
    const big = await file.load('big');
    expect(big.shape).toEqual([rows, 2]);
    expect(await big.select(0, rows - 1).toArray()).toEqual([2 * rows - 2, 2 * rows - 1]);
    await expect(file.get('none')).rejects.toThrow(/tensor "none": not in the file/);
  });

  it('of a URL with ranges, no more is fetched than is asked for', async () => {
    asked.length = 0;
    const file = await openSafetensors(new URL(`${base}/ranges`));
    await file.get('small');
    expect(asked).toHaveLength(2);
    const [begin, end] = (asked[1].match(/\d+/g) as string[]).map(Number);
    expect(end - begin + 1).toBe(12);
  });

  it('trouble is named', async () => {
    await expect(openSafetensors(new URL(`${base}/missing`))).rejects.toThrow(/\/missing: .* 404 Not Found/);
    const short = { byteLength: bytes.length, read: async () => bytes.slice(0, 10) };
    await expect(openSafetensors(short, { file: 'm' })).rejects.toThrow(/^m: .* bytes from 0 on are 10/);
    await expect(openSafetensors(new Blob(['hello']))).rejects.toThrow(SafetensorsError);
    const cut = new Blob([bytes.subarray(0, 300) as BlobPart]);
    await expect(openSafetensors(cut, { file: 'm' })).rejects.toThrow(/^m: .*truncated/);
  });
});
