/** Threads: the same bits for any number of them, and no hang when one dies. */
import { Worker } from 'node:worker_threads';
import { sameBitsSuite } from '@inkstone/conformance';
import { type BackendDevice, DeviceLostError, type Plan } from '@inkstone/core/backend';
import { describe, expect, it, vi } from 'vitest';
import { hasRelaxedSimd, loadBuild } from '../src/build.js';
import { CpuDevice } from '../src/device.js';
import { cpu } from '../src/index.js';
import { ThreadPool } from '../src/threads.js';
import { dtypes } from './suite-options.js';

const builds = hasRelaxedSimd() ? (['simd', 'simd-relaxed'] as const) : (['simd'] as const);

/** y = x * x over many elements: several tasks for each thread. */
const length = 1 << 20;
const operand = (buffer: number) => ({
  buffer,
  dtype: 'float32' as const,
  shape: [length],
  strides: [1],
  offset: 0,
});
const squarePlan: Plan = {
  buffers: [{ byteLength: length * 4 }, { byteLength: length * 4 }],
  scalars: [],
  uploads: [],
  steps: [
    {
      kind: 'pointwise',
      shape: [length],
      inputs: [operand(0)],
      scalars: [],
      program: {
        instructions: [
          { op: 'load', type: 'float32', input: 0 },
          { op: 'mul', type: 'float32', a: 0, b: 0 },
        ],
        outputs: [1],
      },
      outputs: [operand(1)],
    },
  ],
};

function square(device: BackendDevice): () => void {
  const buffers = [device.createBuffer(length * 4), device.createBuffer(length * 4)];
  device.write(buffers[0], 0, new Float32Array(length).fill(3));
  const executable = device.compile(squarePlan);
  return () => executable.run(buffers, [], []);
}

/** The device's pool, to be unkind to its workers. */
interface Inside {
  readonly pool: {
    readonly workers: readonly { terminate(): Promise<number> }[];
    readonly control: number;
    patienceMs: number;
  };
  readonly memory: { readonly memory: WebAssembly.Memory };
}

describe.each(builds)('%s', (build) => {
  // Everything is shared, also what would not be worth it.
  const open = (threads: number) => async () =>
    CpuDevice.open(await loadBuild(build, threads > 1), threads, build, 0);
  describe.each([2, 4])('one thread and %i', (threads) => {
    sameBitsSuite(open(1), open(threads), { dtypes });
  });
});

