/**
 * A GPU whose memory runs out: WebGPU says so a while after a buffer was made, through the error scope around that. What is
 * kept for reuse makes room; where that is not enough, what was asked for is refused by its size, and nothing else is lost.
 */
import { manualSeed, nn, OutOfMemoryError, ones, optim, Tensor, tensor, use } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { webgpu } from '../src/index.js';

/** The memory of a GPU, as far as it is counted: buffers beyond it are not there, whatever is done with them. */
class ScarceMemory {
  bytes = 0;
  refused = 0;
  limit = Number.POSITIVE_INFINITY;
  private readonly scopes: { filter: GPUErrorFilter; error: boolean }[] = [];

  constructor(gpu: GPUDevice) {
    const create = gpu.createBuffer.bind(gpu);
    const [push, pop] = [gpu.pushErrorScope.bind(gpu), gpu.popErrorScope.bind(gpu)];
    gpu.createBuffer = (descriptor) => {
      const buffer = create(descriptor);
      const { size } = descriptor;
      const isStorage = (descriptor.usage & GPUBufferUsage.STORAGE) !== 0;
      if (!isStorage) return buffer;
      if (this.bytes + size > this.limit) {
        this.refused++;
        const scope = this.scopes.findLast(({ filter }) => filter === 'out-of-memory');
        if (!scope) throw new Error('nobody listens');
        scope.error = true;
        // Who uses it all the same gets a validation error.
        buffer.destroy();
        return buffer;
      }
      this.bytes += size;
      const destroy = buffer.destroy.bind(buffer);
      let isThere = true;
      buffer.destroy = () => {
        if (isThere) this.bytes -= size;
        isThere = false;
        return destroy();
      };
      return buffer;
    };
    gpu.pushErrorScope = (filter) => {
      this.scopes.push({ filter, error: false });
      return push(filter);
    };
    gpu.popErrorScope = async () => {
      const scope = this.scopes.pop();
      const error = await pop();
      return scope?.error ? new GPUOutOfMemoryError('no room') : error;
    };
  }
}

describe.runIf(requireFixture('adapter'))('a GPU without memory', () => {
  let device: Awaited<ReturnType<typeof use>>;
  let memory: ScarceMemory;
  beforeEach(async () => {
    device = await use(webgpu({ autotune: false }));
    memory = new ScarceMemory((device.backend as unknown as { gpu: GPUDevice }).gpu);
  });
  afterEach(() => device.close());

  const megabyte = 2 ** 20;
  /** So many twos, which have to be in memory since a reduction of another shape reads them. */
  const column = (length: number) => ones(length).mul(2).keep();

  test('takes what waits for reuse', async () => {
    // Two results of a megabyte, which are read and given back to the pool.
    for (const length of [megabyte / 4, megabyte / 4 + 40_000]) await column(length).toArray();
    memory.limit = memory.bytes + 100_000;
    const large = column(megabyte / 2);
    expect(await large.sum().item()).toBe(megabyte);
    expect(memory.refused).toBeGreaterThan(0);
  });

  test('refuses what it has no room for by its size, and goes on', async () => {
    const kept = column(1000);
    expect(await kept.max().item()).toBe(2);
    memory.limit = memory.bytes + megabyte;
    const large = column(megabyte);
    const after = large.add(1).sum();
    await expect(large.max().item()).rejects.toThrow(OutOfMemoryError);
    await expect(large.max().item()).rejects.toThrow(
      /the GPU has no memory for a buffer of 4194304 bytes, beside \d+ bytes in \d+ buffers that are there: no room/,
    );
    await expect(after.item()).rejects.toThrow(OutOfMemoryError);
    expect(await kept.sum().item()).toBe(2000);
    expect(await column(100_000).sum().item()).toBe(200_000);
    // With room for it, it can be computed after all.
    memory.limit = Number.POSITIVE_INFINITY;
    expect(await column(megabyte).max().item()).toBe(2);
  });

  test('a training step that it has no room for changes nothing', async () => {
    const run = async (disturb: boolean) => {
      memory.limit = Number.POSITIVE_INFINITY;
      manualSeed(1);
      const model = new nn.Linear(8, 4);
      const optimizer = new optim.AdamW(model.parameters(), { lr: 0.1 });
      const step = async (rows: number) => {
        const loss = model.forward(ones(rows, 8)).pow(2).mean();
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss.item();
      };
      const losses = [await step(4), await step(4), await step(4)];
      if (disturb) {
        memory.limit = memory.bytes + 100_000;
        await expect(step(500_000)).rejects.toThrow(OutOfMemoryError);
        await expect(step(500_000)).rejects.toThrow(/no memory for a buffer of \d+ bytes/);
      }
      const weight = await model.weight.toArray();
      losses.push(await step(4));
      return { weight, losses };
    };
    const usual = await run(false);
    const disturbed = await run(true);
    expect(disturbed.weight).toEqual(usual.weight);
    expect(disturbed.losses.slice(0, 3)).toEqual(usual.losses.slice(0, 3));
    expect(disturbed.losses[3]).toBe(usual.losses[3]);
  });

  test('what is written from the host is refused as well', async () => {
    memory.limit = memory.bytes + 1000;
    const large = tensor(new Float32Array(10_000).fill(3));
    await expect(large.mul(2).sum().item()).rejects.toThrow(/no memory for a buffer of \d+ bytes/);
    memory.limit = Number.POSITIVE_INFINITY;
    expect(await tensor([1, 2]).sum().item()).toBe(3);
    expect(large).toBeInstanceOf(Tensor);
  });
});
