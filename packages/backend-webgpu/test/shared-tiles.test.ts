/**
 * Matrix products through workgroup memory, forced on whatever adapter there is: the suite's products against the reference,
 * and bit for bit what the tiles in registers give.
 */
import { reference } from '@inkstone/backend-cpu/reference';
import { allCases, type Case, define, differences, runCase, transposed } from '@inkstone/conformance';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { webgpu } from '../src/index.js';
import { sizeOf } from '../src/indexing.js';
import { chooseTile } from '../src/kernels/matmul.js';
import { adapterClass, type MatmulTile, sharedTiles, tunings } from '../src/tuning.js';
import { dtypes, tolerances } from './tolerances.js';

/** The tiles of one kind, for every product that fills one; with parallelism, long sums are cut into slices. */
const forced = (tile: MatmulTile, parallelism = 1) => ({ ...tunings.GPU, sharedTiles: [tile], parallelism });

/** Few for the larger tiles: software adapters compile them for seconds. */
const chosen: Record<keyof typeof sharedTiles, RegExp> = {
  '128 x 64': /^matmul (100 x 65 x 257, b transposed|128 x 128 x 128)$/,
  '64 x 64': /^matmul (100 x 65 x 257|65 x 65 x 64 TT)$/,
  '32 x 32':
    /^matmul (65 x 65 x 64 ..|257 x 33 x 100|48 heads.*|with a bias.*|added .*|scaled .*|compared.*)$/,
};

const all = Object.values(allCases(dtypes)).flat();

/** A sum so long beside its rows and columns that it is cut into slices. */
const sliced = define('matmul in slices', (builder) => {
  const [m, n, k] = [33, 34, 515];
  const whole = (count: number) => Array.from({ length: count }, (_, i) => ((i * 7) % 17) - 8);
  const a = builder.input('float32', [m, k], whole(m * k));
  const b = builder.input('float32', [k, n], whole(k * n), transposed);
  const outputs = [builder.output('float32', [m, n], { keys: ['exact'] })];
  const epilogue = { epilogue: null, epilogueInputs: [], scalars: [] };
  builder.step({ kind: 'matmul', batch: [], m, n, k, a, b, ...epilogue, outputs });
});

describe.runIf(requireFixture('adapter'))('tiles through workgroup memory', () => {
  let oracle: Awaited<ReturnType<ReturnType<typeof reference>['open']>>;
  beforeAll(async () => {
    oracle = await reference().open();
  });
  afterAll(() => oracle.close());

  /** Runs a case on a device with these tiles; it has to give what the reference gives, and the bits of register tiles. */
  const check = async (testCase: Case, tile: MatmulTile, parallelism?: number) => {
    const tuning = forced(tile, parallelism);
    const [device, registers] = await Promise.all([
      webgpu({ tuning, autotune: false }).open(),
      webgpu({ tuning: { ...tuning, sharedTiles: [] }, autotune: false }).open(),
    ]);
    try {
      const got = await runCase(testCase, device);
      const want = await runCase(testCase, oracle);
      const comparison = { tolerances, flushesSubnormals: true, nonFinite: true, signedZeros: false };
      expect(differences(testCase, got, want, comparison)).toBe('');
      expect(got).toEqual(await runCase(testCase, registers));
    } finally {
      await Promise.all([device.close(), registers.close()]);
    }
  };
  const run = (name: string, tile: MatmulTile, testCase: Case) =>
    test(`${name}: ${testCase.name}`, { timeout: 60_000 }, async () => {
      for (const step of testCase.steps)
        if (step.kind === 'matmul') expect(chooseTile(step, sizeOf(step.batch), forced(tile))).toBe(tile);
      await check(testCase, tile);
    });

  for (const [name, tile] of Object.entries(sharedTiles)) {
    const cases = all.filter((c) => chosen[name as keyof typeof chosen].test(c.name));
    test(`${name}: there are cases`, () => expect(cases.length).toBeGreaterThan(1));
    for (const testCase of cases) run(name, tile, testCase);
  }

  test('32 x 32: in slices', { timeout: 60_000 }, () => check(sliced, sharedTiles['32 x 32'], 512));
});

test('an adapter is told by what it says of itself', () => {
  const kind = (vendor: string, architecture: string, description = '') =>
    adapterClass({ vendor, architecture, description } as GPUAdapterInfo);
  expect(kind('nvidia', 'ampere', 'NVIDIA GeForce RTX 3060')).toBe('GPU');
  expect(kind('amd', 'rdna-3')).toBe('GPU');
  expect(kind('intel', 'xe', 'Intel(R) Iris(R) Xe Graphics')).toBe('integrated GPU');
  expect(kind('intel', 'xe-2hpg')).toBe('GPU');
  expect(kind('intel', 'gen-12hp', 'Intel(R) Arc(TM) A770 Graphics')).toBe('GPU');
  expect(kind('intel', 'gen-12lp')).toBe('integrated GPU');
  expect(kind('intel', 'xe-lpg', 'Intel(R) Arc(TM) Graphics')).toBe('integrated GPU');
  expect(kind('intel', '', 'Intel(R) Arc(TM) A770 Graphics')).toBe('GPU');
  expect(kind('intel', '', 'Intel(R) UHD Graphics 630')).toBe('integrated GPU');
  expect(kind('apple', 'metal-3', 'Apple M2')).toBe('Apple GPU');
  expect(kind('qualcomm', 'adreno-7xx')).toBe('integrated GPU');
  expect(kind('google', 'swiftshader')).toBe('software adapter');
  expect(kind('mesa', '', 'llvmpipe (LLVM 15.0.6, 256 bits)')).toBe('software adapter');
  expect(adapterClass(null)).toBe('GPU');
});
