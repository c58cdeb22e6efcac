/** What a recorded tensor means (DESIGN.md), continued: when work runs, reads in order, and errors that change nothing. */
import { reference } from '@inkstone/backend-cpu/reference';
import {
  type Device,
  functional as F,
  fromTypedArray,
  manualSeed,
  nn,
  ones,
  optim,
  randn,
  type Tensor,
  tensor,
  use,
  zeros,
} from '@inkstone/core';
import { beforeEach, describe, expect, test } from 'vitest';

let device: Device;

beforeEach(async () => {
  device = await use(reference());
  manualSeed(0);
});

describe('when work runs', () => {
  test('calling ops runs nothing; a read runs what it needs', async () => {
    const x = tensor([1, 2, 3]);
    const before = device.stats().plansRun;
    const sum = x.mul(2).add(1).sum();
    expect(device.stats().plansRun).toBe(before);
    expect(await sum.item()).toBe(15);
    expect(device.stats().plansRun).toBe(before + 1);
  });

  test('an optimizer step closes the recording: forward, backward and update are one plan', async () => {
    const layer = new nn.Linear(3, 2);
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
    const step = (): void => {
      optimizer.zeroGrad();
      layer.forward(randn(4, 3)).square().sum().backward();
      optimizer.step();
    };
    for (let i = 0; i < 5; i++) step();
    const before = device.stats().plansRun;
    step();
    expect(device.stats().plansRun).toBe(before + 1);
  });

  test('reading one value twice runs nothing again', async () => {
    const y = tensor([3]).square();
    expect(await y.item()).toBe(9);
    const before = device.stats().plansRun;
    expect(await y.item()).toBe(9);
    expect(device.stats().plansRun).toBe(before);
  });
});

describe('keys', () => {
  test('one input twice and two inputs are two plans, and each is right', async () => {
    const [a, b] = [tensor([2, 3]), tensor([5, 7])];
    await Promise.all([a.item().catch(() => 0), b.toArray()]);
    const product = (x: Tensor, y: Tensor): Promise<unknown> => x.mul(y).add(x).toArray();
    expect(await product(a, b)).toEqual([12, 24]);
    expect(await product(a, a)).toEqual([6, 12]);
    expect(await product(b, a)).toEqual([15, 28]);
    expect(await product(b, b)).toEqual([30, 56]);
  });

  test('batches of one shape use one plan, whatever they hold', async () => {
    const table = new nn.Embedding(5, 2);
    const look = (...ids: number[]): Promise<unknown> =>
      table
        .forward(fromTypedArray(Int32Array.from(ids)))
        .sum()
        .item();
    for (let i = 0; i < 3; i++) await look(0, 1, 2);
    const before = device.stats().plansBuilt;
    const sums = [await look(3, 4, 0), await look(1, 1, 1)];
    expect(device.stats().plansBuilt).toBe(before);
    expect(sums[0]).not.toBe(sums[1]);
  });
});

describe('reads', () => {
  test('resolve in the order in which they were asked for', async () => {
    const order: number[] = [];
    const x = ones(4);
    await Promise.all(
      [3, 1, 4, 1, 5].map(async (factor, i) => {
        await x.mul(factor).sum().item();
        order.push(i);
      }),
    );
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  test('give the event loop its turn: timers run in a loop that awaits nothing but reads', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    for (let i = 0; i < 20_000 && turns < 3; i++) await ones(2).mul(i).sum().item();
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});

describe('the LSTM program as many write it', () => {
  /** A hidden state that is carried over the step, not detached. */
  function program(retainGraph: boolean): () => void {
    const cell = new nn.LSTMCell(2, 3);
    const optimizer = new optim.SGD(cell.parameters(), { lr: 0.1 });
    let state: [Tensor, Tensor] = [zeros(1, 3), zeros(1, 3)];
    return () => {
      state = cell.forward(ones(1, 2), state) as [Tensor, Tensor];
      optimizer.zeroGrad();
      state[0].sum().backward({ retainGraph });
      optimizer.step();
    };
  }

  test('throws at the second backward pass, as in PyTorch', () => {
    const step = program(false);
    step();
    expect(step).toThrow(/second time.*retainGraph/s);
  });

  test('with retainGraph it throws the version error, as in PyTorch', () => {
    const step = program(true);
    step();
    expect(step).toThrow(/modified by an in-place operation/);
  });
});

describe('errors change nothing', () => {
  test('a call that throws leaves the recording as it was', async () => {
    const x = tensor([1, 2]);
    const y = x.mul(3);
    expect(() => y.add(ones(3))).toThrow(/add/);
    expect(() => y.matmul(ones(3, 3))).toThrow(/matmul/);
    expect(await y.toArray()).toEqual([3, 6]);
  });

  test('a step whose call throws does not touch the parameters', async () => {
    const w = new nn.Parameter(tensor([1, 2]));
    const optimizer = new optim.SGD([w], { lr: 1 });
    w.sum().backward();
    optimizer.step();
    expect(() => F.mseLoss(w, ones(3))).toThrow(/mseLoss/);
    expect(await w.toArray()).toEqual([0, 1]);
  });

  test('after an index out of range on the device, reading rejects once, and the device goes on', async () => {
    const table = new nn.Embedding(3, 2);
    const wrong = table.forward(tensor([2], { dtype: 'int32' }).mul(5));
    await expect(wrong.sum().item()).rejects.toThrow(/indexSelect .*\[3, 2\].*out of range/);
    expect(await ones(3).sum().item()).toBe(3);
  });
});

test('a wrong index is told of, wherever the result lies by the time it is read', async () => {
  const bad = F.embedding(tensor([9], { dtype: 'int32' }).mul(1), ones([4, 2])).keep();
  // Small results that nobody reads move to the host, this one among them.
  for (let i = 0; i < 40; i++) tensor([i]).mul(2).keep();
  await expect(bad.toArray()).rejects.toThrow('out of range');
  expect(await ones([1]).item()).toBe(1);
});
