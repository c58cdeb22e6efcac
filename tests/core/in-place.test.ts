/** What holds for every method that changes its tensor. Values and gradients: the parity cases of family 'in-place'. */
import { reference } from '@inkstone/backend-cpu/reference';
import {
  type Device,
  grad,
  noGrad,
  ones,
  open,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from '@inkstone/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opsOf } from './exported.js';

let device: Device;
beforeAll(async () => {
  device = await open(reference());
  setDefaultDevice(device);
});
afterAll(() => device.close());

type Methods = Readonly<Record<string, (...given: unknown[]) => Tensor>>;
const int = (): Tensor => tensor([0], { dtype: 'int32' });
/** What stands beside a matrix of [2, 2] in the call, where it is not another such matrix. */
const given: Readonly<Record<string, () => unknown[]>> = {
  addcdiv_: () => [ones(2), ones(2, 2)],
  addcmul_: () => [ones(2), ones(2, 2)],
  addmm_: () => [ones(2, 2), ones(2, 2)],
  baddbmm_: () => [ones(2, 2, 2), ones(2, 2, 2)],
  clamp_: () => [0, 1],
  cumprod_: () => [0],
  cumsum_: () => [0],
  fill_: () => [1],
  indexAdd_: () => [0, int(), ones(1, 2)],
  indexFill_: () => [0, int(), 1],
  indexPut_: () => [[int()], ones(1, 2)],
  lerp_: () => [ones(2, 2), 0.5],
  maskedFill_: () => [zeros(2, { dtype: 'bool' }), 1],
  maskedScatter_: () => [zeros(2, { dtype: 'bool' }), ones(4)],
  nanToNum_: () => [],
  scatterAdd_: () => [0, zeros([1, 2], { dtype: 'int32' }), ones(1, 2)],
  scatter_: () => [0, zeros([1, 2], { dtype: 'int32' }), ones(1, 2)],
  tril_: () => [],
  triu_: () => [],
  updateSlice_: () => [0, 0, ones(1, 2)],
  zero_: () => [],
};
const names = opsOf('t').filter((name) => name.endsWith('_'));
/** Of integers alone. */
const bits = (name: string): boolean => name.startsWith('bitwise');

const fresh = (name: string): Tensor =>
  ones(name === 'baddbmm_' ? [2, 2, 2] : [2, 2], { dtype: bits(name) ? 'int32' : 'float32' });
const change = (name: string, x: Tensor): Tensor =>
  (x as unknown as Methods)[name](...(given[name]?.() ?? [fresh(name)]));

describe.each(names)('%s', (name) => {
  it('gives the tensor itself, with shape and dtype as they were', () => {
    const x = fresh(name);
    const { shape, dtype } = x;
    expect(change(name, x)).toBe(x);
    expect([x.shape, x.dtype]).toEqual([shape, dtype]);
  });

  it('of a view changes what the view shows', async () => {
    const { shape, dtype } = fresh(name);
    const base = ones([3, ...shape], { dtype });
    const view = base.select(0, 1);
    change(name, view);
    expect(await base.select(0, 1).toArray()).toEqual(await view.toArray());
    expect(await base.select(0, 0).eq(1).all().item()).toBe(1);
  });
});

describe.each(names.filter((name) => !bits(name)))('%s of a leaf that requires a gradient', (name) => {
  it('is an error but inside noGrad', () => {
    const leaf = fresh(name).requiresGrad_();
    expect(() => change(name, leaf)).toThrow(
      /^\w+_: a leaf that requires a gradient is changed in place|^(heaviside|updateSlice): not differentiable/,
    );
    noGrad(() => change(name, leaf));
    expect([leaf.isLeaf, leaf.requiresGrad]).toEqual([true, true]);
  });
});

it('a result that is larger than the tensor is an error', () => {
  for (const name of ['add_', 'pow_', 'eq_', 'atan2_'] as const)
    expect(() => ones(2)[name](ones(3, 2))).toThrow(`${name}: the result has shape [3, 2], the tensor [2]`);
});

it('a result of another kind than the tensor is an error', () => {
  const whole = (): Tensor => tensor([1, 2], { dtype: 'int32' });
  expect(() => whole().sqrt_()).toThrow(
    'sqrt_: the result is of dtype float32, which does not go into one of int32',
  );
  expect(() => whole().mul_(0.5)).toThrow('mul_: the result is of dtype float32');
  expect(() => tensor([true]).add_(1)).toThrow(
    'add_: the result is of dtype int32, which does not go into one of bool',
  );
  // What is narrower goes in.
  expect(whole().eq_(2).dtype).toBe('int32');
  expect(tensor([1], { dtype: 'uint8' }).add_(1000).dtype).toBe('uint8');
});

it('a backward pass goes through, and what was computed before keeps its meaning', async () => {
  const x = tensor([1, 4]).requiresGrad_();
  const y = x.mul(1);
  const before = y.square();
  y.sqrt_();
  const gradients = (root: Tensor): (Tensor | null)[] => grad(root.sum(), [x], { retainGraph: true });
  expect(await gradients(y)[0]?.toArray()).toEqual([0.5, 0.25]);
  expect(await gradients(before)[0]?.toArray()).toEqual([2, 8]);
});
