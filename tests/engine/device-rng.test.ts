/** Dropout whose factors the device computes: `rng: 'device'`. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import {
  type Backend,
  checkpoint,
  functional as F,
  manualSeed,
  nn,
  ones,
  optim,
  rand,
  randn,
  type Tensor,
  use,
  withRng,
} from '@inkstone/core';
import { compile } from '@inkstone/core/compile';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const backends: readonly (readonly [string, () => Backend])[] = [
  ['reference', () => reference()],
  ['cpu', () => cpu({ threads: 2 })],
  ['webgpu', () => webgpu()],
];

const kept = async (x: Tensor): Promise<boolean[]> => [...(await x.data())].map((value) => value !== 0);

/** What stays of ones, through shapes, views and fusions of several kinds. */
async function patterns(): Promise<boolean[][]> {
  manualSeed(5);
  return withRng('device', async () => [
    await kept(F.dropout(ones([4, 1, 33]), { p: 0.3 })),
    await kept(F.dropout(ones([33, 4]).transpose(0, 1), { p: 0.5 })),
    await kept(
      F.dropout(
        ones([3, 5])
          .matmul(ones([5, 40]))
          .add(1),
        { p: 0.7 },
      ).mul(2),
    ),
    await kept(
      F.dropout(ones([6, 20]).mul(3), { p: 0.5 })
        .reshape(2, 60)
        .sum(0),
    ),
    await kept(F.dropout(ones([]), { p: 0.5 }).add(0)),
  ]);
}

let wanted: boolean[][];
beforeEach(async () => {
  const device = await use(reference());
  wanted = await patterns();
  await device.close();
});

describe.each(backends.filter(([name]) => name !== 'webgpu' || requireFixture('adapter')))(
  '%s',
  (_, backend) => {
    let device: Awaited<ReturnType<typeof use>>;
    beforeEach(async () => {
      device = await use(backend());
      manualSeed(0);
    });
    afterEach(() => device.close());

    test('drops the same elements as the reference, whatever the operation is fused with', async () => {
      expect(await patterns()).toEqual(wanted);
    });

    test('scales what it keeps, keeps as many as it should, and differs from call to call', async () => {
      const x = ones([100, 100]);
      const dropped = (p: number): Tensor => F.dropout(x, { p, rng: 'device' });
      const first = await dropped(0.2).data();
      expect(new Set(first)).toEqual(new Set([0, 1.25]));
      // Four standard deviations of a binomial distribution.
      const share = first.filter((value) => value === 0).length / first.length;
      expect(Math.abs(share - 0.2)).toBeLessThan(4 * Math.sqrt((0.2 * 0.8) / 1e4));
      const second = await dropped(0.2).data();
      const both = first.filter((value, i) => value === 0 && second[i] === 0).length / first.length;
      expect(Math.abs(both - 0.04)).toBeLessThan(4 * Math.sqrt((0.04 * 0.96) / 1e4));
      expect(await dropped(1).sum().item()).toBe(0);
      expect(await dropped(0).sum().item()).toBe(1e4);
    });

    test('the backward pass drops what the forward pass dropped', async () => {
      const x = randn(8, 50).requiresGrad_();
      const out = F.dropout(x, { p: 0.4, rng: 'device' });
      out.sum().backward();
      const gradient = (await x.grad?.data()) as Float32Array;
      const [own, values] = [await out.data(), await x.data()];
      for (const [i, value] of own.entries()) expect(value).toBeCloseTo(gradient[i] * values[i], 5);
    });
  },
);

describe('a run', () => {
  beforeEach(async () => {
    await use(reference());
    manualSeed(3);
  });

  const lossOf = (layer: nn.Linear, x: Tensor): Tensor =>
    F.dropout(layer.forward(x).relu(), { p: 0.5 }).square().sum();

  test('is the same for a seed, compiled or not, and goes on from a generator state', async () => {
    const run = async (compiled: boolean): Promise<number[]> => {
      manualSeed(11);
      const layer = new nn.Linear(6, 9);
      const optimizer = new optim.SGD(layer.parameters(), { lr: 0.01 });
      const plain = (x: Tensor): Tensor =>
        withRng('device', () => {
          optimizer.zeroGrad();
          const loss = lossOf(layer, x);
          loss.backward();
          optimizer.step();
          return loss;
        });
      const step = compiled ? compile(plain) : plain;
      const losses: number[] = [];
      for (let i = 0; i < 6; i++) losses.push(await step(rand(4, 6)).item());
      return losses;
    };
    const first = await run(false);
    expect(new Set(first).size).toBe(6);
    expect(await run(false)).toEqual(first);
    expect(await run(true)).toEqual(first);
  });

  test('a compiled function follows the mode that it is called in', async () => {
    const drop = (x: Tensor): Tensor => F.dropout(x, { p: 0.5 });
    const compiled = compile(drop);
    const x = ones([40]);
    for (const rng of ['host', 'device', 'host', 'device'] as const) {
      manualSeed(8);
      const own = await withRng(rng, () => compiled(x)).toArray();
      manualSeed(8);
      expect(own).toEqual(await withRng(rng, () => drop(x)).toArray());
    }
  });

  test('a checkpointed part drops the same elements when it is computed again', async () => {
    const layer = new nn.Linear(6, 9);
    const start = rand(4, 6);
    const gradient = async (part: (x: Tensor) => Tensor): Promise<unknown> => {
      manualSeed(4);
      const x = start.detach().requiresGrad_();
      const loss = withRng('device', () => part(x));
      // Outside: the mode of the first pass counts.
      loss.backward();
      return x.grad?.toArray();
    };
    const plain = await gradient((h) => lossOf(layer, h));
    expect(await gradient((h) => checkpoint((part) => lossOf(layer, part), h))).toEqual(plain);
  });

  test('attention and layers follow the mode, and their own option before it', async () => {
    const q = ones([1, 2, 5, 4]);
    const v = ones([1, 2, 5, 4]);
    const attended = (rng?: 'host' | 'device'): Promise<unknown> => {
      manualSeed(9);
      return F.scaledDotProductAttention(q, q, v, { dropoutP: 0.5, ...(rng && { rng }) }).toArray();
    };
    const [host, onDevice] = [await attended('host'), await attended('device')];
    expect(host).not.toEqual(onDevice);
    expect(await attended()).toEqual(host);
    expect(await withRng('device', () => attended())).toEqual(onDevice);
    expect(await withRng('device', () => attended('host'))).toEqual(host);
    const layer = new nn.Dropout(0.5, { rng: 'device' });
    manualSeed(1);
    const byLayer = await layer.forward(q).toArray();
    manualSeed(1);
    expect(await withRng('device', () => new nn.Dropout(0.5).forward(q)).toArray()).toEqual(byLayer);
  });

  test('another name is refused', () => {
    expect(() => withRng('gpu' as 'host', () => 0)).toThrow("withRng: rng is 'host' or 'device', not 'gpu'");
    expect(() => F.dropout(ones([2]), { rng: 'gpu' as 'host' })).toThrow(
      "dropout: rng is 'host' or 'device'",
    );
  });
});
