/** Optimizers in a training loop: no plan is built in the steady state, clipping included; state is saved exactly. */
import { reference } from '@inkstone/backend-cpu/reference';
import {
  type Device,
  functional as F,
  manualSeed,
  nn,
  open,
  optim,
  randn,
  setDefaultDevice,
  tensor,
} from '@inkstone/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let device: Device;
beforeAll(async () => {
  device = await open(reference());
  setDefaultDevice(device);
});
afterAll(() => device.close());

const build = (): nn.Sequential =>
  new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.LayerNorm(8), new nn.Linear(8, 2));

type Make = (
  parameters: nn.Parameter[],
) => optim.SGD | optim.Adam | optim.AdamW | optim.RMSprop | optim.Adagrad;
const makes: Readonly<Record<string, Make>> = {
  SGD: (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9 }),
  Adam: (p) => new optim.Adam(p, { lr: 0.01, amsgrad: true }),
  AdamW: (p) => new optim.AdamW(p, { lr: 0.01 }),
  RMSprop: (p) => new optim.RMSprop(p, { centered: true, momentum: 0.5 }),
  Adagrad: (p) => new optim.Adagrad(p, { initialAccumulatorValue: 0.1 }),
};

for (const [name, make] of Object.entries(makes)) {
  describe(name, () => {
    it('with clipping and a schedule, builds no plan and makes no buffer once it is going', async () => {
      manualSeed(1);
      const model = build();
      const optimizer = make(model.parameters());
      const schedule = new optim.lrScheduler.CosineWithWarmup(optimizer, { warmupSteps: 3, totalSteps: 40 });
      const [x, y] = [randn(6, 4).keep(), randn(6, 2).keep()];
      let before = device.stats();
      const losses: number[] = [];
      for (let step = 0; step < 20; step++) {
        const loss = F.mseLoss(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optim.clipGradNorm(model.parameters(), 0.5);
        optimizer.step();
        schedule.step();
        losses.push(await loss.item());
        if (step === 9) before = device.stats();
      }
      const after = device.stats();
      expect(after.plansBuilt).toBe(before.plansBuilt);
      expect(after.buffersMade).toBe(before.buffersMade);
      expect(losses[19]).toBeLessThan(losses[2]);
    });

    it('goes on from a saved state as if it had not stopped', async () => {
      const [x, y] = [randn(6, 4), randn(6, 2)];
      const train = (
        model: nn.Module & { forward(x: unknown): never },
        optimizer: ReturnType<Make>,
      ): void => {
        const loss = F.mseLoss(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
      };
      const first = build() as never as Parameters<typeof train>[0];
      const optimizer = make(first.parameters());
      for (let i = 0; i < 3; i++) train(first, optimizer);
      const second = build() as never as Parameters<typeof train>[0];
      second.loadStateDict(first.stateDict());
      const other = make(second.parameters());
      other.loadStateDict(JSON.parse(JSON.stringify(await optimizer.stateDict(), plain)));
      for (let i = 0; i < 3; i++) {
        train(first, optimizer);
        train(second, other);
      }
      for (const [key, value] of first.stateDict())
        expect(await second.stateDict().get(key)?.toArray()).toEqual(await value.toArray());
    });
  });
}

/** Moments as lists of numbers: what they are in a text file. */
const plain = (_key: string, value: unknown): unknown =>
  ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;

it('clips gradients together over groups, and returns the norm before', async () => {
  const a = new nn.Parameter(randn(3));
  const b = new nn.Parameter(randn(2, 2));
  const optimizer = new optim.SGD([{ params: [a], lr: 0.1 }, { params: [b] }], { lr: 0.2 });
  a.mul(3).sum().add(b.mul(4).sum()).backward();
  const total = optim.clipGradNorm([a, b], 1);
  const norm = Math.sqrt(3 * 9 + 4 * 16);
  expect(await total.item()).toBeCloseTo(norm, 5);
  const [before, beforeB] = [await a.data(), await b.data()];
  optimizer.step();
  const [after, afterB] = [await a.data(), await b.data()];
  for (const i of [0, 1, 2]) expect(before[i] - after[i]).toBeCloseTo((0.1 * 3) / norm, 5);
  for (const i of [0, 1, 2, 3]) expect(beforeB[i] - afterB[i]).toBeCloseTo((0.2 * 4) / norm, 5);
});

// Numbers of PyTorch 1.13: SGD(lr=0.1), loss (p * p).sum(), param_groups[0]['momentum'] = 0.9 before the third step.
it('SGD takes a momentum that comes in the middle of a run, and goes on where it is taken away', async () => {
  const p = new nn.Parameter(tensor([1, -2, 3]));
  const optimizer = new optim.SGD([p], { lr: 0.1 });
  const steps: unknown[] = [];
  for (let step = 0; step < 5; step++) {
    if (step === 2) optimizer.paramGroups[0].momentum = 0.9;
    optimizer.zeroGrad();
    p.mul(p).sum().backward();
    optimizer.step();
    steps.push(await p.toArray());
  }
  const [, , third, , fifth] = steps as number[][];
  for (const [i, want] of [0.5119999647, -1.0239999294, 1.5360000134].entries())
    expect(third[i]).toBeCloseTo(want, 6);
  for (const [i, want] of [0.0396800004, -0.0793600008, 0.1190400124].entries())
    expect(fifth[i]).toBeCloseTo(want, 6);
  optimizer.paramGroups[0].momentum = 0;
  optimizer.zeroGrad();
  p.mul(p).sum().backward();
  optimizer.step();
  for (const [i, want] of fifth.entries())
    expect(((await p.toArray()) as number[])[i]).toBeCloseTo(want * 0.8, 6);
});

// As above, with dampening=0.5: the step that makes the buffer is not dampened.
it('SGD does not dampen the first step with momentum, whenever that is', async () => {
  const p = new nn.Parameter(tensor([1, -2]));
  let optimizer = new optim.SGD([p], { lr: 0.1, dampening: 0.5 });
  for (const [step, want] of [0.8, 0.64, 0.5119999647, 0.3455999792, 0.1612799913].entries()) {
    if (step === 2) optimizer.paramGroups[0].momentum = 0.9;
    if (step === 2 || step === 4) {
      const saved = await optimizer.stateDict();
      optimizer = new optim.SGD([p], { lr: 1 });
      optimizer.loadStateDict(saved);
    }
    optimizer.zeroGrad();
    p.mul(p).sum().backward();
    optimizer.step();
    const [first, second] = (await p.toArray()) as number[];
    expect(first).toBeCloseTo(want, 6);
    expect(second).toBeCloseTo(-2 * want, 6);
  }
  // A buffer that is not used for a while is saved with the rest.
  optimizer.paramGroups[0].momentum = 0;
  optimizer.step();
  const saved = await optimizer.stateDict();
  const other = new optim.SGD([p], { lr: 0.1 });
  other.loadStateDict(saved);
  other.step();
  expect((await other.stateDict()).state[0]?.buffers).toEqual(saved.state[0]?.buffers);
});

// Numbers of PyTorch 1.13: OneCycleLR(optimizer, max_lr=1, total_steps=4).
it('OneCycleLR takes a step after each of a cycle, the last among them', () => {
  const optimizer = new optim.SGD([new nn.Parameter(tensor([0]))], { lr: 0.1, momentum: 0.9 });
  const schedule = new optim.lrScheduler.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 4 });
  for (const rate of [0.811745653949763, 0.2830609982, 4e-6, 0.2830609982]) {
    schedule.step();
    expect(optimizer.paramGroups[0].lr).toBeCloseTo(rate, 9);
  }
  expect(() => schedule.step()).toThrow('OneCycleLR: step 5 of a cycle of 4 steps');
});
