/** Ops that look at where an element stands give the same bits whatever kernel they are fused into. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import { type Backend, functional as F, manualSeed, rand, type Tensor, use } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const backends: Readonly<Record<string, () => Backend>> = {
  reference: () => reference(),
  cpu: () => cpu({ threads: 2 }),
  ...(requireFixture('adapter') && { webgpu: () => webgpu() }),
};

/** Makes a value; the kernels of products and reductions take what follows into themselves. */
const sources: Readonly<Record<string, () => Tensor>> = {
  'a product of matrices': () => rand(5, 3).matmul(rand(3, 7)),
  'a product of [2, 3, 4] and a matrix': () => rand(2, 3, 4).matmul(rand(4, 5)),
  'a linear layer on [2, 1, 3, 4]': () => F.linear(rand(2, 1, 3, 4), rand(5, 4), rand(5)),
  'a batched product': () => rand(2, 3, 4).matmul(rand(2, 4, 5)),
  'a sum over the first dimension': () => rand(3, 4, 5).sum(0),
  'a sum that keeps its dimension': () => rand(3, 4, 5).sum(0, true),
  'a sum over the middle that keeps it': () => rand(3, 2, 4, 5).sum(1, true),
  'a sum over two dimensions': () => rand(3, 4, 2, 5).sum([0, 2], true),
};

describe.each(Object.entries(backends))('%s', (_, backend) => {
  let device: Awaited<ReturnType<typeof use>>;
  beforeEach(async () => {
    device = await use(backend());
  });
  afterEach(() => device.close());

  test.each(Object.entries(sources))('after %s', async (_name, make) => {
    const looked = async (fused: boolean): Promise<unknown> => {
      manualSeed(2);
      const x = make();
      if (!fused) x.keep();
      manualSeed(3);
      const lower = x.tril();
      const dropped = F.dropout(x, { p: 0.5, rng: 'device' });
      return [await lower.add(1).toArray(), await dropped.mul(2).toArray()];
    };
    expect(await looked(true)).toEqual(await looked(false));
  });
});
