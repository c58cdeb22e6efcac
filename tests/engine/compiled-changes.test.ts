/** What compiled calls hear of between two calls, and where their results and arguments lie, on the CPU. */
import { cpu } from '@inkstone/backend-cpu';
import {
  type Device,
  functional as F,
  manualSeed,
  nn,
  ones,
  optim,
  randn,
  type Tensor,
  tensor,
  use,
} from '@inkstone/core';
import { compile } from '@inkstone/core/compile';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let device: Device;

beforeEach(async () => {
  device = await use(cpu({ threads: 1 }));
  manualSeed(0);
});
afterEach(() => device.close());

describe('heard', () => {
  test('a field of a module that is assigned, added, removed or renamed', async () => {
    class Scaled extends nn.Module {
      factor: number | undefined = 2;
      offset?: number;
      other?: number;
      override forward(x: Tensor): Tensor {
        return x
          .mul(this.factor ?? 1)
          .add(this.offset ?? 0)
          .sub(this.other ?? 0);
      }
    }
    const inner = new Scaled();
    const model = new nn.Sequential(new Scaled(), inner);
    const f = compile((x: Tensor) => model.forward(x));
    const given = [tensor([1]), tensor([2])];
    const expectIt = async (): Promise<void> => {
      const plain = await Promise.all(given.map((x) => model.forward(x).item()));
      for (let i = 0; i < 3; i++) expect(await Promise.all(given.map((x) => f(x).item()))).toEqual(plain);
    };
    await expectIt();
    inner.factor = Number.NaN;
    await expectIt();
    inner.factor = 3;
    await expectIt();
    inner.offset = 7;
    await expectIt();
    // Another name with the same value, at the same place among the fields.
    delete inner.offset;
    inner.other = 7;
    await expectIt();
    delete inner.other;
    await expectIt();
    Object.defineProperty(inner, 'extra', { value: 1, enumerable: true });
    await expectIt();
  });

  test('a module that is put into a list, in its place or at the end', async () => {
    class Blocks extends nn.Module {
      readonly stacks = new nn.ModuleList([
        new nn.ModuleList([new nn.Linear(2, 2), new nn.Linear(2, 2)]),
        new nn.ModuleList([new nn.Linear(2, 2)]),
      ]);
      override forward(x: Tensor): Tensor {
        let out = x;
        for (const stack of this.stacks) for (const block of stack) out = block.forward(out);
        return out;
      }
    }
    const model = new Blocks();
    const f = compile((x: Tensor) => model.forward(x));
    const x = tensor([[1, -2]]);
    const expectIt = async (): Promise<void> => {
      const plain = await model.forward(x).toArray();
      for (let i = 0; i < 3; i++) expect(await f(x).toArray()).toEqual(plain);
    };
    await expectIt();
    Object.assign(model.stacks[1], { 0: new nn.Linear(2, 2) });
    await expectIt();
    model.stacks[0].append(new nn.Linear(2, 2));
    await expectIt();
    model.stacks.append(new nn.ModuleList([new nn.Linear(2, 2)]));
    await expectIt();
  });

  test('hooks of modules that come and go', async () => {
    const model = new nn.Linear(1, 1, { bias: false });
    const f = compile((x: Tensor) => model.forward(x));
    const x = tensor([[2]]);
    const before = await f(x).item();
    for (let i = 0; i < 3; i++) expect(await f(x).item()).toBe(before);
    const removals = [
      model.registerForwardHook((_module, _args, output) => (output as Tensor).mul(2)),
      model.registerForwardPreHook((_module, [given]) => [(given as Tensor).mul(4)]),
    ];
    for (let i = 0; i < 3; i++) expect(await f(x).item()).toBe(before * 8);
    removals[0]();
    for (let i = 0; i < 3; i++) expect(await f(x).item()).toBe(before * 4);
    removals[1]();
    for (let i = 0; i < 3; i++) expect(await f(x).item()).toBe(before);
  });

  test('hooks that the function itself adds', async () => {
    const run = async (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor): Promise<number[]> => {
      const model = new nn.Linear(1, 1, { bias: false });
      const w = new nn.Parameter(tensor([1]));
      const f = wrap((x) => {
        const y = model.forward(x).detach().div(model.weight.detach());
        model.registerForwardHook((_module, _args, output) => (output as Tensor).mul(2));
        w.grad = null;
        w.mul(x.view(1)).sum().backward();
        w.registerHook((gradient) => gradient.mul(3));
        return y.add(w.grad as unknown as Tensor);
      });
      const values: number[] = [];
      for (let i = 0; i < 4; i++) values.push(await f(ones(1, 1)).item());
      return values;
    };
    const expected = [1 + 1, 2 + 3, 4 + 9, 8 + 27];
    expect(await run((f) => f)).toEqual(expected);
    expect(await run((f) => compile(f))).toEqual(expected);
  });

  test('a group that an optimizer gets', async () => {
    const [w, v] = [new nn.Parameter(tensor([1])), new nn.Parameter(tensor([1]))];
    const optimizer = new optim.SGD([w], { lr: 1 });
    const step = compile(() => {
      w.grad = null;
      v.grad = null;
      w.mul(2).add(v.mul(3)).backward();
      optimizer.step();
    });
    for (let i = 0; i < 3; i++) step();
    expect([await w.item(), await v.item()]).toEqual([-5, 1]);
    optimizer.addParamGroup({ params: [v], lr: 10 });
    for (let i = 0; i < 3; i++) step();
    expect([await w.item(), await v.item()]).toEqual([-11, -89]);
  });

  test('state that an optimizer loads, right before a call', async () => {
    const run = async (wrap: (f: () => void) => () => void): Promise<number[]> => {
      const w = new nn.Parameter(tensor([1, 2]));
      const optimizer = new optim.SGD([w], { lr: 0.1, momentum: 0.9 });
      const saved = await optimizer.stateDict();
      const step = wrap(() => {
        optimizer.zeroGrad();
        w.square().sum().backward();
        optimizer.step();
      });
      for (let i = 0; i < 5; i++) step();
      optimizer.loadStateDict(saved);
      step();
      return [...(await w.data())];
    };
    expect(await run((f) => compile(f))).toEqual(await run((f) => f));
  });
});

