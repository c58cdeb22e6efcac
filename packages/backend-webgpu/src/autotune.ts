/**
 * Which tile suits this adapter: measured once for each size of matrix product, and kept.
 *
 * Only variants that add terms in the same order are candidates, so a choice changes how long a product takes and never a bit of
 * it: checkpoints need not know of it, and a run may go on where another choice was made. On the first use of an
 * adapter squares of a few sizes are multiplied with each tile, timed by timestamp queries where the adapter has them and
 * else by the clock: all tiles of a size by the same one. What is chosen is kept under the names of adapter and driver and a
 * fingerprint of the kernels.
 */
import type { MatmulStep, Plan } from '@inkstone/core/backend';
import type { Adapter } from './adapter.js';
import { WebGPUDevice } from './device.js';
import matmulSource from './kernels/matmul.wgsl';
import blockSource from './kernels/matmul_block.wgsl';
import sharedSource from './kernels/matmul_shared.wgsl';
import { PlanExecutable } from './plan/executable.js';
import { lower } from './plan/lower.js';
import { type Clock, Stopwatch } from './stopwatch.js';
import { adapterClass, type MatmulTile, type Tuning } from './tuning.js';
import type { TuningStore } from './tuning-store.js';

/** Rows and columns of the squares that stand for a size; an adapter that runs on the CPU would take seconds for more. Rising. */
const ladders = { software: [64, 128, 256], GPU: [256, 512, 1024, 2048] };

/** Milliseconds of one product beyond which neither it nor a larger one is timed: choosing would take seconds. */
const longestProduct = 50;

/** How many samples are taken of each candidate; its shortest counts. */
const rounds = 4;

/** What a candidate must take of the default's time to replace it: less would be noise. */
const clearlyLess = 0.95;

export interface AutotuneOptions {
  /** Where choices are kept; null: nowhere. */
  readonly store: TuningStore | null;
  /** Rows and columns of the squares that are timed, rising. Default: by the kind of adapter. */
  readonly sizes?: readonly number[];
}

/** The tiles that are tried, by name: variants of the one in registers, and those through workgroup memory. */
export function candidates({ registerTile, sharedTiles }: Tuning): ReadonlyMap<string, MatmulTile> {
  const { rows, columns4 } = registerTile;
  const tiles = [
    registerTile,
    { ...registerTile, rows: rows / 2 },
    { ...registerTile, rows: rows / 2, columns4: 2 * columns4 },
    ...sharedTiles,
  ].filter((tile) => Number.isInteger(tile.rows));
  return new Map(
    tiles.map((t) => [
      `${t.rows} x ${4 * t.columns4} each, ${t.down} x ${t.across} of them, depth ${t.depth}`,
      t,
    ]),
  );
}

/**
 * The tuning with tiles chosen by measurement, from `store` if it has been made before.
 *
 * An adapter that fails at it keeps the tuning it came with: what is wrong shows when it is used.
 */
export async function autotune(adapter: Adapter, tuning: Tuning, options: AutotuneOptions): Promise<Tuning> {
  const { store } = options;
  const kind = adapterClass(adapter.info) === 'software adapter' ? 'software' : 'GPU';
  const sizes = options.sizes ?? ladders[kind];
  const tiles = candidates(tuning);
  const key = keyOf(adapter, tuning, sizes);
  const kept = parse(await textIn(store, key), sizes, tiles);
  if (kept) return { ...tuning, measuredTiles: kept };
  const device = new WebGPUDevice({ ...adapter, owned: false }, tuning);
  const names: string[] = [];
  try {
    for (const size of sizes) {
      const name = await fastest(device, size, tiles);
      if (name === null) break;
      names.push(name);
    }
  } catch {
    return tuning;
  } finally {
    await device.close();
  }
  const text = JSON.stringify({ sizes, tiles: names });
  try {
    await store?.set(key, text);
  } catch {
    // What cannot be kept is measured again.
  }
  return { ...tuning, measuredTiles: parse(text, sizes, tiles) ?? [] };
}

/** What is kept under this key; null also where the store fails, so that it is measured. */
async function textIn(store: TuningStore | null, key: string): Promise<string | null> {
  try {
    return (await store?.get(key)) ?? null;
  } catch {
    return null;
  }
}

/**
 * The name of the tile that multiplies squares of this size fastest; the first, unless another is clearly faster. Null where one
 * product takes too long for that.
 */
