/** Mixed precision: what is computed in float16, that gradients and masters are float32, and loss scaling. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import {
  checkpoint,
  type Device,
  functional as F,
  full,
  manualSeed,
  nn,
  open,
  optim,
  rand,
  randint,
  randn,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from '@inkstone/core';
import * as amp from '@inkstone/core/amp';
import { compile } from '@inkstone/core/compile';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const backends = [
  { name: 'reference', backend: () => reference(), needs: [] },
  { name: 'cpu', backend: () => cpu({ threads: 1 }), needs: [] },
  { name: 'webgpu', backend: () => webgpu(), needs: ['adapter', 'float16'] },
] as const;

const numbers = async (x: Tensor | null): Promise<number[]> => [...(await (x as Tensor).data())];

/** The largest distance as a share of the largest number. */
function apart(want: readonly number[], got: readonly number[]): number {
  expect(got.length).toBe(want.length);
  const largest = Math.max(...want.map(Math.abs));
  return Math.max(...want.map((x, i) => Math.abs(x - (got[i] as number)))) / largest;
}

describe.each(backends)('mixed precision on $name', { timeout: 240_000 }, ({ backend, needs }) => {
  let device: Device | undefined;
  beforeAll(async () => {
    if (!needs.every((fixture) => requireFixture(fixture))) return;
    device = await open(backend());
  });
  afterAll(() => device?.close());
  beforeEach((context) => {
    for (const fixture of needs) requireFixture(fixture, context);
    setDefaultDevice(device as Device);
    manualSeed(7);
  });

  test('products take rounded operands, and their gradients come back in float32', async () => {
    const layer = new nn.Linear(24, 10);
    const x = randn(6, 24).requiresGrad_();
    const y = amp.autocast(() => layer.forward(x));
    expect(y.dtype).toBe('float16');
    const byHand = F.linear(
      x.to('float16'),
      layer.weight.to('float16'),
      (layer.bias as Tensor).to('float16'),
    );
    expect(await numbers(y)).toEqual(await numbers(byHand));
    y.to('float32').square().sum().backward();
    const { grad } = layer.weight;
    expect([layer.weight.dtype, grad?.dtype, x.grad?.dtype]).toEqual(['float32', 'float32', 'float32']);
    const half = [await numbers(grad), await numbers(x.grad)];
    layer.weight.grad = null;
    x.grad = null;
    layer.forward(x).square().sum().backward();
    expect(apart(await numbers(layer.weight.grad), half[0] as number[])).toBeLessThan(2e-3);
    expect(apart(await numbers(x.grad), half[1] as number[])).toBeLessThan(2e-3);
    expect(layer.forward(x).dtype).toBe('float32');
  });

  test('which ops are computed in what', async () => {
    const a = rand(2, 2, 4, 8);
    const half = a.to('float16');
    const dtypes = amp.autocast(() => [
      a.matmul(a.transpose(-1, -2)).dtype,
      F.scaledDotProductAttention(a, half, a).dtype,
      F.softmax(half, -1).dtype,
      half.logSoftmax(-1).dtype,
      new nn.LayerNorm(8).forward(half).dtype,
      new nn.RMSNorm(8).forward(half).dtype,
      F.crossEntropy(half.view(-1, 8), randint(0, 8, [16])).dtype,
      new nn.LSTM(8, 3).forward(a.view(4, 4, 8))[0].dtype,
      half.cumsum(0).dtype,
      half.cumprod(0).dtype,
      half.add(1).dtype,
      half.add(a).dtype,
      amp.autocast(() => a.matmul(a.transpose(-1, -2)).dtype, { enabled: false }),
    ]);
    expect(dtypes).toEqual([
      ...['float16', 'float16', 'float32', 'float32', 'float32', 'float32', 'float32', 'float32'],
      ...['float32', 'float32', 'float16', 'float32', 'float32'],
    ]);
    const big = full([100, 1], 300);
    const [total, size, power] = amp.autocast(() => {
      const product = big.matmul(full([1, 10], 3));
      return [product.sum(), product.norm(), product.square().mean()];
    });
    expect(await total.item()).toBe(900_000);
    expect(await size.item()).toBeCloseTo(900 * Math.sqrt(1000), 0);
    expect(await power.item()).toBe(810_000);
    const state = new nn.Linear(3, 4);
    const layers = amp.autocast(() => {
      const h = state.forward(zeros([1, 2, 3])).detach();
      return [
        new nn.GRU(3, 4).forward(zeros([5, 2, 3]), h)[0],
        zeros([2, 3]).updateSlice_(0, 0, h.select(0, 0).narrow(1, 0, 3).narrow(0, 0, 1)),
      ];
    });
    expect(layers.map(({ dtype }) => dtype)).toEqual(['float32', 'float32']);
    expect(() => amp.autocast(() => Promise.resolve(1))).toThrow('must not be async');
    expect(a.matmul(a.transpose(-1, -2)).dtype).toBe('float32');
  });

  test('a checkpointed part is computed again in the precision that it had', async () => {
    const layer = new nn.Linear(16, 16);
    const dtypes: string[] = [];
    const gradient = async (through: (x: Tensor) => Tensor): Promise<number[]> => {
      layer.weight.grad = null;
      manualSeed(9);
      const x = randn(4, 16).requiresGrad_();
      const loss = amp.autocast(() => through(x).to('float32').square().mean());
      loss.backward();
      return numbers(layer.weight.grad);
    };
    const part = (x: Tensor): Tensor => {
      const y = layer.forward(x);
      dtypes.push(y.dtype);
      return y.tanh();
    };
    const want = await gradient(part);
    expect(apart(want, await gradient((x) => checkpoint(part, x)))).toBeLessThan(2e-3);
    expect(dtypes).toEqual(['float16', 'float16', 'float16']);
  });

  test('a compiled function is recorded for each mode', async () => {
    const layer = new nn.Linear(16, 4);
    const fn = compile((x: Tensor) => layer.forward(x));
    const x = randn(3, 16);
    for (let i = 0; i < 2; i++) {
      expect(fn(x).dtype).toBe('float32');
      expect(amp.autocast(() => fn(x)).dtype).toBe('float16');
    }
  });

  test('gradients too small for float16 survive by the scale', async () => {
    const layer = new nn.Linear(8, 1, { bias: false });
    const x = rand(4, 8);
    const gradient = async (scaler: amp.GradScaler | null): Promise<number[]> => {
      layer.weight.grad = null;
      // The gradient of the product's result, 1e-9, is below float16's smallest number, 6e-8.
      const loss = amp.autocast(() => layer.forward(x).to('float32').sum().mul(1e-9));
      (scaler ? scaler.scale(loss) : loss).backward();
      scaler?.unscale_(new optim.SGD(layer.parameters(), { lr: 1 }));
      return numbers(layer.weight.grad);
    };
    const want = (await numbers(x.sum(0))).map((sum) => 1e-9 * sum);
    expect(await gradient(null)).toEqual(want.map(() => 0));
    expect(apart(want, await gradient(new amp.GradScaler()))).toBeLessThan(2e-3);
  });

  test('a compiled backward pass scales by the scale of each call', async () => {
    const layer = new nn.Linear(2, 1);
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
    const scaler = new amp.GradScaler({ initScale: 4, growthInterval: 1 });
    const x = tensor([[1, 1]]);
    const back = compile((given: Tensor) => {
      const loss = layer.forward(given).sum();
      scaler.scale(loss).backward();
      return loss;
    });
    for (let step = 0; step < 5; step++) {
      optimizer.zeroGrad();
      back(x);
      scaler.unscale_(optimizer);
      expect(await layer.weight.grad?.toArray()).toEqual([[1, 1]]);
      await scaler.step(optimizer);
      scaler.update();
    }
  });

  test('a step with an overflow is left out, and the scale falls; without any it grows', async () => {
    const layer = new nn.Linear(8, 2);
    const optimizer = new optim.AdamW(layer.parameters(), { lr: 0.1 });
    const scaler = new amp.GradScaler({ initScale: 2 ** 20, growthInterval: 3 });
    const x = rand(4, 8);
    const before = await numbers(layer.weight);
    const stepped: boolean[] = [];
    let [scale, good] = [2 ** 20, 0];
    for (let step = 0; step < 24; step++) {
      const loss = amp.autocast(() => layer.forward(x).to('float32').square().sum());
      optimizer.zeroGrad();
      scaler.scale(loss).backward();
      const made = await scaler.step(optimizer);
      scaler.update();
      stepped.push(made);
      good = made ? good + 1 : 0;
      if (!made) scale /= 2;
      if (good === 3) [scale, good] = [2 * scale, 0];
      expect(scaler.stateDict()).toEqual({ scale, growthTracker: good });
      if (!stepped.includes(true)) expect(await numbers(layer.weight)).toEqual(before);
      expect((await numbers(layer.weight)).every(Number.isFinite)).toBe(true);
    }
    expect(stepped[0]).toBe(false);
    expect(stepped.join().includes('true,true,true')).toBe(true);
    const { state } = await optimizer.stateDict();
    expect(state[0]?.step).toBe(stepped.filter(Boolean).length);
    expect(() => scaler.update()).toThrow('GradScaler: update needs a step');
    scaler.scale(layer.forward(x).sum()).backward();
    await scaler.step(optimizer);
    await expect(scaler.step(optimizer)).rejects.toThrow('GradScaler: step was called on this optimizer');
    expect(() => scaler.unscale_(optimizer)).toThrow('GradScaler: unscale_ was called');
    scaler.update();
    const other = new amp.GradScaler();
    other.loadStateDict(scaler.stateDict());
    expect(other.stateDict()).toEqual(scaler.stateDict());
  });

  test('a network learns as in float32', async () => {
    const train = async (half: boolean): Promise<number[]> => {
      manualSeed(3);
      const model = new nn.Sequential(new nn.Linear(8, 64), new nn.ReLU(), new nn.LayerNorm(64), new nn.Linear(64, 4)); // biome-ignore format: one line
      const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-2 });
      const scaler = new amp.GradScaler();
      const [x, y] = [randn(32, 8), randint(0, 4, [32])];
      const losses: number[] = [];
      for (let step = 0; step < 40; step++) {
        optimizer.zeroGrad();
        const loss = amp.autocast(() => F.crossEntropy(model.forward(x), y), { enabled: half });
        if (half) {
          scaler.scale(loss).backward();
          scaler.unscale_(optimizer);
          expect(() => scaler.unscale_(optimizer)).toThrow('since the last update');
          optim.clipGradNorm(model.parameters(), 1);
          expect(await scaler.step(optimizer)).toBe(true);
          scaler.update();
        } else {
          loss.backward();
          optim.clipGradNorm(model.parameters(), 1);
          optimizer.step();
        }
        losses.push(await loss.item());
      }
      return losses;
    };
    const [whole, half] = [await train(false), await train(true)];
    expect(half).not.toEqual(whole);
    expect(whole[39]).toBeLessThan(0.3 * (whole[0] as number));
    for (const [i, loss] of half.entries()) expect(Math.abs(loss - (whole[i] as number))).toBeLessThan(0.02);
  });
});

test('a device without float16 says so, and names are checked', async () => {
  const device = await open(reference());
  setDefaultDevice(device);
  const { bytesPerElement } = device.backend;
  Object.defineProperty(device.backend, 'bytesPerElement', {
    value: { ...bytesPerElement, float16: undefined },
  });
  const x = tensor([[1, 2]]);
  expect(() => amp.autocast(() => x.matmul(x.transpose(0, 1)))).toThrow(
    'float16 does not exist on this device',
  );
  expect(() => new amp.GradScaler({ backoffFactor: 1 })).toThrow(
    'backoffFactor is 1, must be between 0 and 1',
  );
  expect(() => amp.autocast(() => 1, { dtype: 'float64' as 'float16' })).toThrow(`must be 'float16'`);
  await device.close();
});
