/** State that grows in place: lengths and places are run-time scalars, so a loop of them is one plan. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import {
  type Device,
  functional as F,
  fromTypedArray,
  keep,
  noGrad,
  open,
  state,
  type Tensor,
  zeros,
} from '@inkstone/core';
import { compile } from '@inkstone/core/compile';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const B = 2;
const H = 4;
const KV = 2;
const D = 8;
const capacity = 16;

function some(seed: number, shape: readonly number[], device: Device): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const host = Float32Array.from({ length: size }, (_, i) => Math.sin(seed * 12.9 + i * 0.7));
  return fromTypedArray(host, shape, { device });
}

describe.each([
  ['reference', () => open(reference())],
  ['cpu', () => open(cpu({ threads: 2 }))],
] as const)('%s', (_name, start) => {
  let device: Device;
  beforeAll(async () => {
    device = await start();
  });
  afterAll(() => device.close());

  test('a slice at a place that the host gives is written in place, with one plan', async () => {
    const cache = state(zeros([3, capacity, 2], { device }));
    const expected = new Float32Array(3 * capacity * 2);
    let after = device.stats();
    for (const place of [0, 5, 15, 7]) {
      const part = some(place + 1, [3, 1, 2], device);
      const values = await part.data();
      cache.updateSlice_(1, place, part);
      keep(cache);
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 2; j++) expected[(i * capacity + place) * 2 + j] = values[i * 2 + j];
      // The first run also makes the zeros.
      if (place === 5) after = device.stats();
    }
    expect(device.stats().plansBuilt).toBe(after.plansBuilt);
    // The source is copied, and nothing else.
    expect(device.stats().kernelsRun - after.kernelsRun).toBe(2);
    expect(await cache.data()).toEqual(expected);
  });

  test('what reads the old version sees the old version', async () => {
    const cache = state(zeros([4, 2], { device }));
    keep(cache);
    const before = cache.mul(1);
    cache.updateSlice_(0, 1, some(3, [1, 2], device));
    const after = cache.mul(1);
    keep(cache, before, after);
    expect(await before.data()).toEqual(new Float32Array(8));
    expect(await after.data()).toEqual(await cache.data());
    expect((await cache.data())[2]).not.toBe(0);
  });

  test('attention over a growing cache is attention over what there is', async () => {
    const [q, k, v] = [some(1, [B, H, 12, D], device), some(2, [B, KV, 12, D], device), some(3, [B, KV, 12, D], device)]; // biome-ignore format: one line
    const whole = await F.scaledDotProductAttention(q, k, v, { isCausal: true }).data();
    const keys = state(zeros([B, KV, capacity, D], { device }));
    const values = state(zeros([B, KV, capacity, D], { device }));
    let at = 0;
    const plans: number[] = [];
    for (const length of [5, 1, 1, 1, 1, 3]) {
      const cut = (x: Tensor): Tensor => x.narrow(2, at, length).clone().keep();
      const part = cut(q);
      keys.updateSlice_(2, at, cut(k));
      values.updateSlice_(2, at, cut(v));
      const built = device.stats().plansBuilt;
      const out = F.scaledDotProductAttention(part, keys, values, {
        isCausal: true,
        keyLength: at + length,
        queryOffset: at,
      });
      keep(out, keys, values);
      plans.push(device.stats().plansBuilt - built);
      const got = await out.data();
      for (let row = 0; row < B * H; row++) {
        for (let t = 0; t < length; t++)
          for (let d = 0; d < D; d++)
            expect(got[(row * length + t) * D + d]).toBeCloseTo(whole[(row * 12 + at + t) * D + d], 5);
      }
      at += length;
    }
    expect(plans.slice(2, 5)).toEqual([0, 0, 0]);
  });

  test('a compiled function asks for places that are given as functions', async () => {
    const cache = state(zeros([capacity, 2], { device }));
    let at = 3;
    let calls = 0;
    const append = compile((part: Tensor) => {
      calls++;
      cache.updateSlice_(0, () => at, part);
      return cache.sum(0);
    });
    const expected = [0, 0];
    for (at of [3, 9, 0, 15]) {
      const part = some(at, [1, 2], device);
      const values = await part.data();
      const sum = await append(part).data();
      for (const i of [0, 1]) expect(sum[i]).toBeCloseTo((expected[i] += values[i]), 5);
    }
    expect(calls).toBeLessThan(3);
    expect(() => {
      at = capacity;
      append(some(1, [1, 2], device));
    }).toThrow('start is 16');
  });

  test('wrong places are refused where they are given', () => {
    const cache = state(zeros([4, 2], { device }));
    expect(() => cache.updateSlice_(0, 4, zeros([1, 2], { device }))).toThrow('start is 4, but must be a whole number from 0 to 3'); // biome-ignore format: one line
    expect(() => cache.updateSlice_(0, 0, zeros([1, 3], { device }))).toThrow('[1, 3]');
    const x = zeros([1, 1, 2, 2], { device });
    expect(() => F.scaledDotProductAttention(x, x, x, { keyLength: 3 })).toThrow('keyLength is 3');
    const w = zeros([1, 1, 2, 2], { device }).requiresGrad_();
    expect(() => state(zeros([1, 1, 2, 2], { device })).updateSlice_(2, 0, w)).toThrow('not differentiable');
    noGrad(() => state(zeros([1, 1, 2, 2], { device })).updateSlice_(2, 0, w));
  });
});