async function fastest(
  device: WebGPUDevice,
  size: number,
  tiles: ReadonlyMap<string, MatmulTile>,
): Promise<string | null> {
  const plan = squares(size);
  const buffers = plan.buffers.map(({ byteLength }) => device.createBuffer(byteLength));
  const stopwatch = new Stopwatch(device, buffers);
  const executables = new Map<string, PlanExecutable>();
  try {
    for (const [name, tile] of tiles) {
      const only = { ...device.tuning, measuredTiles: [{ area: size * size, tile }] };
      const { dispatches, scratchBytes } = lower(plan, only, device.bounds);
      const executable = new PlanExecutable(device, plan, dispatches, scratchBytes);
      executables.set(name, executable);
      // The first run compiles.
      await stopwatch.sample(executable, 1);
      if (executables.size > 1) continue;
      const [a, b] = [await stopwatch.sample(executable, 1), await stopwatch.sample(executable, 1)];
      if (Math.min(a.wall, b.wall) > longestProduct) return null;
    }
    for (const clock of stopwatch.clocks) {
      const times = await compared(stopwatch, clock, executables);
      if (times) return chosen(times);
    }
    return [...tiles.keys()][0] as string;
  } finally {
    stopwatch.dispose();
    for (const executable of executables.values()) executable.dispose();
    for (const buffer of buffers) device.destroyBuffer(buffer);
  }
}

/** Milliseconds of one run of each, by this clock; null if that did not see all of them. */
async function compared(
  stopwatch: Stopwatch,
  clock: Clock,
  executables: ReadonlyMap<string, PlanExecutable>,
): Promise<ReadonlyMap<string, number> | null> {
  const runs = new Map<string, number>();
  for (const [name, executable] of executables) runs.set(name, await stopwatch.runsFor(executable, clock));
  const best = new Map<string, number>();
  // In turns, so that what slows the machine for a while slows all of them.
  for (let round = 0; round < rounds; round++) {
    for (const [name, executable] of executables) {
      const count = runs.get(name) as number;
      const time = (await stopwatch.sample(executable, count))[clock];
      if (time === 0) return null;
      best.set(name, Math.min(time / count, best.get(name) ?? Number.POSITIVE_INFINITY));
    }
  }
  return best;
}

function chosen(times: ReadonlyMap<string, number>): string {
  const [[first, usual], ...others] = [...times] as [[string, number], ...[string, number][]];
  const [name, time] = others.reduce((a, b) => (b[1] < a[1] ? b : a), [first, usual] as [string, number]);
  return time < usual * clearlyLess ? name : first;
}

function squares(size: number): Plan {
  const operand = (buffer: number) => ({
    ...{ buffer, dtype: 'float32' as const, shape: [size, size], strides: [size, 1], offset: 0 },
  });
  const step: MatmulStep = {
    kind: 'matmul',
    label: `autotune ${size}`,
    batch: [],
    ...{ m: size, n: size, k: size, a: operand(0), b: operand(1), scalars: [] },
    ...{ epilogue: null, epilogueInputs: [], outputs: [operand(2)] },
  };
  const buffers = [0, 1, 2].map(() => ({ byteLength: 4 * size * size }));
  return { label: 'autotune', buffers, scalars: [], uploads: [], steps: [step] };
}

/** What a choice depends on: adapter, driver, kernels, candidates. */
function keyOf({ info, device }: Adapter, tuning: Tuning, sizes: readonly number[]): string {
  const { vendor, architecture, device: chip, description } = info ?? {};
  const { driver } = (info ?? {}) as { driver?: string };
  const limits = device.limits.maxComputeWorkgroupStorageSize;
  const about = [...candidates(tuning).keys(), tuning.parallelism, tuning.subgroup, ...sizes].join(';');
  return [
    ...[vendor, architecture, chip, description, driver, limits],
    fingerprint(`${matmulSource}${sharedSource}${blockSource}${about}`),
  ].join('|');
}

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** What was kept, or null if it is not what this version would have written: it is then measured again. */
function parse(
  text: string | null | undefined,
  sizes: readonly number[],
  tiles: ReadonlyMap<string, MatmulTile>,
): Tuning['measuredTiles'] | null {
  if (!text) return null;
  let kept: { tiles?: unknown };
  try {
    kept = JSON.parse(text) as { tiles?: unknown };
  } catch {
    return null;
  }
  const names = kept?.tiles;
  // Fewer than there are sizes where the larger ones take too long.
  if (!Array.isArray(names) || names.length > sizes.length) return null;
  const found = names.map((name) => tiles.get(name as string));
  if (found.includes(undefined)) return null;
  return found.map((tile, i) => ({ area: (sizes[i] as number) ** 2, tile: tile as MatmulTile }));
}
