/** The training step that is measured: a GPT of four layers and 52 parameters, whose kernels take next to no time. */
import { functional as F, fromTypedArray, manualSeed, nn, optim, tensor } from '@inkstone/core';

class Block extends nn.Module {
  constructor(width, heads) {
    super();
    this.heads = heads;
    this.ln1 = new nn.LayerNorm(width);
    this.ln2 = new nn.LayerNorm(width);
    this.qkv = new nn.Linear(width, 3 * width);
    this.proj = new nn.Linear(width, width);
    this.fc = new nn.Linear(width, 4 * width);
    this.out = new nn.Linear(4 * width, width);
  }
  forward(h) {
    const [b, t, c] = h.shape;
    const [q, k, v] = this.qkv
      .forward(this.ln1.forward(h))
      .split(c, 2)
      .map((part) => part.view(b, t, this.heads, c / this.heads).transpose(1, 2));
    const attended = F.scaledDotProductAttention(q, k, v, { isCausal: true });
    const mixed = h.add(this.proj.forward(attended.transpose(1, 2).reshape(b, t, c)));
    return mixed.add(this.out.forward(F.gelu(this.fc.forward(this.ln2.forward(mixed)))));
  }
}

/** Large enough that a batch stays on the device: small values that nobody reads move to the host. */
const rowsOfBatch = 16;

/** On the default device: the step, and batches for it: new ones of the device's, and of the host's. */
export function training() {
  manualSeed(1);
  const [layers, heads, width, block, vocabulary] = [4, 2, 8, 8, 17];
  const model = new nn.ModuleList([
    new nn.Embedding(vocabulary, width),
    ...Array.from({ length: layers }, () => new Block(width, heads)),
    new nn.LayerNorm(width),
    new nn.Linear(width, vocabulary, { bias: false }),
  ]);
  const optimizer = new optim.AdamW(model.parameters());
  const step = (inputs, targets) => {
    let h = inputs;
    for (const module of model) h = module.forward(h);
    const loss = F.crossEntropy(h.view(-1, vocabulary), targets);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const ids = (offset) =>
    Int32Array.from({ length: rowsOfBatch * block }, (_, i) => (i * i + offset) % vocabulary);
  const batch = (i) => [
    tensor(ids(i), { dtype: 'int32' }).reshape(rowsOfBatch, block),
    tensor(ids(i + 1), { dtype: 'int32' }),
  ];
  /** As a loader gives them: in their shape, on the host. */
  const hostBatch = (i) => [fromTypedArray(ids(i), [rowsOfBatch, block]), fromTypedArray(ids(i + 1))];
  return { step, batch, hostBatch };
}
