/** Attention with dropout that the device computes: the same factors as dropout of the whole matrix, without a matrix. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import {
  type Backend,
  type Device,
  defaultGenerator,
  functional as F,
  manualSeed,
  nn,
  ones,
  optim,
  randn,
  type Tensor,
  tensor,
  use,
  withRng,
} from '@inkstone/core';
import type { BackendDevice } from '@inkstone/core/backend';
import { compile } from '@inkstone/core/compile';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const backends: readonly (readonly [string, () => Backend, tolerance: number])[] = [
  ['reference', () => reference(), 1e-6],
  ['cpu', () => cpu({ threads: 2 }), 1e-6],
  ['webgpu', () => webgpu(), 2e-5],
];
const here = backends.filter(([name]) => name !== 'webgpu' || requireFixture('adapter'));

interface Setting {
  readonly batch?: number;
  readonly heads?: number;
  readonly keyHeads?: number;
  readonly queries: number;
  readonly keys: number;
  readonly size: number;
  readonly p: number;
  readonly causal?: boolean;
  readonly mask?: 'bool' | 'float';
}

const settings: Readonly<Record<string, Setting>> = {
  'one of each': { queries: 1, keys: 1, size: 1, p: 0.5 },
  'causal, odd lengths, heads of 3': {
    batch: 2,
    heads: 3,
    queries: 13,
    keys: 13,
    size: 3,
    p: 0.1,
    causal: true,
  },
  'grouped queries, a bool mask, heads of 17': {
    batch: 2,
    heads: 4,
    keyHeads: 2,
    queries: 35,
    keys: 21,
    size: 17,
    p: 0.5,
    mask: 'bool',
  },
  'a float mask, heads of 256': { heads: 2, queries: 5, keys: 37, size: 256, p: 0.3, mask: 'float' },
};

/** True above the diagonal. */
const above = (queries: number, keys: number): Tensor => ones([queries, keys]).triu(1).bool();

function maskOf({ queries, keys, mask }: Setting): Tensor | null {
  if (!mask) return null;
  const values = Array.from({ length: queries * keys }, (_, i) => Math.sin(i * i));
  const added = tensor(values).view(queries, keys);
  // The first key is seen by all, so that there is no empty row.
  return mask === 'float'
    ? added
    : added.gt(0.3).logicalOr(tensor(values.map((_, i) => i % keys === 0)).view(queries, keys));
}

type Attend = (q: Tensor, k: Tensor, v: Tensor, setting: Setting) => Tensor;

const fused: Attend = (q, k, v, setting) =>
  F.scaledDotProductAttention(q, k, v, {
    attnMask: maskOf(setting),
    isCausal: setting.causal ?? false,
    dropoutP: setting.p,
    rng: 'device',
  });

/** Softmax, dropout as an op of its own, product. */
const composed: Attend = (q, k, v, setting) => {
  const group = q.shape[1] / k.shape[1];
  const each = (x: Tensor): Tensor => x.repeatInterleave(group, 1);
  let scores = q.matmul(each(k).transpose(-1, -2)).mul(1 / Math.sqrt(setting.size));
  const mask = maskOf(setting);
  if (mask) scores = mask.dtype === 'bool' ? scores.maskedFill(mask.logicalNot(), -1e30) : scores.add(mask);
  if (setting.causal) scores = scores.maskedFill(above(setting.queries, setting.keys), -1e30);
  return F.dropout(scores.softmax(-1), { p: setting.p, rng: 'device' }).matmul(each(v));
};

/** Output and gradients of q, k and v. */
async function results(attend: Attend, setting: Setting): Promise<Record<string, ArrayLike<number>>> {
  const { batch = 1, heads = 1, keyHeads = heads, queries, keys, size } = setting;
  manualSeed(71);
  const q = randn(batch, heads, queries, size).requiresGrad_();
  const [k, v] = [0, 1].map(() => randn(batch, keyHeads, keys, size).requiresGrad_());
  const weight = randn(batch, heads, queries, size);
  const out = attend(q, k, v, setting);
  out.mul(weight).sum().backward();
  const [dq, dk, dv] = [q, k, v].map((x) => (x.grad as Tensor).data());
  return { out: await out.data(), dq: await dq, dk: await dk, dv: await dv };
}

/** Of values that are all 1 a key apart, so that a row of the result is a row of the factors. */
async function pattern(): Promise<number[]> {
  manualSeed(6);
  const [batch, heads, queries, keys] = [2, 3, 37, 41];
  const [q, k] = [queries, keys].map((length) => ones([batch, heads, length, keys]).mul(0));
  const v = ones([keys, keys]).triu().tril().expand([batch, heads, keys, keys]);
  const out = F.scaledDotProductAttention(q, k, v, { dropoutP: 0.35, rng: 'device' });
  return [...(await out.mul(keys * 0.65).data())].map(Math.round);
}

let device: Device;
afterEach(() => device.close());

describe.each(here)('%s', (_, backend, tolerance) => {
  beforeEach(async () => {
    device = await use(backend());
  });

  test.each(Object.entries(settings))('is dropout of the softmax: %s', async (_, setting) => {
    const [got, want] = [await results(fused, setting), await results(composed, setting)];
    for (const name of ['out', 'dq', 'dk', 'dv']) {
      const size = Array.from(want[name]).reduce((most, x) => Math.max(most, Math.abs(x)), 1);
      const off = Array.from(got[name], (x, i) => Math.abs(x - want[name][i]));
      expect(off, name).toHaveLength(want[name].length);
      expect(Math.max(...off), name).toBeLessThan(tolerance * 10 * size);
    }
    const { out } = got;
    expect(Array.from(out).some((x) => x !== 0)).toBe(true);
  });

  test('drops what dropout of a matrix drops, on every backend', async () => {
    const own = await pattern();
    manualSeed(6);
    const factors = await F.dropout(ones([2, 3, 37, 41]), { p: 0.35, rng: 'device' }).data();
    expect(own).toEqual(Array.from(factors, (x) => (x === 0 ? 0 : 1)));
    expect(new Set(own)).toEqual(new Set([0, 1]));
    await device.close();
    device = await use(reference());
    expect(await pattern()).toEqual(own);
  });
});