describe('a thread that dies', () => {
  it('makes the next run throw, and later ones too', async () => {
    const device = await cpu({ threads: 3, build: 'simd' }).open();
    const run = square(device);
    run();
    await (device as unknown as Inside).pool.workers[1].terminate();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(run).toThrow(DeviceLostError);
    expect(await device.lost).toBeInstanceOf(DeviceLostError);
    expect(run).toThrow(DeviceLostError);
    await device.close();
  });

  it('is not missed by runs before anyone knows, and then by all', async () => {
    const device = await cpu({ threads: 2, build: 'simd' }).open();
    const run = square(device);
    run();
    const { pool } = device as unknown as Inside;
    pool.patienceMs = 300;
    const ended = pool.workers[0].terminate();
    // The worker may go between two tasks, which nobody has to notice, or in one, which no one will ever finish.
    const failures: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      try {
        run();
      } catch (error) {
        failures.push(error);
      }
    }
    for (const failure of failures) expect(failure).toBeInstanceOf(DeviceLostError);
    await ended;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(run).toThrow(DeviceLostError);
    await device.close();
  });

  it('is given up if a task of it is never done', async () => {
    const device = await cpu({ threads: 2, build: 'simd' }).open();
    const run = square(device);
    run();
    const { pool, memory } = device as unknown as Inside;
    pool.patienceMs = 300;
    // Takes a task like a worker, from the ticket in the control block, and never does it.
    const thief = `const { workerData } = require('node:worker_threads');
      const tickets = new BigInt64Array(workerData.buffer, workerData.control + 64, 1);
      for (const end = Date.now() + 20_000; Date.now() < end; ) {
        const ticket = Atomics.load(tickets, 0);
        const isOpen = (ticket & 0xffffffffn) > 0n;
        if (isOpen && Atomics.compareExchange(tickets, 0, ticket, ticket - 1n) === ticket) break;
      }`;
    const workerData = { buffer: memory.memory.buffer, control: pool.control };
    const worker = new Worker(thief, { eval: true, workerData });
    await new Promise((resolve) => worker.once('online', resolve));
    let failure: unknown;
    for (const end = performance.now() + 20_000; !failure && performance.now() < end; ) {
      try {
        run();
      } catch (error) {
        failure = error;
      }
    }
    expect(failure).toBeInstanceOf(DeviceLostError);
    expect(String(failure)).toMatch(/does not answer/);
    await worker.terminate();
    await device.close();
  });

  it('shows signs of life within a task, however long', async () => {
    const device = await CpuDevice.open(await loadBuild('simd', true), 2, 'simd', 0);
    const { pool, memory } = device as unknown as Inside;
    const [rows, columns] = [4, 1 << 15];
    const matrix = (buffer: number, dtype: 'float32' | 'int32') => ({
      buffer,
      dtype,
      shape: [rows, columns],
      strides: [columns, 1],
      offset: 0,
    });
    const byteLength = rows * columns * 4;
    const buffers = [device.createBuffer(byteLength), device.createBuffer(byteLength)];
    device.write(
      buffers[0],
      0,
      Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i)),
    );
    const [x, indices] = [matrix(0, 'float32'), matrix(1, 'int32')];
    const executable = device.compile({
      buffers: [{ byteLength }, { byteLength }],
      scalars: [],
      uploads: [],
      steps: [{ kind: 'sort', rows, columns, count: columns, descending: false, x, indices }],
    });
    // A row is a task, which takes four passes.
    const signs = new Int32Array(memory.memory.buffer, pool.control + 128, 2);
    let seen = 0;
    for (const end = performance.now() + 60_000; seen === 0 && performance.now() < end; ) {
      const before = signs[1];
      executable.run(buffers, [], []);
      seen = signs[1] - before;
    }
    expect(seen).toBeGreaterThan(rows);
    await device.close();
  });

  it('is not thought dead because the process stood still', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const pool = new ThreadPool(memory, 0, 2, () => {});
    const clock = vi.spyOn(performance, 'now');
    const askedAt = (ms: number): boolean => {
      clock.mockReturnValue(ms);
      return pool.stalled();
    };
    pool.begin();
    expect(askedAt(1000)).toBe(false);
    expect(askedAt(1050)).toBe(false);
    // Stopped for a minute, and back.
    expect(askedAt(61_050)).toBe(false);
    expect(askedAt(61_100)).toBe(false);
    // Waiting all the time.
    let given = 61_100;
    while (!askedAt(given) && given < 100_000) given += 50;
    clock.mockRestore();
    expect(given).toBeGreaterThan(61_100 + 13_000);
    expect(given).toBeLessThan(61_100 + 15_000);
  });

  it('leaves other devices alone', async () => {
    const [first, second] = await Promise.all([cpu({ threads: 2 }).open(), cpu({ threads: 2 }).open()]);
    await (first as unknown as Inside).pool.workers[0].terminate();
    square(second)();
    await first.close();
    await second.close();
  });
});

describe('options', () => {
  it.each([0, -1, 1.5, 65, Number.NaN])('refuses %s threads', (threads) => {
    expect(() => cpu({ threads })).toThrow(
      `threads is 'auto' or a whole number from 1 to 64, got ${threads}`,
    );
  });

  it('shows what it refuses, whatever it is', () => {
    expect(() => cpu({ threads: 2n as unknown as number })).toThrow(/1 to 64, got 2/);
    expect(() => cpu({ build: 'SIMD' as 'simd' })).toThrow(/got "SIMD"/);
  });

  it('says what it runs on', async () => {
    const device = await cpu({ threads: 2, build: 'simd' }).open();
    expect(device.description).toBe('WebAssembly SIMD, 2 threads');
    await device.close();
    expect(() => device.createBuffer(4)).toThrow(/closed/);
  });
});
