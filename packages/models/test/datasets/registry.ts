/// <reference types="node" />
/** A package registry on the loopback interface with one package in it, and archives as a stranger might make them. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import type { PackageDataset } from '../../src/datasets/index.js';

/** One entry of an archive; `link` makes it a symbolic link. */
export interface Entry {
  readonly path: string;
  readonly body?: string;
  readonly link?: string;
}

/** A packed package with exactly these entries, whatever their paths say. */
export function archive(entries: readonly Entry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, body = '', link } of entries) {
    const bytes = Buffer.from(body);
    const header = new Header({
      path,
      mode: 0o644,
      size: bytes.length,
      type: link === undefined ? 'File' : 'SymbolicLink',
      ...(link === undefined ? {} : { linkpath: link }),
      mtime: new Date(0),
    });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    blocks.push(block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

/** The package that the registry has. */
export const packageName = 'inkstone-fixture';
export const version = '1.2.3';

/** The files of a good package. */
export const goodEntries: readonly Entry[] = [
  { path: 'package/package.json', body: JSON.stringify({ name: packageName, version }) },
  { path: 'package/data/part_2.txt', body: '二\n' },
  { path: 'package/data/part_10.txt', body: '十\n' },
  { path: 'package/other/large.txt', body: 'not wanted '.repeat(5000) },
];

/** A descriptor for an archive: what its author saw. */
export function descriptorOf(bytes: Uint8Array, overrides: Partial<PackageDataset> = {}): PackageDataset {
  return {
    kind: 'package',
    name: 'fixture',
    title: 'A fixture',
    package: packageName,
    version,
    integrity: integrityOf(bytes),
    size: bytes.length,
    license: 'MIT',
    files: ['data/part_*.txt'],
    toText: (files) => [...files.values()].map((file) => Buffer.from(file).toString('utf8')).join(''),
    ...overrides,
  };
}

/** How the registry behaves. */
export interface Behaviour {
  /** What it serves as the package. */
  readonly served: Uint8Array;
  /** The integrity that its records state; that of what it serves unless told otherwise. */
  readonly stated?: string;
  /** `hang`: half of the package and then silence; `cut`: half of it and then a closed connection. */
  readonly fault?: 'hang' | 'cut' | 'all-then-hang';
}

/** A running registry. */
export interface Registry {
  readonly url: string;
  /** How often the package was asked for. */
  downloads(): number;
  /** Resolves when half of the package has been sent. */
  readonly halfSent: Promise<void>;
  /** Resolves when the client has closed a connection that hangs. */
  readonly hungUp: Promise<void>;
  close(): Promise<void>;
}

/** Starts a registry on a free port of the loopback interface. */
export async function startRegistry({ served, stated, fault }: Behaviour): Promise<Registry> {
  let downloads = 0;
  let noteHalf = (): void => {};
  let noteHungUp = (): void => {};
  const halfSent = new Promise<void>((resolve) => {
    noteHalf = resolve;
  });
  const hungUp = new Promise<void>((resolve) => {
    noteHungUp = resolve;
  });

  const sendPackage = (response: ServerResponse): void => {
    downloads++;
    if (fault === undefined) {
      response.end(served);
      return;
    }
    const part = fault === 'all-then-hang' ? served : served.subarray(0, served.length >> 1);
    response.setHeader('content-length', served.length + 1);
    response.write(part, () => {
      noteHalf();
      if (fault === 'cut') response.destroy();
    });
    response.on('close', noteHungUp);
  };

  const server = createServer((request, response) => {
    if (request.url === `/${packageName}`) {
      const tarball = `${url}/${packageName}/-/${packageName}-${version}.tgz`;
      const dist = { tarball, integrity: stated ?? integrityOf(served) };
      const versions = { [version]: { name: packageName, version, dist } };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ name: packageName, 'dist-tags': { latest: version }, versions }));
    } else if (request.url?.endsWith('.tgz')) {
      sendPackage(response);
    } else {
      response.statusCode = 404;
      response.end('{}');
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    downloads: () => downloads,
    halfSent,
    hungUp,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * Points the npm that this process starts at a registry, with nothing of the machine's own settings in between.
 * Returns what puts the environment back.
 */
export function useRegistry(url: string): () => void {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) {
    if (/^npm_config_|_proxy$/i.test(name)) delete process.env[name];
  }
  process.env.npm_config_registry = url;
  process.env.npm_config_userconfig = join(tmpdir(), 'inkstone-no-such-npmrc');
  return () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  };
}

/** A folder for one test. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'inkstone-datasets-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
