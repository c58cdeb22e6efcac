/** What is measured on an adapter: that it is kept, found again, checked, and changes no bit of a result. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allCases, type Case, runCase } from '@inkstone/conformance';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Adapter, openAdapter } from '../src/adapter.js';
import { autotune, candidates } from '../src/autotune.js';
import type { WebGPUDevice } from '../src/device.js';
import { webgpu } from '../src/index.js';
import { chooseTile } from '../src/kernels/matmul.js';
import { Stopwatch } from '../src/stopwatch.js';
import { chooseTuning, sharedTiles, tunings } from '../src/tuning.js';
import { databaseStore, folderStore, platformStore, type TuningStore } from '../src/tuning-store.js';
import { dtypes } from './tolerances.js';

class MemoryStore implements TuningStore {
  readonly kept = new Map<string, string>();
  get = async (key: string) => this.kept.get(key) ?? null;
  set = async (key: string, text: string) => void this.kept.set(key, text);
}

describe('the tile of a product', () => {
  const [small, large] = [sharedTiles['32 x 32'], sharedTiles['128 x 64']];
  const measuredTiles = [
    { area: 256 ** 2, tile: small },
    { area: 2048 ** 2, tile: large },
  ];
  const tuning = { ...tunings.GPU, measuredTiles };
  const tile = (m: number, n: number, products = 1) => chooseTile({ m, n }, products, tuning);

  test('is what was measured at the nearest size', () => {
    expect(tile(256, 256)).toBe(small);
    expect(tile(500, 500)).toBe(small);
    expect(tile(1500, 1500)).toBe(large);
    expect(tile(4096, 4096)).toBe(large);
    expect(tile(64, 64, 16)).toBe(small);
  });

  test('is one in registers where the matrix is too narrow for that', () => {
    expect(tile(16, 8192)).toEqual(tunings.GPU.registerTile);
    expect(tile(3, 1 << 20)).toEqual({ ...tunings.GPU.registerTile, rows: 3 });
  });

  test('follows from the kind of adapter below all sizes that were measured', () => {
    expect(tile(100, 100)).toEqual(chooseTile({ m: 100, n: 100 }, 1, tunings.GPU));
  });
});

describe.runIf(requireFixture('adapter'))('measuring', () => {
  let adapter: Adapter;
  let made: number;
  const sizes = [32, 64];
  beforeAll(async () => {
    adapter = await openAdapter({});
  });
  afterAll(() => adapter.device.destroy());
  beforeEach(() => {
    made = 0;
    const { prototype } = globalThis.GPUDevice;
    const original = prototype.createComputePipelineAsync;
    vi.spyOn(prototype, 'createComputePipelineAsync').mockImplementation(function (this: GPUDevice, d) {
      made++;
      return original.call(this, d);
    });
  });
  afterEach(() => vi.restoreAllMocks());

  test('chooses one of the candidates for each size, once', async () => {
    const tuning = chooseTuning(adapter);
    const store = new MemoryStore();
    const tuned = await autotune(adapter, tuning, { store, sizes });
    expect(tuned).toEqual({ ...tuning, measuredTiles: expect.any(Array) });
    expect(tuned.measuredTiles.map(({ area }) => area)).toEqual([32 ** 2, 64 ** 2]);
    for (const { tile } of tuned.measuredTiles) expect([...candidates(tuning).values()]).toContainEqual(tile);
    expect(made).toBeGreaterThanOrEqual(candidates(tuning).size);
    expect([...store.kept.keys()]).toEqual([expect.stringContaining(adapter.info?.vendor ?? '')]);

    made = 0;
    expect(await autotune(adapter, tuning, { store, sizes })).toEqual(tuned);
    expect(made).toBe(0);
  });

  test.each([
    'no JSON',
    'null',
    '{"tiles":["another"]}',
    '{"tiles":["a tile that is gone","a tile that is gone"]}',
  ])('measures again where %s was kept', async (damaged) => {
    const tuning = chooseTuning(adapter);
    const store = new MemoryStore();
    await autotune(adapter, tuning, { store, sizes });
    const [[key, text]] = store.kept as unknown as [[string, string]];
    store.kept.set(key, damaged);
    made = 0;
    const tuned = await autotune(adapter, tuning, { store, sizes });
    expect(tuned.measuredTiles).toHaveLength(2);
    expect(made).toBeGreaterThan(0);
    expect(Object.keys(JSON.parse(store.kept.get(key) as string))).toEqual(Object.keys(JSON.parse(text)));
  });

  test('times by the clock where there are no timestamps, and keeps to what it had where the adapter fails', async () => {
    const tuning = chooseTuning(adapter);
    const features = {
      has: (name: string) => name !== 'timestamp-query' && adapter.device.features.has(name),
    };
    const device = new Proxy(adapter.device, {
      get: (target, name) => {
        if (name === 'features') return features;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const tuned = await autotune({ ...adapter, device }, tuning, { store: null, sizes });
    expect(tuned.measuredTiles).toHaveLength(2);

    vi.restoreAllMocks();
    vi.spyOn(globalThis.GPUDevice.prototype, 'createComputePipelineAsync').mockRejectedValue(new Error('no'));
    const store = new MemoryStore();
    expect(await autotune(adapter, tuning, { store, sizes })).toEqual(tuning);
    expect(store.kept.size).toBe(0);
  });

  test('compares all tiles of a size by one clock: the one that saw all of them', async () => {
    const tuning = chooseTuning(adapter);
    const tiles = [...candidates(tuning).values()];
    const order: unknown[] = [];
    vi.spyOn(Stopwatch.prototype, 'clocks', 'get').mockReturnValue(['timestamps', 'wall']);
    vi.spyOn(Stopwatch.prototype, 'sample').mockImplementation(async (executable, runs) => {
      if (!order.includes(executable)) order.push(executable);
      const second = order.indexOf(executable) === 1;
      return { timestamps: second ? 0 : 5 * runs, wall: (second ? 20 : 40) * runs };
    });
    const { measuredTiles } = await autotune(adapter, tuning, { store: null, sizes: [32] });
    expect(measuredTiles).toEqual([{ area: 32 ** 2, tile: tiles[1] }]);
  });

  test('takes as many runs for a sample as its clock needs', async () => {
    const stopwatch = { sample: vi.fn(), runsFor: Stopwatch.prototype.runsFor };
    const runsFor = (clock: 'timestamps' | 'wall') =>
      stopwatch.runsFor.call(stopwatch as unknown as Stopwatch, {} as never, clock);
    // A clock that ticks every 65 microseconds, and runs that take 3.
    stopwatch.sample.mockImplementation(async (_, runs) => ({
      timestamps: Math.floor((0.003 * runs) / 0.065536) * 0.065536,
      wall: 1 + 0.003 * runs,
    }));
    const runs = await runsFor('timestamps');
    expect(0.003 * runs).toBeGreaterThan(5);
    expect(0.003 * runs).toBeLessThan(10);
    stopwatch.sample.mockResolvedValue({ timestamps: 400, wall: 401 });
    expect(await runsFor('timestamps')).toBe(1);
    stopwatch.sample.mockImplementation(async (_, runs) => ({ timestamps: 0, wall: runs }));
    expect(await runsFor('timestamps')).toBeLessThan(100);
  });

  test('goes no further up the sizes than products are quick, and keeps that', async () => {
    const tuning = chooseTuning(adapter);
    const store = new MemoryStore();
    vi.spyOn(Stopwatch.prototype, 'clocks', 'get').mockReturnValue(['wall']);
    const spy = vi.spyOn(Stopwatch.prototype, 'sample');
    let tried = 0;
    spy.mockImplementation(async () => ({ timestamps: 0, wall: tried++ < 3 ? 30 : 60 }));
    const tuned = await autotune(adapter, tuning, { store, sizes: [32, 64, 128] });
    expect(tuned.measuredTiles.map(({ area }) => area)).toEqual([32 ** 2]);
    spy.mockClear();
    expect(await autotune(adapter, tuning, { store, sizes: [32, 64, 128] })).toEqual(tuned);
    expect(spy).not.toHaveBeenCalled();
  });

  test('is done without a store that fails', async () => {
    const fails = () => Promise.reject(new Error('no storage'));
    const tuned = await autotune(adapter, chooseTuning(adapter), {
      store: { get: fails, set: fails },
      sizes,
    });
    expect(tuned.measuredTiles).toHaveLength(2);
  });

  test('is not done on a GPU whose tiles are given', async () => {
    const gpu = adapter.instance as GPU;
    const requestAdapter = async (options?: GPURequestAdapterOptions) =>
      new Proxy((await gpu.requestAdapter(options)) as GPUAdapter, {
        get: (target, name) => {
          if (name === 'info') return { vendor: 'nvidia', architecture: 'ampere' };
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    vi.stubGlobal('navigator', { gpu: { requestAdapter } });
    try {
      const measuredTiles = [{ area: 1, tile: tunings.GPU.registerTile }];
      const device = (await webgpu({ tuning: { measuredTiles } }).open()) as WebGPUDevice;
      expect(device.tuning).toEqual({ ...tunings.GPU, measuredTiles });
      expect(made).toBe(0);
      await device.close();
    } finally {
      vi.unstubAllGlobals();
    }
  });

  const named = ['matmul 65 x 65 x 64', 'matmul 100 x 65 x 257', 'matmul long sums'];
  const cases = Object.values(allCases(dtypes))
    .flat()
    .filter(({ name }) => named.includes(name));

  test('no candidate changes a bit of a product', async () => {
    expect(cases).toHaveLength(named.length);
    const results: Float64Array[][] = [];
    const tuning = chooseTuning(adapter);
    for (const tile of candidates(tuning).values()) {
      const device = await webgpu({ tuning: { measuredTiles: [{ area: 1, tile }] }, autotune: false }).open();
      results.push([]);
      for (const testCase of cases as Case[]) results.at(-1)?.push(...(await runCase(testCase, device)));
      await device.close();
    }
    expect(results.length).toBeGreaterThan(1);
    for (const result of results) expect(result).toEqual(results[0]);
  });

  test('of a device that is opened is kept in the cache folder of the user, and only where asked for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'inkstone-tuning-'));
    vi.stubEnv('XDG_CACHE_HOME', folder);
    try {
      const open = async (options: { autotune?: boolean }) => {
        const device = (await webgpu(options).open()) as WebGPUDevice;
        await device.close();
        return device.tuning.measuredTiles;
      };
      expect(await open({ autotune: false })).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
      const measured = await open({ autotune: true });
      expect(measured.length).toBeGreaterThan(1);
      expect(await readdir(join(folder, 'inkstone'))).toEqual([
        expect.stringMatching(/^webgpu-tuning-[0-9a-f]{32}\.json$/),
      ]);
      made = 0;
      expect(await open({ autotune: true })).toEqual(measured);
      expect(made).toBe(0);
    } finally {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
    }
  });
});

test('candidates are told apart by all that makes a tile, and have whole rows', () => {
  const wide = { rows: 3, columns4: 1, across: 8, down: 4, depth: 16 };
  const other = { ...wide, columns4: 2, across: 4 };
  const tuning = { ...tunings.GPU, registerTile: { ...wide, down: 1, depth: 0 }, sharedTiles: [wide, other] };
  expect([...candidates(tuning).values()]).toEqual([tuning.registerTile, wide, other]);
});

test('there is no store where the platform refuses one', () => {
  const spy = vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => {
    throw new Error('no such thing');
  });
  expect(platformStore()).toBeNull();
  spy.mockRestore();
});

test('a database that never answers is waited for a second', async () => {
  vi.useFakeTimers();
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  try {
    const got = databaseStore().get('a');
    await vi.advanceTimersByTimeAsync(1000);
    expect(await got).toBeNull();
  } finally {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  }
});

test.each(['', 'relative'])('a cache folder of %j counts as none', async (path) => {
  const home = await mkdtemp(join(tmpdir(), 'inkstone-tuning-'));
  for (const name of ['XDG_CACHE_HOME', 'LOCALAPPDATA']) vi.stubEnv(name, path);
  for (const name of ['HOME', 'USERPROFILE']) vi.stubEnv(name, home);
  try {
    await folderStore().set('a', '1');
    expect(await readdir(join(home, '.cache', 'inkstone'))).toHaveLength(1);
  } finally {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true });
  }
});

test('the store of a folder keeps keys apart, and gets over a damaged or unwritable file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'inkstone-tuning-'));
  try {
    const store = folderStore(folder);
    expect(await store.get('a')).toBeNull();
    await store.set('a', '1');
    await store.set('b', '2');
    expect([await store.get('a'), await store.get('b'), await store.get('toString')]).toEqual([
      '1',
      '2',
      null,
    ]);
    // Nothing is lost between writers, and no draft is left.
    const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
    await Promise.all(keys.flatMap((key) => [store.set(key, key), store.set(key, key)]));
    expect(await Promise.all(keys.map((key) => store.get(key)))).toEqual(keys);
    expect(await readdir(folder)).toHaveLength(22);
    const only = join(folder, 'only');
    await folderStore(only).set('a', '1');
    const [name] = (await readdir(only)) as [string];
    const file = join(folder, name);
    for (const damaged of ['', 'null', '[1]', '{"key":"a","text":1}', '{"key":"b","text":"2"}']) {
      await writeFile(file, damaged);
      expect(await store.get('a')).toBeNull();
    }
    await store.set('a', '3');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ key: 'a', text: '3' });
    const nowhere = folderStore(join(file, 'below'));
    await nowhere.set('a', '1');
    expect(await nowhere.get('a')).toBeNull();
  } finally {
    await rm(folder, { recursive: true });
  }
});
