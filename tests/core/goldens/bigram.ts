/** The bigram of "Let's build GPT": the lecture's program, on the text that it uses. */
import { functional as F, manualSeed, multinomial, nn, noGrad, optim, rand, randint, stack, Tensor, tensor } from '@inkstone/core';

class Bigram extends nn.Module {
  token_embedding_table: nn.Embedding;
  constructor(readonly vocabSize: number) {
    super();
    this.token_embedding_table = new nn.Embedding(vocabSize, vocabSize);
  }
  override forward(idx: Tensor): Tensor {
    return this.token_embedding_table.forward(idx);
  }
  loss(idx: Tensor, targets: Tensor): Tensor {
    return F.crossEntropy(this.forward(idx).view(-1, this.vocabSize), targets.view(-1));
  }
  async generate(count: number): Promise<number[]> {
    const ids = [0];
    for (let i = 0; i < count; i++) {
      const probs = noGrad(() => this.forward(tensor([[ids[i]]], { dtype: 'int32' })).select(1, 0).softmax(-1));
      ids.push(await multinomial(probs, 1).item());
    }
    return ids;
  }
}

export interface BigramRun {
  readonly firstIx: number[];
  readonly initialLoss: number;
  readonly untrained: number[];
  readonly losses: ReadonlyMap<number, number>;
  readonly generated: number[];
  readonly nextRand: number;
}

/** Runs the lecture's cells in order; gives the losses of the steps that are asked for. */
export async function lecture(text: string, steps: number, asked: ReadonlySet<number>): Promise<BigramRun> {
  const characters = [...new Set(text)].sort();
  const place = new Map(characters.map((c, i) => [c, i]));
  const data = Int32Array.from(text, (c) => place.get(c) as number);
  const train = data.subarray(0, Math.floor(0.9 * data.length));
  const batch = async (size: number): Promise<{ ix: number[]; x: Tensor; y: Tensor }> => {
    const ix = Array.from(await randint(train.length - 8, [size]).data());
    const block = (shift: number): Tensor =>
      stack(ix.map((i) => tensor(train.slice(i + shift, i + shift + 8))));
    return { ix, x: block(0), y: block(1) };
  };
  manualSeed(1337);
  const first = await batch(4);
  manualSeed(1337);
  const model = new Bigram(characters.length);
  const firstLoss = await model.loss(first.x, first.y).item();
  const untrained = await model.generate(100);
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
  const losses = new Map<number, number>();
  for (let step = 0; step < steps; step++) {
    const { x, y } = await batch(32);
    const loss = model.loss(x, y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    if (asked.has(step)) losses.set(step, await loss.item());
  }
  const generated = await model.generate(500);
  const nextRand = await rand(1).item();
  return { firstIx: first.ix, initialLoss: firstLoss, untrained, losses, generated, nextRand };
}
