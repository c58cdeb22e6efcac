/** Results that are read, or that nobody reads for long, move to the host; what a compiled call works with must not. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { full, manualSeed, ones, randn, type Tensor, tensor, use, zeros } from '@inkstone/core';
import { compile } from '@inkstone/core/compile';
import { beforeEach, describe, expect, test } from 'vitest';

test.each([
  ['reference', () => reference()],
  ['cpu', () => cpu({ threads: 1 })],
] as const)(
  'many small results of a call, and a state that goes on to the next: %s',
  async (_name, backend) => {
    await use(backend());
    const run = async (compiled: boolean): Promise<unknown[]> => {
      const state = ones([3]);
      const plain = (x: Tensor): Tensor[] => {
        const parts = Array.from({ length: 20 }, (_, i) => x.mul(i).add(state));
        state.mul_(0.5).add_(x);
        return parts;
      };
      const step = compiled ? compile(plain) : plain;
      const read: unknown[] = [];
      for (let call = 0; call < 12; call++) {
        const parts = step(tensor([call, 1, -call]));
        // Now all, now one, now none of them.
        if (call % 3 === 0) read.push(await Promise.all(parts.map((part) => part.toArray())));
        else if (call % 3 === 1) read.push(await parts[call].toArray());
      }
      read.push(await state.toArray());
      return read;
    };
    expect(await run(true)).toEqual(await run(false));
  },
);

describe('memory that moves', () => {
  const run = (t: Tensor): Tensor => t.keep();
  /** Small results of others that nobody reads: some of them move to the host. */
  const others = (n: number): void => {
    for (let i = 0; i < n; i++) run(tensor([i]).mul(2));
  };
  beforeEach(async () => {
    await use(cpu({ threads: 1 }));
    manualSeed(0);
  });

  test.each([0, 4, 6, 7, 9])(
    'arguments stay where they are until the call has run (%i others before)',
    async (n) => {
      const [c, bd, ad] = [randn([4, 100]), randn([4, 4]), randn([4, 4])];
      const body = (a: Tensor, b: Tensor): Tensor => b.matmul(b).softmax(-1).matmul(a).matmul(c);
      const expected = await body(ad.mul(2), bd.mul(3)).toArray();
      const compiled = compile(body);
      for (let call = 0; call < 3; call++) {
        others(n);
        const a = run(ad.mul(2));
        others(n);
        expect(await compiled(a, bd.mul(3)).toArray()).toEqual(expected);
      }
      const sum = compile((xs: Tensor[]) => xs.reduce((x, y) => x.mul(2).add(y)));
      const parts = Array.from({ length: 24 }, (_, i) => tensor([i, i + 1]));
      const total = await parts
        .map((x) => x.mul(2))
        .reduce((x, y) => x.mul(2).add(y))
        .toArray();
      for (let call = 0; call < 3; call++)
        expect(await sum(parts.map((x) => x.mul(2))).toArray()).toEqual(total);
    },
  );

  test('a tensor from outside that moves to the host, read or not, is what it was', async () => {
    const [w, x] = [run(randn([1000]).mul(2)), zeros([1000])];
    const f = compile((y: Tensor) => w.add(y).sum());
    const expected = await w.add(x).sum().item();
    for (let call = 0; call < 3; call++) expect(await f(x).item()).toBe(expected);
    await w.toArray();
    for (let call = 0; call < 5; call++) run(randn([1000]).mul(call));
    for (let call = 0; call < 3; call++) expect(await f(x).item()).toBe(expected);

    const small = run(tensor([1, 2, 3]).mul(2));
    const g = compile((y: Tensor) => small.mul(y));
    const one = ones([3]);
    for (let call = 0; call < 12; call++) {
      expect(await g(one).toArray()).toEqual([2, 4, 6]);
      others(8);
    }
  });

  test('a state that is read after each call goes on from there', async () => {
    const steps = async (compiled: boolean): Promise<unknown[]> => {
      const state = run(ones([300]).mul(1));
      const plain = (y: Tensor): void => void state.mul_(0.5).add_(y);
      const step = compiled ? compile(plain) : plain;
      const seen: unknown[] = [];
      for (let call = 0; call < 8; call++) {
        step(full([300], call));
        if (call % 2) seen.push(await state.sum().item(), await state.toArray());
        for (let i = 0; i < 3; i++) run(randn([300]).mul(i));
      }
      return seen;
    };
    expect(await steps(true)).toEqual(await steps(false));
  });
});
