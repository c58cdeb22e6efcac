/** What a recorded tensor means (DESIGN.md): each promise of the section, on the reference backend. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { reference } from '@inkstone/backend-cpu/reference';
import {
  type Device,
  functional as F,
  fromTypedArray,
  manualSeed,
  nn,
  noGrad,
  ones,
  optim,
  randn,
  type Tensor,
  tensor,
  use,
  zeros,
} from '@inkstone/core';
import { beforeEach, describe, expect, test, vi } from 'vitest';

let device: Device;

beforeEach(async () => {
  device = await use(reference());
  manualSeed(0);
});

/** A model of one weight, y = w x, and its optimizer. */
function oneWeight(lr = 0.5) {
  const w = new nn.Parameter(tensor([2]));
  return { w, optimizer: new optim.SGD([w], { lr }) };
}

describe('a tensor is the value at its line', () => {
  test('a clone taken before a step keeps the old values', async () => {
    const { w, optimizer } = oneWeight();
    const before = w.clone();
    w.mul(3).sum().backward();
    optimizer.step();
    expect(await before.item()).toBe(2);
    expect(await w.item()).toBe(0.5);
  });

  test('what is derived from a parameter and used by nothing keeps the old value, views too', async () => {
    const w = new nn.Parameter(tensor([1, 2, 3, 4]));
    const optimizer = new optim.SGD([w], { lr: 1 });
    const doubled = w.mul(2);
    const view = w.view(2, 2).transpose(0, 1);
    const alias = w.detach();
    w.sum().backward();
    optimizer.step();
    expect(await doubled.toArray()).toEqual([2, 4, 6, 8]);
    expect(await view.toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(await alias.toArray()).toEqual([1, 2, 3, 4]);
    expect(await w.toArray()).toEqual([0, 1, 2, 3]);
  });

  test('also after many steps, and through what earlier plans have dropped', async () => {
    const a = new nn.Parameter(tensor([1, 2]));
    const b = new nn.Parameter(tensor([[3], [4]]));
    const optimizer = new optim.SGD([a, b], { lr: 1 });
    const step = (): void => {
      optimizer.zeroGrad();
      a.sum().add(b.sum()).backward();
      optimizer.step();
    };
    step();
    step();
    const hidden = a.mul(2);
    expect(await hidden.sum().item()).toBe(-2);
    const late = hidden.add(b.reshape(2));
    const view = b.t();
    step();
    expect(await late.toArray()).toEqual([-1, 2]);
    expect(await view.toArray()).toEqual([[1, 2]]);
    expect(await b.t().toArray()).toEqual([[0, 1]]);
  });

  test('the loss read after a step is the loss before it', async () => {
    const { w, optimizer } = oneWeight();
    const loss = w.mul(w).sum();
    loss.backward();
    optimizer.step();
    expect(await loss.item()).toBe(4);
    expect(await w.item()).toBe(0);
  });

  test('the gradient can be read after a step', async () => {
    const { w, optimizer } = oneWeight();
    w.mul(3).sum().backward();
    optimizer.step();
    expect(await w.grad?.toArray()).toEqual([3]);
    optimizer.zeroGrad();
    expect(w.grad).toBeNull();
  });

  test('a view that nobody has read yet keeps the first value of a parameter', async () => {
    const w = new nn.Parameter(tensor([1, 2]));
    const view = w.reshape(2, 1);
    noGrad(() => w.mul_(3));
    expect(await w.toArray()).toEqual([3, 6]);
    expect(await view.toArray()).toEqual([[1], [2]]);
  });

  test('gradients that were clipped together and that the optimizer does not take can be read after its step', async () => {
    const [a, b] = [new nn.Parameter(tensor([3])), new nn.Parameter(tensor([4]))];
    const optimizer = new optim.SGD([a], { lr: 1 });
    for (let i = 0; i < 3; i++) {
      optimizer.zeroGrad();
      b.grad = null;
      a.detach().mul(b).add(a.mul(2)).backward();
      optim.clipGradValue([a, b], 2);
      optimizer.step();
    }
    expect(await b.grad?.item()).toBe(-1);
  });

  test('a read sees the value of its line, even if it resolves after a change', async () => {
    const { w } = oneWeight();
    const first = w.data();
    noGrad(() => w.add_(1));
    const second = w.data();
    noGrad(() => w.mul_(10));
    const third = w.data();
    expect([...(await third)]).toEqual([30]);
    expect([...(await first)]).toEqual([2]);
    expect([...(await second)]).toEqual([3]);
  });

  test('several versions in place between two reads', async () => {
    const x = zeros(3);
    for (let i = 0; i < 10; i++) x.add_(1);
    const ten = x.clone();
    x.fill_(-1);
    expect(await ten.toArray()).toEqual([10, 10, 10]);
    expect(await x.toArray()).toEqual([-1, -1, -1]);
  });
});

describe('overwritten values', () => {
  test('what a plan consumed and dropped cannot be read after a step; the error names keep()', async () => {
    const { w, optimizer } = oneWeight();
    const hidden = w.mul(3);
    hidden.square().sum().backward();
    optimizer.step();
    await expect(hidden.item()).rejects.toThrow(/keep\(\)/);
  });

  test('keep() makes it readable', async () => {
    const { w, optimizer } = oneWeight();
    const hidden = w.mul(3);
    const loss = hidden.square().sum();
    hidden.keep();
    loss.backward();
    optimizer.step();
    expect(await hidden.item()).toBe(6);
  });

  test('what was dropped is computed again while its inputs are there', async () => {
    const x = tensor([1, 2, 3]);
    const hidden = x.mul(2);
    expect(await hidden.sum().item()).toBe(12);
    expect(await hidden.toArray()).toEqual([2, 4, 6]);
  });

  test('a backward pass over an overwritten input throws the version error', () => {
    const { w, optimizer } = oneWeight();
    const first = w.mul(w).sum();
    first.backward({ retainGraph: true });
    optimizer.step();
    expect(() => first.backward()).toThrow(/modified by an in-place operation/);
  });

  test('a second backward pass over a freed graph throws as in PyTorch', () => {
    const { w } = oneWeight();
    const loss = w.mul(w).sum();
    loss.backward();
    expect(() => loss.backward()).toThrow(/second time.*retainGraph/s);
  });

  test('a leaf cannot be changed in place outside of noGrad', () => {
    const { w } = oneWeight();
    expect(() => w.add_(1)).toThrow(/noGrad/);
  });
});

describe('plans', () => {
  test('a steady loop builds no plan and makes no buffer', async () => {
    const model = new nn.Sequential(
      new nn.Linear(4, 8),
      new nn.GELU(),
      new nn.LayerNorm(8),
      new nn.Linear(8, 3),
    );
    const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
    const step = async (i: number): Promise<void> => {
      const x = randn(5, 4);
      const loss = F.crossEntropy(model.forward(x), fromTypedArray(Int32Array.from([0, 1, 2, 1, 0])));
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      if (i % 10 === 9) await loss.item();
    };
    for (let i = 0; i < 200; i++) await step(i);
    const before = device.stats();
    for (let i = 0; i < 100; i++) await step(i);
    const after = device.stats();
    expect(after.plansBuilt).toBe(before.plansBuilt);
    expect(after.buffersMade).toBe(before.buffersMade);
    expect(after.plansRun - before.plansRun).toBe(100);
    expect(after.bytesLive).toBeLessThanOrEqual(before.bytesLive + 32 * 256);
  });

  test('a learning rate that changes needs no new plan', async () => {
    const { w, optimizer } = oneWeight();
    const built: number[] = [];
    for (let i = 0; i < 8; i++) {
      optimizer.zeroGrad();
      w.sum().backward();
      optimizer.paramGroups[0].lr = 1 / (i + 1);
      optimizer.step();
      await w.item();
      built.push(device.stats().plansBuilt);
    }
    expect(built[7]).toBe(built[3]);
  });

  test('a recording that grows past its bound is cut, and what backward needs survives', async () => {
    const w = new nn.Parameter(tensor([1]));
    let x: ReturnType<typeof w.mul> = w.mul(1);
    for (let i = 0; i < 40_000; i++) x = x.add(1);
    x.backward();
    expect(await x.item()).toBe(40_001);
    expect(await w.grad?.item()).toBe(1);
    expect(device.stats().plansRun).toBeGreaterThan(1);
  });

  test('gradients accumulate over backward passes without a step between', async () => {
    const { w } = oneWeight();
    for (let i = 0; i < 3; i++) w.mul(2).sum().backward();
    expect(await w.grad?.item()).toBe(6);
    w.mul(2).sum().backward();
    expect(await w.grad?.item()).toBe(8);
  });

  test('a parameter without a gradient does not step, and joins later with a state of its own', async () => {
    const a = new nn.Parameter(tensor([1]));
    const b = new nn.Parameter(tensor([1]));
    const optimizer = new optim.Adam([a, b], { lr: 0.1 });
    a.sum().backward();
    optimizer.step();
    expect([await a.item(), await b.item()]).toEqual([expect.closeTo(0.9, 6), 1]);
    optimizer.zeroGrad();
    a.add(b).sum().backward();
    optimizer.step();
    expect([await a.item(), await b.item()]).toEqual([expect.closeTo(0.8, 6), expect.closeTo(0.9, 6)]);
    const { state } = await optimizer.stateDict();
    expect(state.map(({ step }) => step)).toEqual([2, 1]);
  });

  test('parameters changed by hand between steps are what the next step starts from', async () => {
    const { w, optimizer } = oneWeight();
    w.sum().backward();
    optimizer.step();
    noGrad(() => w.copy_(tensor([10])));
    optimizer.zeroGrad();
    w.sum().backward();
    optimizer.step();
    expect(await w.item()).toBe(9.5);
  });
});

describe('loops', () => {
  test('one that never awaits is told so, once; one that does is not', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    try {
      const { w, optimizer } = oneWeight(1e-6);
      const step = (): Tensor => {
        optimizer.zeroGrad();
        const loss = w.sum();
        loss.backward();
        optimizer.step();
        return loss;
      };
      for (let i = 0; i < 2500; i++) {
        const loss = step();
        if (i % 10 === 9) await loss.item();
      }
      expect(warn).not.toHaveBeenCalled();
      for (let i = 0; i < 2500; i++) step();
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0][0]).toMatch(/nothing was awaited/);
    } finally {
      warn.mockRestore();
    }
  });
});

