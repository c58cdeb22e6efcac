/** A compiled step that trains and another compiled function over the same parameters, on the CPU. */
import { cpu } from '@inkstone/backend-cpu';
import { type Device, manualSeed, nn, noGrad, optim, randn, type Tensor, use } from '@inkstone/core';
import { compile } from '@inkstone/core/compile';
import { afterEach, beforeEach, expect, test } from 'vitest';

let device: Device;

beforeEach(async () => {
  device = await use(cpu({ threads: 1 }));
});
afterEach(() => device.close());

type Wrap = (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor;

/** What is returned by steps of training (T) and evaluations (E) in this order, then all parameters. */
async function run(order: string, wrap: Wrap): Promise<number[][]> {
  manualSeed(1);
  const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 2));
  const optimizer = new optim.AdamW(model.parameters(), { lr: 0.05 });
  const forward = (x: Tensor): Tensor => model.forward(x) as Tensor;
  const train = wrap((x) => {
    optimizer.zeroGrad();
    const loss = forward(x).square().mean();
    loss.backward();
    optimizer.step();
    return loss;
  });
  const evaluate = wrap((x) => noGrad(() => forward(x)));
  const out: number[][] = [];
  for (const call of order)
    out.push([...(await (call === 'T' ? train : evaluate)(randn(5, 3)).detach().data())]);
  for (const tensor of model.stateDict().values()) out.push([...(await tensor.data())]);
  return out;
}

// Parameters that a replay has left are made when the other function is recorded: they are not that function's.
test.each(['TTTE', 'TTTETET', 'ETET', 'EETTEETT'])(
  'training and evaluation, in the order %s',
  async (order) => {
    expect(await run(order, (f) => compile(f))).toEqual(await run(order, (f) => f));
  },
);