describe('options of an optimizer that are changed between calls', () => {
  type Group = Record<string, unknown>;
  const changes: Record<string, [make: (w: nn.Parameter[]) => optim.SGD | optim.Adam, change: Group]> = {
    'the rate': [(w) => new optim.Adam(w, { lr: 0.1 }), { lr: 0.5 }],
    'the other direction': [(w) => new optim.SGD(w, { lr: 0.1 }), { maximize: true }],
    'a momentum that was 0': [(w) => new optim.SGD(w, { lr: 0.1 }), { momentum: 0.9 }],
    "Nesterov's momentum": [(w) => new optim.SGD(w, { lr: 0.1, momentum: 0.9 }), { nesterov: true }],
    'state that there was none of': [(w) => new optim.Adam(w, { lr: 0.1 }), { amsgrad: true }],
    'weight decay': [(w) => new optim.Adam(w, { lr: 0.1 }), { weightDecay: 0.3 }],
    betas: [(w) => new optim.Adam(w, { lr: 0.1 }), { betas: [0.5, 0.6] }],
  };
  test.each(Object.entries(changes))('%s', async (_name, [make, change]) => {
    const run = async (wrap: (f: () => void) => () => void): Promise<number[]> => {
      const w = new nn.Parameter(tensor([1, -2, 3]));
      const optimizer = make([w]);
      const step = wrap(() => {
        optimizer.zeroGrad();
        w.square().sum().backward();
        optimizer.step();
      });
      for (let i = 0; i < 4; i++) step();
      Object.assign(optimizer.paramGroups[0], change);
      for (let i = 0; i < 4; i++) step();
      return [...(await w.data())];
    };
    expect(await run((f) => compile(f))).toEqual(await run((f) => f));
  });
});

describe('where things lie', () => {
  const training = () => {
    manualSeed(3);
    const model = new nn.Linear(4, 3);
    const optimizer = new optim.AdamW(model.parameters(), { lr: 0.1 });
    const x = randn(5, 4);
    const y = tensor([0, 1, 2, 1, 0], { dtype: 'int32' });
    return () => {
      const loss = F.crossEntropy(model.forward(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss;
    };
  };

  test('losses that are kept and read at the end take no memory of the device', async () => {
    const plain = training();
    const expected: number[] = [];
    for (let i = 0; i < 40; i++) expected.push(await plain().item());
    const step = compile(training());
    const losses = Array.from({ length: 10 }, () => step());
    await losses[9].item();
    const { bytesLive, buffersMade } = device.stats();
    losses.push(...Array.from({ length: 30 }, () => step()));
    expect(device.stats()).toMatchObject({ bytesLive, buffersMade });
    expect(await Promise.all(losses.map((loss) => loss.item()))).toEqual(expected);
  });

  test('results may be arguments of later calls, as they are, as views and after they were read', async () => {
    const next = compile((x: Tensor, y: Tensor) => x.mul(2).add(y));
    const one = ones(3);
    let state = next(one, one);
    for (let i = 0; i < 4; i++) state = next(state, one);
    expect(await state.toArray()).toEqual([63, 63, 63]);
    for (let i = 0; i < 3; i++) {
      expect(await next(state, state).toArray()).toEqual([189, 189, 189]);
      expect(await next(state.view(1, 3).select(0, 0), one).toArray()).toEqual([127, 127, 127]);
      expect(await next(one, state).add(state).toArray()).toEqual([128, 128, 128]);
    }
  });

  test('small arguments from the host, given again and again, take no memory of their own', async () => {
    const f = compile((x: Tensor, y: Tensor) => x.mul(2).add(y));
    const call = async (i: number): Promise<void> => {
      const [x, y] = [tensor([i, 1]), tensor([1, i])];
      for (let n = 0; n < 3; n++) expect(await f(x, y).toArray()).toEqual([2 * i + 1, i + 2]);
      expect(await f(y, x).toArray()).toEqual([i + 2, 2 * i + 1]);
      expect(await f(x, x).toArray()).toEqual([3 * i, 3]);
    };
    for (let i = 0; i < 10; i++) await call(i);
    const { bytesLive } = device.stats();
    for (let i = 0; i < 30; i++) await call(i);
    expect(device.stats().bytesLive).toBe(bytesLive);
  });

  test('an index out of range in a call whose result is on the host is told of when that is read', async () => {
    const table = randn(4, 1);
    const f = compile((index: Tensor) => table.indexSelect(0, index.add(1)).sum());
    for (let i = 0; i < 3; i++) await f(tensor([i], { dtype: 'int32' })).item();
    const bad = f(tensor([7], { dtype: 'int32' }));
    await expect(bad.item()).rejects.toThrow(/out of range/);
    await f(tensor([1], { dtype: 'int32' })).item();
  });
});
