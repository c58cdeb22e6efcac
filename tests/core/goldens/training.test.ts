/**
 * Training runs that real PyTorch 1.13.1 recorded (training.json): the same program with the same seed gives the same
 * losses, within 10 times the distance that training in float64 instead of float32 has.
 */
import { readFileSync } from 'node:fs';
import { cpu } from '@inkstone/backend-cpu';
import {
  type Device,
  functional as F,
  manualSeed,
  nn,
  open,
  optim,
  randn,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from '@inkstone/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Curve {
  readonly first20: readonly number[];
  readonly every100: readonly number[];
}

interface Goldens {
  readonly attention: {
    readonly losses: readonly number[];
    readonly firstX: readonly number[];
    readonly gradWQ: readonly number[];
    readonly after: Readonly<Record<string, readonly number[]>>;
    readonly outputs: readonly number[];
  };
  readonly mlp: Readonly<
    Record<
      string,
      {
        readonly every100: readonly number[];
        readonly first10: readonly number[];
        readonly predictions: readonly number[];
      }
    >
  >;
  readonly lstm: Readonly<
    Record<'sorted' | 'first_appearance', Readonly<Record<string, { detach: Curve; sum: Curve }>>>
  >;
}

const goldens = JSON.parse(readFileSync(new URL('training.json', import.meta.url), 'utf8')) as Goldens;

let device: Device;
beforeAll(async () => {
  device = await open(cpu({ threads: 1 }));
  setDefaultDevice(device);
});
afterAll(() => device.close());

function near(got: ArrayLike<number>, want: readonly number[], bound: number): void {
  expect(got.length).toBe(want.length);
  const worst = Math.max(...want.map((x, i) => Math.abs(x - got[i])));
  expect(worst, `the largest distance is ${worst}`).toBeLessThanOrEqual(bound);
}

class Attention extends nn.Module {
  W_Q = new nn.Linear(4, 3);
  W_K = new nn.Linear(4, 3);
  W_V = new nn.Linear(4, 3);
  out = new nn.Linear(3, 1);
  override forward(x: Tensor): Tensor {
    const [q, k, v] = [this.W_Q.forward(x), this.W_K.forward(x), this.W_V.forward(x)];
    const weights = q
      .matmul(k.transpose(-2, -1))
      .div(Math.sqrt(3))
      .softmax(-1);
    return this.out.forward(weights.matmul(v).mean(1));
  }
}

describe('attention in four linear layers', () => {
  it('20 epochs of Adam', async () => {
    const want = goldens.attention;
    manualSeed(42);
    const x = randn(2, 3, 4);
    const y = tensor([[1], [0]]);
    const model = new Attention();
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
    const losses: number[] = [];
    for (let epoch = 0; epoch < want.losses.length; epoch++) {
      const loss = F.mseLoss(model.forward(x), y);
      optimizer.zeroGrad();
      loss.backward();
      if (epoch === 0) near(await (model.W_Q.weight.grad as Tensor).data(), want.gradWQ, 2e-6);
      optimizer.step();
      losses.push(await loss.item());
    }
    near((await x.data()).slice(0, 6), want.firstX, 0);
    near(losses, want.losses, 2.2e-6);
    for (const [name, values] of Object.entries(want.after))
      near(await (model.stateDict().get(name) as Tensor).data(), values, 1.3e-6);
    near(await model.forward(x).data(), want.outputs, 2.2e-6);
  });
});

class Xor extends nn.Module {
  layer1 = new nn.Linear(2, 4);
  layer2 = new nn.Linear(4, 1);
  override forward(x: Tensor): Tensor {
    return this.layer2.forward(this.layer1.forward(x).relu()).sigmoid();
  }
}

describe('XOR in two layers', () => {
  for (const [seed, want] of Object.entries(goldens.mlp)) {
    it(`1,000 epochs of SGD, seed ${seed}`, async () => {
      const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]); // biome-ignore format: a truth table
      const y = tensor([[0], [1], [1], [0]]);
      manualSeed(Number(seed));
      const model = new Xor();
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
      const first10: number[] = [];
      const every100: number[] = [];
      for (let epoch = 0; epoch < 1000; epoch++) {
        const loss = F.mseLoss(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        if (epoch < 10) first10.push(await loss.item());
        if (epoch % 100 === 99) every100.push(await loss.item());
      }
      near(first10, want.first10, 6e-7);
      near(every100, want.every100, 6e-7);
      near(await model.forward(x).data(), want.predictions, 2e-6);
    });
  }
});

class CharLstm extends nn.Module {
  embedding = new nn.Embedding(4, 16);
  lstm = new nn.LSTM(16, 16, { batchFirst: true });
  fc = new nn.Linear(16, 4);
  override forward(x: Tensor, state: nn.LSTMState): [Tensor, nn.LSTMState] {
    const [out, next] = this.lstm.forward(this.embedding.forward(x), state);
    return [this.fc.forward(out).squeeze(1), next];
  }
}

const orders = { sorted: 'ehlo', first_appearance: 'helo' };
const start = (): nn.LSTMState => [zeros(1, 1, 16), zeros(1, 1, 16)];

/** Mean losses of each epoch. */
async function spell(order: string, seed: number, mode: 'detach' | 'sum', epochs: number): Promise<number[]> {
  const ids = [...'hello'].map((c) => order.indexOf(c));
  const at = (i: number): Tensor => tensor([[ids[i]]], { dtype: 'int32' });
  manualSeed(seed);
  const model = new CharLstm();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const means: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    let state = start();
    const losses: Tensor[] = [];
    const values: Promise<number>[] = [];
    for (let i = 0; i < 4; i++) {
      if (mode === 'detach') {
        state = [state[0].detach(), state[1].detach()];
        optimizer.zeroGrad();
      }
      const [logits, next] = model.forward(at(i), state);
      state = next;
      const loss = F.crossEntropy(logits, at(i + 1).flatten());
      losses.push(loss);
      // Read before the step: a loss that only adds to another is not kept beyond it.
      values.push(loss.item());
      if (mode === 'detach') {
        loss.backward();
        optimizer.step();
      }
    }
    if (mode === 'sum') {
      optimizer.zeroGrad();
      losses.reduce((a, b) => a.add(b)).backward();
      optimizer.step();
    }
    means.push((await Promise.all(values)).reduce((a, b) => a + b) / 4);
  }
  return means;
}

describe('an LSTM that spells', () => {
  for (const [order, runs] of Object.entries(goldens.lstm)) {
    for (const [seed, modes] of Object.entries(runs)) {
      for (const mode of ['detach', 'sum'] as const) {
        it(`${order}, seed ${seed}, ${mode}`, async () => {
          const want = modes[mode];
          const got = await spell(orders[order as keyof typeof orders], Number(seed), mode, 100);
          near(got.slice(0, 20), want.first20, 1.3e-6);
          near([got[99]], want.every100.slice(0, 1), 6e-7);
        });
      }
    }
  }
});
