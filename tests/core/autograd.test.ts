/** Hooks, kept gradients, checkpoints, functions of functions, and changes in place of views. */
import { reference } from '@inkstone/backend-cpu/reference';
import {
  arange,
  checkpoint,
  type Device,
  functional as F,
  grad,
  manualSeed,
  nn,
  noGrad,
  ones,
  open,
  randn,
  setDefaultDevice,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from '@inkstone/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let device: Device;
beforeAll(async () => {
  device = await open(reference());
  setDefaultDevice(device);
});
afterAll(() => device.close());

/** What `grad` is now, whatever the compiler believes that it was set to. */
const gradientOf = (x: Tensor): Promise<unknown> | undefined => x.grad?.toArray();

describe('hooks', () => {
  it('see and replace the gradient of what an op made', async () => {
    const x = tensor([1, 2]).requiresGrad_();
    const y = x.mul(3);
    const seen: Tensor[] = [];
    const remove = y.registerHook((gradient) => {
      seen.push(gradient);
      return gradient.mul(10);
    });
    y.square().sum().backward({ retainGraph: true });
    expect(await seen[0].toArray()).toEqual([6, 12]);
    expect(await x.grad?.toArray()).toEqual([180, 360]);
    remove();
    x.grad = null;
    y.square().sum().backward();
    expect(await gradientOf(x)).toEqual([18, 36]);
    expect(seen).toHaveLength(1);
  });
  it('of a leaf see the sum over its uses', async () => {
    const x = tensor([1, 2]).requiresGrad_();
    x.registerHook((gradient) => gradient.neg());
    x.mul(2).add(x.mul(5)).sum().backward();
    expect(await x.grad?.toArray()).toEqual([-7, -7]);
  });
  it('refuse another shape, and tensors without a gradient', () => {
    const x = tensor([1, 2]).requiresGrad_();
    x.registerHook(() => zeros(3));
    expect(() => x.sum().backward()).toThrow(
      'registerHook: the hook gave shape [3] for a gradient of shape [2]',
    );
    expect(() => zeros(2).registerHook(() => undefined)).toThrow('does not require a gradient');
  });
  it('of modules run around forward and at its borders in the backward pass', async () => {
    const layer = new nn.Linear(2, 2);
    const log: string[] = [];
    layer.registerForwardPreHook((_m, [x]) => [(x as Tensor).mul(2)]);
    layer.registerForwardHook((_m, _a, y) => {
      log.push('forward');
      return (y as Tensor).neg();
    });
    let gradients: unknown[] = [];
    layer.registerFullBackwardHook((_m, [input], [output]) => {
      gradients = [input?.shape, output?.toArray()];
      return [(input as Tensor).mul(0).add(7)];
    });
    const x = tensor([[1, 2]]).requiresGrad_();
    layer.forward(x).sum().backward();
    expect(log).toEqual(['forward']);
    expect(gradients[0]).toEqual([1, 2]);
    expect(await gradients[1]).toEqual([[1, 1]]);
    // The pre-hook doubles after the border, the replaced gradient goes on through it.
    expect(await x.grad?.toArray()).toEqual([[14, 14]]);
    expect(await layer.bias?.grad?.toArray()).toEqual([-1, -1]);
  });
});

it('retainGrad keeps the gradient of what is no leaf', async () => {
  const x = tensor([1, 2]).requiresGrad_();
  const y = x.mul(3);
  y.retainGrad();
  const z = y.square();
  z.sum().backward();
  expect(await y.grad?.toArray()).toEqual([6, 12]);
  expect(z.grad).toBeNull();
});

it('valueAndGrad, and gradients of gradients', async () => {
  const [value, [dx]] = valueAndGrad((x) => x.pow(3).sum())(tensor([1, 2]));
  expect(await value.item()).toBe(9);
  expect(await dx.toArray()).toEqual([3, 12]);
  const x = tensor([1, 2]).requiresGrad_();
  const [first] = grad(x.pow(3).sum(), [x], { createGraph: true });
  const [second] = grad((first as Tensor).sum(), [x]);
  expect(await (second as Tensor).toArray()).toEqual([6, 12]);
});

it('checkpoint gives the gradients of a plain call, dropout included', async () => {
  const block = new nn.Sequential(
    new nn.Linear(4, 8),
    new nn.GELU(),
    new nn.Dropout(0.5),
    new nn.Linear(8, 4),
  );
  const input = randn(3, 4);
  const results: unknown[] = [];
  for (const way of ['plain', 'checkpoint']) {
    block.zeroGrad();
    const x = input.clone().detach().requiresGrad_();
    manualSeed(8);
    const once = (h: Tensor): Tensor => block.forward(h);
    const y = way === 'plain' ? once(once(x)) : checkpoint(once, checkpoint(once, x));
    const after = randn(2);
    y.square().sum().backward();
    const gradients = block.parameters().map((p) => p.grad?.toArray());
    results.push(await Promise.all([y.toArray(), x.grad?.toArray(), after.toArray(), ...gradients]));
  }
  expect(results[1]).toEqual(results[0]);
});

it('checkpoint of several results gives the gradients of a plain call, with some of them used', async () => {
  const lstm = new nn.LSTM(3, 4);
  const input = randn(5, 2, 3);
  const run = (x: Tensor): Tensor[] => {
    const [out, [h, c]] = lstm.forward(F.dropout(x, { p: 0.3 }));
    return [out, h, c];
  };
  const uses: ((parts: Tensor[]) => Tensor)[] = [
    ([out, h, c]) => out.square().sum().add(h.sum()).add(c.pow(3).sum()),
    ([, h]) => h.square().sum(),
  ];
  for (const use of uses) {
    const results: unknown[] = [];
    for (const way of ['plain', 'checkpoint']) {
      lstm.zeroGrad();
      const x = input.clone().detach().requiresGrad_();
      manualSeed(8);
      const parts = way === 'plain' ? run(x) : checkpoint(run, x);
      use(parts).backward();
      const gradients = lstm.parameters().map((p) => p.grad?.toArray());
      results.push(
        await Promise.all([...parts.map((part) => part.toArray()), x.grad?.toArray(), ...gradients]),
      );
    }
    expect(results[1]).toEqual(results[0]);
  }
});

it('checkpoint says what it cannot do', () => {
  const x = tensor([1, 2]).requiresGrad_();
  expect(() => checkpoint((h) => [h, h.gt(0)], x)).toThrow(/checkpoint: .* one floating point dtype/);
  expect(() => checkpoint(() => [], x)).toThrow(/checkpoint: the function must give one tensor/);
  const y = checkpoint((h) => h.pow(3), x).sum();
  expect(() => grad(y, [x], { createGraph: true })).toThrow(/checkpoint: gradients of gradients/);
});

describe('in place, a view changes its base', () => {
  it('by select, slice, transpose and reshape', async () => {
    const x = arange(6).float().reshape(2, 3);
    x.select(0, 1).mul_(10);
    x.slice(1, 0, 3, 2).add_(1);
    x.t().select(0, 1).zero_();
    x.view(-1).narrow(0, 0, 1).fill_(-5);
    expect(await x.toArray()).toEqual([[-5, 0, 3], [31, 0, 51]]); // biome-ignore format: a matrix
  });
  it('again and again through one view, which shows the change itself', async () => {
    const x = zeros(3);
    const view = x.slice(0, 1, 3);
    view.add_(1).mul_(4);
    expect(await x.toArray()).toEqual([0, 4, 4]);
    expect(await view.toArray()).toEqual([4, 4]);
  });
  it('with gradients on both sides', async () => {
    const a = tensor([1, 2, 3]).requiresGrad_();
    const b = tensor([5]).requiresGrad_();
    const x = a.mul(2);
    x.narrow(0, 1, 1).copy_(b);
    x.square().sum().backward();
    expect(await x.toArray()).toEqual([2, 5, 6]);
    expect(await a.grad?.toArray()).toEqual([8, 0, 24]);
    expect(await b.grad?.toArray()).toEqual([10]);
  });
  it('of a parameter within noGrad', async () => {
    const layer = new nn.Linear(2, 2);
    noGrad(() => layer.weight.select(0, 0).fill_(7));
    expect((await layer.weight.toArray()) as number[][]).toContainEqual([7, 7]);
    expect(() => layer.weight.select(0, 0).fill_(7)).toThrow('fill_: a leaf that requires a gradient');
  });
  it('but not when the base has changed since, nor where elements are shown twice', () => {
    const x = zeros(3);
    const view = x.slice(0, 1, 3);
    x.add_(1);
    expect(() => view.add_(1)).toThrow('add_: this tensor is a view of one that has been changed since');
    expect(() => zeros(1).expand(3).add_(1)).toThrow(
      'add_: a view of shape [3] shows elements of [1] more than once',
    );
  });
  it('values taken before stay', async () => {
    const x = ones(2);
    const before = x.clone();
    const shown = x.view(2, 1);
    x.setItem([0], 9);
    expect(await before.toArray()).toEqual([1, 1]);
    expect(await shown.toArray()).toEqual([[1], [1]]);
    expect(await x.toArray()).toEqual([9, 1]);
  });
});

it('selection by mask is awaited', async () => {
  const x = tensor([[1, -2, 3], [-4, 5, -6]]); // biome-ignore format: a matrix
  expect(await (await x.maskedSelect(x.lt(0))).toArray()).toEqual([-2, -4, -6]);
  expect(await (await x.lt(0).nonzero()).toArray()).toEqual([[0, 1], [1, 0], [1, 2]]); // biome-ignore format: a matrix
  expect(() => x.getItem(x.lt(0))).toThrow('await maskedSelect');
  x.setItem([x.lt(0)], tensor([10, 20, 30]));
  expect(await x.toArray()).toEqual([[1, 10, 3], [20, 5, 30]]); // biome-ignore format: a matrix
});

it('topk of a long row, with infinities', async () => {
  const row = Float32Array.from({ length: 1500 }, () => Number.NEGATIVE_INFINITY);
  [row[3], row[700], row[1499]] = [2, 5, -1];
  const { values, indices } = tensor(row).topk(5);
  expect((await values.toArray()) as number[]).toEqual([5, 2, -1, -Infinity, -Infinity]);
  const found = (await indices.toArray()) as number[];
  expect(found.slice(0, 3)).toEqual([700, 3, 1499]);
  expect(new Set(found).size).toBe(5);
  expect(F.oneHot(indices, 1500).shape).toEqual([5, 1500]);
});