describe('errors', () => {
  test('shapes are named at the call', () => {
    expect(() => ones(2, 3).add(ones(4))).toThrow(/add: shapes \[2, 3\] and \[4\] do not broadcast/);
    expect(() => ones(2, 3).matmul(ones(4, 5))).toThrow(/matmul: shapes \[2, 3\] and \[4, 5\]/);
  });

  test('an index that the host knows is checked at the call', () => {
    const table = new nn.Embedding(4, 2);
    expect(() => table.forward(tensor([0, 4], { dtype: 'int32' }))).toThrow(
      /embedding: index 4 is out of range/,
    );
  });

  test('an index that is a view with memory of its own is checked on the device', async () => {
    const index = tensor([0, 1, 2, 4], { dtype: 'int32' }).reshape(2, 2).keep();
    await expect(F.embedding(index, ones(4, 2)).toArray()).rejects.toThrow(/out of range/);
  });

  test('an index computed on the device is clamped, and the next read rejects and names the op', async () => {
    const table = ones(4, 2);
    const index = tensor([3], { dtype: 'int32' }).mul(3);
    await expect(F.embedding(index, table).toArray()).rejects.toThrow(/indexSelect.*out of range/);
    expect(await table.sum().item()).toBe(8);
  });

  test('tensors of two devices do not mix', async () => {
    const other = await use(reference());
    const there = ones(2);
    expect(() => there.add(ones(2, { device }))).toThrow(/different devices/);
    await other.close();
  });
});

