/** `compile`: the same bits as the function itself, without running it; and what it refuses. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import {
  checkpoint,
  type Device,
  defaultGenerator,
  functional as F,
  fromTypedArray,
  manualSeed,
  nn,
  noGrad,
  ones,
  optim,
  rand,
  randn,
  state,
  type Tensor,
  tensor,
  use,
  zeros,
} from '@inkstone/core';
import { compile } from '@inkstone/core/compile';
import { beforeEach, describe, expect, test, vi } from 'vitest';

let device: Device;

beforeEach(async () => {
  device = await use(reference());
  manualSeed(0);
});

class Net extends nn.Module {
  fc1 = new nn.Linear(4, 8);
  norm = new nn.LayerNorm(8);
  drop = new nn.Dropout(0.3);
  fc2 = new nn.Linear(8, 3);

  override forward(x: Tensor): Tensor {
    return this.fc2.forward(this.drop.forward(this.norm.forward(this.fc1.forward(x).relu())));
  }
}

type Trained = optim.AdamW | optim.Adam | optim.SGD | optim.Muon;

const optimizers: Record<string, (model: nn.Module) => Trained> = {
  AdamW: (model) => new optim.AdamW(model.parameters(), { lr: 0.01 }),
  'Adam with amsgrad': (model) => new optim.Adam(model.parameters(), { amsgrad: true, weightDecay: 0.1 }),
  'SGD with momentum': (model) =>
    new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true }),
  Muon: (model) =>
    new optim.Muon(
      model.parameters().filter(({ ndim }) => ndim === 2),
      { lr: 0.01 },
    ),
};

/** Trains; gives losses, parameters, gradients, moments and what a generator draws next. */
async function train(
  make: (model: nn.Module) => Trained,
  how: (i: number) => 'compiled' | 'recorded',
  steps = 12,
): Promise<{ runs: number; numbers: number[][] }> {
  manualSeed(7);
  const model = new Net();
  const optimizer = make(model);
  const scheduler = new optim.lrScheduler.StepLR(optimizer, { stepSize: 3, gamma: 0.5 });
  let runs = 0;
  const step = (x: Tensor, { y }: { y: Tensor }) => {
    runs++;
    const loss = F.crossEntropy(model.forward(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optim.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    scheduler.step();
    return [loss, loss.detach().mul(2)] as const;
  };
  const compiled = compile(step);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const x = randn(5, 4);
    const y = fromTypedArray(Int32Array.from([0, 1, 2, 1, i % 3]));
    const [loss, twice] = (how(i) === 'compiled' ? compiled : step)(x, { y });
    losses.push(await loss.item(), await twice.item());
  }
  const { state } = await optimizer.stateDict();
  const numbers = [losses, [...(await rand(3).data())]];
  for (const parameter of model.parameters()) {
    numbers.push([...(await parameter.data())]);
    if (parameter.grad) numbers.push([...(await parameter.grad.data())]);
  }
  for (const { step: count, buffers } of state) {
    numbers.push([count]);
    for (const { data } of Object.values(buffers)) numbers.push([...data]);
  }
  return { runs, numbers };
}

describe.each(Object.entries(optimizers))('%s', (_name, make) => {
  test('compiled, recorded and mixed runs give the same bits', async () => {
    const recorded = await train(make, () => 'recorded');
    const compiled = await train(make, () => 'compiled');
    expect(compiled.numbers).toEqual(recorded.numbers);
    expect(compiled.runs).toBeLessThanOrEqual(3);
    const mixed = await train(make, (i) => (i % 5 < 3 ? 'compiled' : 'recorded'));
    expect(mixed.numbers).toEqual(recorded.numbers);
  });
});

test('a function of tensors runs once per shape and dtype; nothing is recorded later', async () => {
  let runs = 0;
  const f = compile((x: Tensor, y: Tensor) => {
    runs++;
    return { sum: x.add(y), both: [x.mul(2), null] };
  });
  for (let i = 0; i < 4; i++) {
    const { sum, both } = f(tensor([i, 1]), tensor([1, i]));
    expect(await sum.toArray()).toEqual([i + 1, i + 1]);
    expect(await both[0]?.toArray()).toEqual([2 * i, 2]);
  }
  expect(runs).toBe(1);
  await f(ones(3), ones(3)).sum.toArray();
  expect(runs).toBe(2);
  await f(ones(3, { dtype: 'int32' }), ones(3)).sum.toArray();
  expect(runs).toBe(3);
  expect(await f(tensor([5, 5]), tensor([1, 2])).sum.toArray()).toEqual([6, 7]);
  expect(runs).toBe(3);
  const [x, y] = [ones(2), ones(2)];
  f(x, y);
  const { opsRecorded } = device.stats();
  f(x, y);
  expect(device.stats().opsRecorded).toBe(opsRecorded);
});

describe('what a call gives', () => {
  test('is the value of that call, whatever later calls do', async () => {
    const w = new nn.Parameter(tensor([1]));
    const optimizer = new optim.SGD([w], { lr: 1 });
    const step = compile((x: Tensor) => {
      const y = w.mul(x);
      optimizer.zeroGrad();
      y.backward();
      optimizer.step();
      return { y, w: w.detach(), grad: w.grad };
    });
    const calls = [1, 2, 3, 4, 5].map((x) => step(tensor([x])));
    const read = (t: Tensor | null): Promise<number> => (t as Tensor).item();
    expect(await Promise.all(calls.map(({ y }) => read(y)))).toEqual([1, 0, -6, -20, -45]);
    expect(await Promise.all(calls.map((call) => read(call.w)))).toEqual([0, -2, -5, -9, -14]);
    expect(await Promise.all(calls.map(({ grad }) => read(grad)))).toEqual([1, 2, 3, 4, 5]);
  });

  test('what was derived from a parameter before a call keeps the old value', async () => {
    const w = new nn.Parameter(tensor([1, 2]));
    const optimizer = new optim.SGD([w], { lr: 1 });
    const step = compile(() => {
      optimizer.zeroGrad();
      w.sum().backward();
      optimizer.step();
    });
    for (let i = 0; i < 3; i++) step();
    const before = w.mul(10);
    const view = w.detach();
    step();
    expect(await before.toArray()).toEqual([-20, -10]);
    expect(await view.toArray()).toEqual([-2, -1]);
    expect(await w.toArray()).toEqual([-3, -2]);
  });

  test('random draws are new at each call, in the order of the program', async () => {
    const f = (x: Tensor): Tensor => F.dropout(x.add(randn(6)), { p: 0.5 }).add(rand(6));
    const compiled = compile(f);
    const run = async (g: typeof f): Promise<unknown[]> => {
      manualSeed(3);
      const out: unknown[] = [];
      for (let i = 0; i < 4; i++) out.push(await g(ones(6)).toArray());
      return [...out, await rand(2).toArray()];
    };
    const expected = await run(f);
    expect(await run(compiled)).toEqual(expected);
    expect(expected[0]).not.toEqual(expected[1]);
  });

  test('checkpointed parts draw the same numbers again in their backward pass', async () => {
    const run = async (wrap: <T extends (...args: never[]) => unknown>(f: T) => T): Promise<number[]> => {
      manualSeed(5);
      const w = new nn.Parameter(ones(20));
      const f = wrap((x: Tensor) => {
        w.grad = null;
        checkpoint((h) => F.dropout(h.mul(w)), x)
          .sum()
          .backward();
        return (w.grad as Tensor | null)?.clone() as Tensor;
      });
      const out: number[] = [];
      for (let i = 0; i < 4; i++) out.push(...(await f(ones(20)).data()), ...(await rand(1).data()));
      return out;
    };
    expect(await run((f) => compile(f as never) as never)).toEqual(await run((f) => f));
  });

  test('a tensor that is changed in place is changed at each call, and by hand in between', async () => {
    const counter = zeros(2);
    const count = compile((x: Tensor) => {
      counter.add_(x);
      return counter.mul(10);
    });
    for (let i = 1; i <= 3; i++) expect(await count(ones(2)).toArray()).toEqual([10 * i, 10 * i]);
    counter.fill_(100);
    expect(await count(ones(2)).toArray()).toEqual([1010, 1010]);
    expect(await counter.toArray()).toEqual([101, 101]);
    expect(await count(tensor([1, 2])).toArray()).toEqual([1020, 1030]);
  });

  test('gradients accumulate over calls without a step', async () => {
    const w = new nn.Parameter(tensor([3]));
    const grad = async (): Promise<number | undefined> => w.grad?.item();
    const accumulate = compile((x: Tensor) => w.mul(x).sum().backward());
    for (let i = 1; i <= 4; i++) {
      accumulate(tensor([i]));
      expect(await grad()).toBe((i * (i + 1)) / 2);
    }
    w.grad = null;
    accumulate(tensor([7]));
    expect(await grad()).toBe(7);
  });

  test('arguments may be results, views, parameters of the batch twice', async () => {
    const f = compile((x: Tensor, y: Tensor) => x.mul(2).add(y));
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    for (let i = 0; i < 3; i++) {
      expect(await f(x.t(), x.add(i)).toArray()).toEqual([
        [3 + i, 8 + i],
        [7 + i, 12 + i],
      ]);
      expect(await f(x, x).toArray()).toEqual([
        [3, 6],
        [9, 12],
      ]);
    }
  });
});

describe('what has changed is noticed', () => {
  const double = (): { model: nn.Linear; f: (x: Tensor) => Tensor; runs: () => number } => {
    const model = new nn.Linear(1, 1, { bias: false });
    let runs = 0;
    const f = compile((x: Tensor) => {
      runs++;
      return noGrad(() => model.forward(x));
    });
    noGrad(() => model.weight.fill_(2));
    return { model, f, runs: () => runs };
  };

  test('a parameter that is changed, loaded or replaced', async () => {
    const { model, f } = double();
    const x = ones(1, 1);
    for (const value of [2, 2, 2]) expect(await f(x).item()).toBe(value);
    noGrad(() => model.weight.copy_(tensor([[5]])));
    expect(await f(x).item()).toBe(5);
    model.loadStateDict({ weight: tensor([[6]]) });
    expect(await f(x).item()).toBe(6);
    model.weight = new nn.Parameter(tensor([[7]]));
    expect(await f(x).item()).toBe(7);
    expect(await f(x).item()).toBe(7);
  });

  test('train and eval', async () => {
    const drop = new nn.Dropout(0.5);
    const f = compile((x: Tensor) => drop.forward(x));
    const kinds = async (): Promise<Set<number>> => new Set(await f(ones(100)).data());
    for (let i = 0; i < 3; i++) expect(await kinds()).toEqual(new Set([0, 2]));
    drop.eval();
    for (let i = 0; i < 3; i++) expect(await kinds()).toEqual(new Set([1]));
    drop.train();
    expect(await kinds()).toEqual(new Set([0, 2]));
    Object.assign(drop, { p: 0.75 });
    expect(await kinds()).toEqual(new Set([0, 4]));
  });

  test('requiresGrad, grad mode, hooks, options of an optimizer', async () => {
    const w = new nn.Parameter(tensor([1]));
    const v = new nn.Parameter(tensor([1]));
    const optimizer = new optim.SGD([w, v], { lr: 1 });
    const step = compile(() => {
      optimizer.zeroGrad();
      w.mul(2).add(v).backward();
      optimizer.step();
    });
    const values = async (): Promise<number[]> => [await w.item(), await v.item()];
    for (let i = 0; i < 3; i++) step();
    expect(await values()).toEqual([-5, -2]);
    v.requiresGrad_(false);
    step();
    expect(await values()).toEqual([-7, -2]);
    v.requiresGrad_();
    optimizer.paramGroups[0].lr = 10;
    step();
    expect(await values()).toEqual([-27, -12]);
    optimizer.paramGroups[0].weightDecay = 1;
    step();
    expect(await values()).toEqual([-27 - 10 * (2 - 27), -12 - 10 * (1 - 12)]);

    const model = new nn.Linear(1, 1, { bias: false });
    const f = compile((x: Tensor) => noGrad(() => model.forward(x)));
    const before = await f(ones(1, 1)).item();
    await f(ones(1, 1)).item();
    model.registerForwardHook((_module, _args, output) => (output as Tensor).mul(3));
    expect(await f(ones(1, 1)).item()).toBeCloseTo(3 * before, 5);
  });

  test('state that was loaded', async () => {
    const run = async (wrap: (f: () => void) => () => void): Promise<number[]> => {
      const w = new nn.Parameter(tensor([1, 2]));
      const optimizer = new optim.Adam([w], { lr: 0.1 });
      const step = wrap(() => {
        optimizer.zeroGrad();
        w.square().sum().backward();
        optimizer.step();
      });
      for (let i = 0; i < 3; i++) step();
      const saved = await optimizer.stateDict();
      for (let i = 0; i < 3; i++) step();
      optimizer.loadStateDict(saved);
      for (let i = 0; i < 3; i++) step();
      return [...(await w.data())];
    };
    expect(await run((f) => compile(f))).toEqual(await run((f) => f));
  });

  test('an index of a later call that is out of range', async () => {
    const table = ones(4, 2);
    const f = compile((index: Tensor) => F.embedding(index, table));
    const index = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
    await f(index(0, 3)).data();
    await f(index(1, 2)).data();
    await expect(f(index(0, 4)).data()).rejects.toThrow(/out of range/);
  });
});

describe('what it refuses', () => {
  const drawn = (): number => defaultGenerator.engine.uniform53();
  const refused = (fn: (x: Tensor) => unknown, message: RegExp): void => {
    expect(() => compile(fn, { name: 'step' })(ones(2))).toThrow(message);
    // And nothing is left behind: recording goes on as ever.
    expect(() => ones(2).add(1)).not.toThrow();
  };

  test('reading values, with the function and the line', () => {
    refused(async (x) => (await x.sum().item()) > 0, /'step' reads the values.*compile\.test\.ts:\d+/);
    refused((x) => void x.toArray(), /'step' reads the values/);
    refused(async (x) => x, /'step' is async/);
  });

  test('draws on the host, arguments changed in place, results that are no tensors', () => {
    refused((x) => x.add(drawn()), /draws .* on the host/);
    refused((x) => x.add_(1), /changes an argument in place/);
    refused((x) => ({ x, lr: 0.1 }), /'step' returns number 0\.1 at lr/);
    expect(() => compile((x: Float32Array) => ones(x.length))(new Float32Array(2))).toThrow(/typed array/);
  });

  test('graphs that reach out of the function', () => {
    const w = new nn.Parameter(ones(2));
    const outside = w.mul(2);
    refused((x) => outside.mul(x).sum().backward(), /computed outside/);
    expect(() => compile((x: Tensor) => x.mul(2))(outside)).toThrow(/detach/);
    const forward = compile(() => w.mul(3).sum());
    expect(() => forward().backward()).toThrow(/compiled function/);
    expect(() => forward().mul(2).backward()).toThrow(/compiled function/);
  });

  test('a tensor that escapes without being returned', async () => {
    let escaped = ones(1);
    const f = compile((x: Tensor) => {
      escaped = x.mul(2);
      return escaped.add(1);
    });
    f(ones(1));
    expect(() => escaped.add(1)).toThrow(/not returned/);
    await expect(escaped.item()).rejects.toThrow(/not returned/);
  });

  test('an error of the function is the caller’s, and the next call works', async () => {
    let fail = true;
    const f = compile((x: Tensor) => {
      const y = x.mul(2);
      if (fail) throw new Error('mine');
      return y;
    });
    expect(() => f(ones(1))).toThrow('mine');
    fail = false;
    expect(await f(ones(1)).item()).toBe(2);
  });
});

test('a function that is recorded at every call is told of', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  try {
    const f = compile((x: Tensor, factor: number) => x.mul(factor), { name: 'scale' });
    for (let i = 0; i < 40; i++) expect(await f(ones(1), i).item()).toBe(i);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(/'scale' has been recorded 32 times/);
  } finally {
    warn.mockRestore();
  }
});