test('any number of threads gives the same bits', async () => {
  const of = async (threads: number): Promise<unknown> => {
    device = await use(cpu({ threads }));
    const got = await results(fused, {
      batch: 2,
      heads: 4,
      keyHeads: 2,
      queries: 90,
      keys: 90,
      size: 32,
      p: 0.2,
      causal: true,
    });
    await device.close();
    return got;
  };
  const one = await of(1);
  expect(await of(2)).toEqual(one);
  expect(await of(4)).toEqual(one);
  device = await use(reference());
});

describe('a run', () => {
  beforeEach(async () => {
    device = await use(cpu({ threads: 1 }));
  });

  test('multi-head attention drops the same weights whether it gives them or not', async () => {
    manualSeed(2);
    const layer = new nn.MultiheadAttention(12, 3, { dropout: 0.4, batchFirst: true });
    const x = randn(2, 7, 12);
    const of = (needWeights: boolean): Promise<Float32Array> => {
      manualSeed(3);
      return withRng('device', () =>
        layer.forward(x, x, x, { needWeights }),
      )[0].data() as Promise<Float32Array>;
    };
    const [without, given] = [await of(false), await of(true)];
    for (const [i, value] of without.entries()) expect(value).toBeCloseTo(given[i], 5);
    layer.eval();
    expect(await of(false)).not.toEqual(without);
  });

  test('draws anew at each call, compiled or not, and goes on from a state of the generator', async () => {
    const run = async (compiled: boolean, resumed: boolean): Promise<number[]> => {
      manualSeed(11);
      const layer = new nn.Linear(8, 24);
      const x = randn(2, 9, 8);
      const optimizer = new optim.SGD(layer.parameters(), { lr: 0.05 });
      const plain = (): Tensor =>
        withRng('device', () => {
          const heads = layer
            .forward(x)
            .chunk(3, -1)
            .map((part) => part.unflatten(-1, [2, 4]).transpose(1, 2));
          const [q, k, v] = heads;
          optimizer.zeroGrad();
          const loss = F.scaledDotProductAttention(q, k, v, { isCausal: true, dropoutP: 0.3 })
            .square()
            .mean();
          loss.backward();
          optimizer.step();
          return loss;
        });
      const step = compiled ? compile(plain) : plain;
      const losses: number[] = [];
      for (let i = 0; i < 8; i++) {
        if (resumed && i === 4) {
          // What a checkpoint keeps: here all else stays, and the generator has drawn something in between.
          const state = defaultGenerator.getState();
          await randn(5).data();
          defaultGenerator.setState(state);
        }
        losses.push(await step().item());
      }
      return losses;
    };
    const first = await run(false, false);
    expect(new Set(first).size).toBe(8);
    expect(await run(true, false)).toEqual(first);
    expect(await run(false, true)).toEqual(first);
    expect(await run(true, true)).toEqual(first);
  });

  test('the same inputs of a compiled function are dropped in another way at each call', async () => {
    const [q, v] = [ones([1, 1, 16, 4]), ones([1, 1, 16, 4])];
    const attend = compile((x: Tensor) =>
      F.scaledDotProductAttention(x, x, v, { dropoutP: 0.5, rng: 'device' }),
    );
    const seen = new Set<string>();
    for (let i = 0; i < 6; i++) seen.add((await attend(q).data()).join());
    expect(seen.size).toBe(6);
  });
});

/** What a backend is asked for. */
class Watched implements Backend {
  readonly name = 'watched';
  largest = 0;
  total = 0;

  constructor(readonly backend: Backend) {}

  async open(): Promise<BackendDevice> {
    const opened = await this.backend.open();
    const { createBuffer } = opened;
    opened.createBuffer = (bytes, ...rest) => {
      this.largest = Math.max(this.largest, bytes);
      this.total += bytes;
      return createBuffer.call(opened, bytes, ...rest);
    };
    return opened;
  }
}

describe.each(here)('memory on %s', (name, backend) => {
  test('has no matrix of queries x keys, and grows as the text does', async () => {
    const [heads, size] = [2, 8];
    const of = async (length: number, rng: 'device' | 'host'): Promise<{ largest: number; held: number }> => {
      const watched = new Watched(backend());
      device = await use(watched);
      manualSeed(1);
      const [q, k, v] = [0, 1, 2].map(() => randn(1, heads, length, size).requiresGrad_());
      const out = F.scaledDotProductAttention(q, k, v, { dropoutP: 0.1, isCausal: true, rng });
      out.sum().backward();
      for (const x of [q, k, v]) await x.grad?.data();
      const { bytesLive, bytesPooled } = device.stats();
      await device.close();
      return { largest: watched.largest, held: bytesLive + bytesPooled };
    };
    // The reference takes its time.
    const length = name === 'reference' ? 128 : 512;
    const [short, long] = [await of(length, 'device'), await of(2 * length, 'device')];
    const matrix = (2 * length) ** 2 * 4;
    expect(long.largest).toBeLessThan(matrix / 8);
    expect(long.held / short.held).toBeLessThan(2.1);
    // The measure does see a matrix where there is one.
    expect((await of(length, 'host')).largest).toBeGreaterThanOrEqual(length ** 2 * heads * 4);
    device = await use(reference());
  });
});