describe('what nobody reads', () => {
  test('is not kept for ever', async () => {
    const { w, optimizer } = oneWeight(0.001);
    const made: WeakRef<object>[] = [];
    for (let step = 0; step < 400; step++) {
      const loss = w.mul(ones([3])).sum();
      const next = w.mul(ones([3]));
      loss.backward();
      optimizer.step();
      // Recorded after the step that computed `next`, and never read: a view, and a value of its own.
      for (const tensor of [next.detach(), next.mul(2)]) made.push(new WeakRef(tensor.value));
      await loss.item();
    }
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let i = 0; i < 3; i++) {
      // What a WeakRef was made for or asked about lives until the job ends.
      await new Promise((done) => setImmediate(done));
      collect();
    }
    // The last of them may wait for a step that runs them, and a collector need not find everything.
    expect(made.filter((value) => value.deref() !== undefined).length).toBeLessThan(made.length / 2);
  });

  test('can be read later, however many steps have gone by', async () => {
    const { w, optimizer } = oneWeight(0.001);
    const given = tensor([3, 4]);
    const late = given.mul(2);
    const part = given.slice(0, 1, 2);
    for (let step = 0; step < 200; step++) {
      w.mul(given).sum().backward();
      given.add(step);
      optimizer.zeroGrad();
      optimizer.step();
    }
    expect(await late.toArray()).toEqual([6, 8]);
    expect(await part.toArray()).toEqual([4]);
  });

  test('keeps its value when what it was computed from becomes a parameter', async () => {
    const { w, optimizer } = oneWeight();
    const given = tensor([3, 4]);
    const late = given.mul(2);
    const view = given.view(1, 2);
    const train = (weight: nn.Parameter, by: optim.SGD): void => {
      weight.sum().backward();
      by.step();
    };
    train(w, optimizer);
    const taken = new nn.Parameter(given);
    const other = new optim.SGD([taken], { lr: 1 });
    for (let step = 0; step < 3; step++) train(taken, other);
    expect(await late.toArray()).toEqual([6, 8]);
    expect(await view.toArray()).toEqual([[3, 4]]);
  });

  test('keeps its value when what it was computed from is given as a gradient', async () => {
    const { w, optimizer } = oneWeight();
    const gradient = tensor([3]).mul(2);
    const late = gradient.mul(10);
    w.mul(1).sum().backward();
    optimizer.step();
    w.add(0).backward({ gradient });
    optimizer.step();
    w.mul(1).sum().backward();
    optimizer.step();
    expect(await late.toArray()).toEqual([60]);
  });
});