test('a steady loop makes no buffer and keeps memory flat, on the CPU', async () => {
  const own = await use(cpu());
  const model = new Net();
  const optimizer = new optim.AdamW(model.parameters());
  const step = compile((x: Tensor, y: Tensor) => {
    const loss = F.crossEntropy(model.forward(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  });
  const run = async (i: number): Promise<void> => {
    const loss = step(randn(5, 4), fromTypedArray(Int32Array.from([0, 1, 2, 1, 0])));
    if (i % 10 === 9) await loss.item();
  };
  for (let i = 0; i < 200; i++) await run(i);
  const before = own.stats();
  for (let i = 0; i < 200; i++) await run(i);
  const after = own.stats();
  expect(after.opsRecorded).toBe(before.opsRecorded);
  expect(after.plansBuilt).toBe(before.plansBuilt);
  expect(after.buffersMade).toBe(before.buffersMade);
  expect(after.plansRun - before.plansRun).toBe(200);
  expect(after.bytesLive).toBeLessThanOrEqual(before.bytesLive + 64 * 256);
  await own.close();
});

test('a hook on a gradient that comes later is heard, and not heard once it is gone', async () => {
  const p = new nn.Parameter(tensor([1, 2]));
  const back = compile((x: Tensor) => {
    p.grad = null;
    p.mul(x).sum().backward();
  });
  const gradient = async (): Promise<unknown> => {
    back(tensor([3, 4]));
    return p.grad?.toArray();
  };
  for (let call = 0; call < 3; call++) expect(await gradient()).toEqual([3, 4]);
  const remove = p.registerHook((g) => g.mul(10));
  for (let call = 0; call < 3; call++) expect(await gradient()).toEqual([30, 40]);
  remove();
  for (let call = 0; call < 3; call++) expect(await gradient()).toEqual([3, 4]);
});

test('what a recording made and nobody used is not asked for by those that come later', async () => {
  const calls = state(zeros(1));
  const sum = compile((x: Tensor) => {
    for (let i = 0; i < 20; i++) x.add(i);
    calls.add_(1);
    return x.sum();
  });
  for (let n = 1; n <= 6; n++) expect(await sum(ones(n)).item()).toBe(n);
  expect(await calls.item()).toBe(6);
});

// Numbers of PyTorch 1.13: Adam(lr=0.1), loss sum((p - 3)^2) of the parameters named.
test('moments of parameters that a compiled step leaves out are there for the next that takes them', async () => {
  const [a, b] = [new nn.Parameter(tensor([1, 2])), new nn.Parameter(tensor([-1]))];
  const optimizer = new optim.Adam([a, b], { lr: 0.1 });
  const stepOf = (...params: Tensor[]): (() => void) =>
    compile(() => {
      optimizer.zeroGrad();
      for (const p of params) p.sub(3).square().sum().backward();
      optimizer.step();
    });
  const steps = [stepOf(a, b), stepOf(a), stepOf(b)] as const;
  for (const i of [0, 1, 0, 2, 1, 0, 0] as const) steps[i]();
  const want = [1.5948682, 2.5857632, -0.5012676];
  const got = [...(await a.data()), ...(await b.data())];
  for (const [i, number] of want.entries()) expect(got[i]).toBeCloseTo(number, 5);
});
