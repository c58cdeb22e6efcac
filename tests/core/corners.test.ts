/** Zeros, ties, infinities, scalars, bools and nothing at all, where random numbers seldom lead: numbers of PyTorch 1.13. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import {
  cat,
  type Device,
  functional as F,
  noGrad,
  open,
  setDefaultDevice,
  stack,
  type Tensor,
  tensor,
  zeros,
} from '@inkstone/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const backends = [
  { name: 'reference', backend: () => reference() },
  { name: 'cpu', backend: () => cpu({ threads: 1 }) },
];

describe.each(backends)('on $name', ({ backend }) => {
  let device: Device;
  beforeAll(async () => {
    device = await open(backend());
    setDefaultDevice(device);
  });
  afterAll(() => device.close());

  /** float32 with a relative tolerance; infinities and NaN as they are. */
  async function near(got: Tensor | null, want: readonly number[]): Promise<void> {
    const numbers = [...(await (got as Tensor).data())];
    expect(numbers.length).toBe(want.length);
    for (const [i, number] of want.entries()) {
      const off = Math.abs((numbers[i] as number) - number);
      const same = Object.is(numbers[i], number) || off <= 1e-5 * Math.abs(number) + 1e-35;
      if (!same) expect(numbers).toEqual(want);
    }
  }
  /** The gradient of a sum. */
  function slope(x: Tensor, y: Tensor): Tensor | null {
    x.grad = null;
    y.sum().backward();
    return x.grad;
  }
  const leaf = (numbers: Parameters<typeof tensor>[0]): Tensor => tensor(numbers).requiresGrad_();
  const ints = (...numbers: number[]): Tensor => tensor(numbers, { dtype: 'int32' });

  test('a part that comes twice in a concatenation', async () => {
    const y = tensor([1, 2]).mul(2);
    await near(cat([y, y]), [2, 4, 2, 4]);
    const m = tensor([[1, 2], [3, 4]]).mul(2); // biome-ignore format: a matrix
    await near(stack([m, m.t()]), [2, 4, 6, 8, 2, 6, 4, 8]);
  });

  test('a view of all elements as they are has no gradient where gradients are switched off', async () => {
    const x = leaf([1, 2]);
    const views = noGrad(() => [x.view(2), x.slice(0), x.t(), x.squeeze(0)]);
    expect(views.map((view) => view.requiresGrad)).toEqual([false, false, false, false]);
    expect(x.view(2).requiresGrad).toBe(true);
    // It still shows x: what changes it changes x.
    noGrad(() => x.view(2).add_(1));
    await near(x, [2, 3]);
    await near(slope(x, x.mul(x.mul(1))), [4, 6]);
  });

  test('layer norm over two dimensions, with parameters that have other gradients too', async () => {
    const x = leaf([[1, 2], [3, 5]]); // biome-ignore format: a matrix
    await near(slope(x, F.layerNorm(x, [2, 2], x, x).square()), [13.10282, -5.2234364, -8.57912, 73.506737]);
  });

  test('slopes that are 0 where a formula gives none', async () => {
    const x = leaf([0, 2]);
    await near(slope(x, x.pow(0)), [0, 0]);
    const steep = leaf([-2.5, 0, 2.5]);
    for (const flat of ['floor', 'ceil', 'round', 'trunc', 'sign'] as const)
      await near(slope(steep, steep[flat]().sqrt()), [0, 0, 0]);
    await near(slope(steep, steep.floorDivide(3).add(1).log()), [0, 0, 0]);
    const rows = leaf([[2, 2], [1, 3]]); // biome-ignore format: a matrix
    await near(slope(rows, rows.std(1)), [0, 0, -Math.SQRT1_2, Math.SQRT1_2]);
  });

  test('a target that is ignored leaves nothing behind, not even of an infinity', async () => {
    const scores = leaf([[Number.NEGATIVE_INFINITY, -1], [-2, -3]]); // biome-ignore format: a matrix
    const loss = F.nllLoss(scores, ints(-100, 1));
    expect(await loss.item()).toBe(3);
    await near(slope(scores, loss), [0, 0, 0, -1]);
  });

  test('large and small numbers where squares are neither', async () => {
    const [inf, far] = [Number.POSITIVE_INFINITY, 69.770699];
    await near(tensor([inf, 1e30, -1e30, 3]).asinh(), [inf, far, -far, 1.8184465]);
    await near(tensor([inf, 1e30, 2]).acosh(), [inf, far, 1.316958]);
    const [a, b] = [leaf([3e30, 1e-30, 0, 3]), leaf([4e30, 1e-30, 2, -4])];
    await near(a.hypot(b), [5e30, 1.4142136e-30, 2, 5]);
    await near(slope(a, a.hypot(b)), [0.6, Math.SQRT1_2, 0, 0.6]);
    await near(tensor([1e-40, -1e-40]).lgamma(), [92.10341, 92.10341]);
  });

  test('running extremes keep a NaN that they have met', async () => {
    const x = tensor([1, Number.NaN, 3, 2]);
    for (const { values, indices } of [x.cummax(0), x.cummin(0)]) {
      await near(values, [1, Number.NaN, Number.NaN, Number.NaN]);
      await near(indices, [0, 1, 1, 1]);
    }
  });

  test('clamp promotes, and infinite bounds are bounds', async () => {
    const inf = Number.POSITIVE_INFINITY;
    const cut = ints(1, 5).clamp(1.5);
    expect(cut.dtype).toBe('float32');
    await near(cut, [1.5, 5]);
    expect(ints(1, 5).clamp(2).dtype).toBe('int32');
    expect(tensor([true]).clamp(0, 2).dtype).toBe('int32');
    await near(tensor([1, -3]).clamp(inf), [inf, inf]);
    await near(tensor([1, Number.NaN]).clamp(undefined, -inf), [-inf, Number.NaN]);
  });

  test('the largest has all of an infinite gradient, others have none', async () => {
    const x = leaf([0, -2, 0]);
    await near(slope(x, x.max().sqrt()), [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY]);
  });

  test('bools have a maximum, add up to true, and are filled with what is not 0', async () => {
    const [a, b] = [tensor([true, false, true]), tensor([false, false, true])];
    for (const op of ['maximum', 'fmax'] as const)
      expect(await a[op](b).toArray()).toEqual([true, false, true]);
    for (const op of ['minimum', 'fmin'] as const)
      expect(await a[op](b).toArray()).toEqual([false, false, true]);
    expect(await b.scatterAdd(0, ints(0, 0), a).toArray()).toEqual([true, false, true]);
    expect(await b.indexAdd(0, ints(1, 0, 0), a).toArray()).toEqual([true, true, true]);
    expect(() => ints(1).indexAdd(0, ints(0), ints(1), { alpha: 0.5 })).toThrow(
      'indexAdd: alpha of int32 is 0.5',
    );
    expect(await b.scatter(0, ints(0), -2).toArray()).toEqual([true, false, true]);
    await near(ints(1, 5).indexFill(0, ints(0), -2.5), [-2, 5]);
  });

  test('scalars have one dimension to name, and nothing has a sum', async () => {
    const x = leaf(3);
    await near(x.flip(0), [3]);
    await near(slope(x, x.mean([0])), [1]);
    expect(() => x.amin(1)).toThrow('min: dimension 1 is out of range');
    expect(() => x.sort(1)).toThrow('sort: dimension 1 is out of range');
    expect(() => x.topk(1, 1)).toThrow('topk: dimension 1 is out of range');
    const nothing = zeros(2, 0);
    await near(nothing.logsumexp(1), [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect(nothing.chunk(3, 1).map(({ shape }) => shape)).toEqual([[2, 0], [2, 0], [2, 0]]); // biome-ignore format: shapes
  });

  test('indexFill counts from the end', async () => {
    await near(ints(1, 5, 9).indexFill(0, ints(-1, 0), 7), [7, 5, 7]);
    expect(() => ints(1, 5).indexFill(0, ints(-3), 7)).toThrow('indexFill: ');
  });

  test('changes in place without gradients leave the backward pass as it was', async () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    noGrad(() => {
      y.setItem([0], 7);
      y.mul_(2);
    });
    await near(y, [14, 12]);
    await near(slope(x, y), [3, 3]);
    const z = x.mul(3);
    noGrad(() => z.select(0, 1).add_(1));
    await near(z, [3, 7]);
    await near(slope(x, z.square()), [18, 42]);
  });

  test('attention of no queries has zeros for the gradients of keys and values', async () => {
    // Memory that held something else before.
    for (let i = 0; i < 8; i++) await near(zeros(12).add(7), Array(12).fill(7));
    const [q, k, v] = [zeros(1, 1, 0, 4), zeros(1, 1, 3, 4), zeros(1, 1, 3, 4)].map((x) => x.requiresGrad_());
    F.scaledDotProductAttention(q, k, v).sum().backward();
    await near(k.grad, Array(12).fill(0));
    await near(v.grad, Array(12).fill(0));
  });

  test('a result that equals its input is a tensor of its own', async () => {
    const x = leaf(2);
    for (const same of [x.sum(), x.pow(1), x.sort().values, x.clone().max(0).values]) {
      expect(same.isLeaf).toBe(false);
      same.add_(1);
      await near(slope(x, same.square()), [6]);
    }
    const { sum, view } = noGrad(() => ({ sum: x.sum(), view: x.float() }));
    expect(sum.requiresGrad).toBe(false);
    sum.mul_(2);
    await near(x, [2]);
    expect(view).toBe(x);
  });

  test('what does not go into a dtype is not cut to go into it', async () => {
    const x = ints(1, 2);
    expect(() => x.add_(0.5)).toThrow(
      'add_: the result is of dtype float32, which does not go into one of int32',
    );
    expect(() => x.div_(2)).toThrow('div_: the result is of dtype float32');
    expect(() => x.mul_(tensor([0.5]))).toThrow('mul_: ');
    expect(() => x.clamp_(0.5, 3)).toThrow('clamp_: ');
    expect(() => tensor([true]).add_(1)).toThrow('add_: the result is of dtype int32');
    await near(x.sub_(1).mul_(tensor([true, true])), [0, 1]);
  });
});
