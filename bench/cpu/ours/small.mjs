/** The two small programs, as the tutorials write them, or with the step compiled. */
import { functional as F, manualSeed, nn, optim, tensor, zeros } from '@inkstone/core';
import { compile } from '@inkstone/core/compile';

/** 100 epochs of XOR. */
export function xor({ compiled }) {
  manualSeed(42);
  const model = new nn.Sequential(new nn.Linear(2, 4), new nn.ReLU(), new nn.Linear(4, 1), new nn.Sigmoid());
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const x = tensor([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = tensor([[0], [1], [1], [0]]);
  const plain = () => {
    const loss = F.mseLoss(model.forward(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const step = compiled ? compile(plain) : plain;
  let last = 0;
  return {
    repeats: 100,
    run: async () => {
      for (let epoch = 0; epoch < 100; epoch++) {
        const loss = step();
        if (epoch === 99) last = await loss.item();
      }
    },
    note: () => ({ loss: last }),
  };
}

class Hello extends nn.Module {
  constructor() {
    super();
    this.embedding = new nn.Embedding(4, 16);
    this.lstm = new nn.LSTM(16, 16);
    this.fc = new nn.Linear(16, 4);
  }
  forward(ids, state) {
    const [out, next] = this.lstm.forward(this.embedding.forward(ids).view(1, 1, -1), state);
    return [this.fc.forward(out.view(1, -1)), next];
  }
}

/** An epoch of "hello": four characters, each a step of Adam. */
export function lstm({ compiled }) {
  manualSeed(42);
  const text = 'hello';
  const characters = [...new Set(text)].sort();
  const ids = [...text].map((character) => characters.indexOf(character));
  const inputs = tensor(ids.slice(0, -1), { dtype: 'int32' });
  const targets = tensor(ids.slice(1), { dtype: 'int32' });
  const model = new Hello();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const plain = (input, target, state) => {
    const [out, next] = model.forward(input, state);
    const loss = F.crossEntropy(out, target);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return [loss, ...next.map((value) => value.detach())];
  };
  const step = compiled ? compile(plain) : plain;
  const pairs = ids.slice(1).map((_, i) => [inputs.slice(0, i, i + 1), targets.slice(0, i, i + 1)]);
  let last = 0;
  return {
    repeats: 4,
    run: async () => {
      let total = 0;
      let state = [zeros([1, 1, 16]), zeros([1, 1, 16])];
      for (const [input, target] of pairs) {
        const [loss, ...next] = step(input, target, state);
        total += await loss.item();
        state = next;
      }
      last = total / 4;
    },
    note: () => ({ loss: last }),
  };
}
