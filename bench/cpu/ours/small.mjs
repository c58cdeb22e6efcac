/** The two small programs, as the tutorials write them. */
import { functional as F, manualSeed, nn, optim, tensor, zeros } from '@inkstone/core';

/** 100 epochs of XOR. */
export function xor() {
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
  let last = 0;
  return {
    repeats: 100,
    run: async () => {
      for (let epoch = 0; epoch < 100; epoch++) {
        const loss = F.mseLoss(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
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
export function lstm() {
  manualSeed(42);
  const text = 'hello';
  const characters = [...new Set(text)].sort();
  const ids = [...text].map((character) => characters.indexOf(character));
  const inputs = tensor(ids.slice(0, -1), { dtype: 'int32' });
  const targets = tensor(ids.slice(1), { dtype: 'int32' });
  const model = new Hello();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  let last = 0;
  return {
    repeats: 4,
    run: async () => {
      let total = 0;
      let state = [zeros([1, 1, 16]), zeros([1, 1, 16])];
      for (let i = 0; i < 4; i++) {
        const [out, next] = model.forward(inputs.slice(0, i, i + 1), state);
        const loss = F.crossEntropy(out, targets.slice(0, i, i + 1));
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        total += await loss.item();
        state = next.map((value) => value.detach());
      }
      last = total / 4;
    },
    note: () => ({ loss: last }),
  };
}
