/** The GPT of "Let's build GPT" as its `gpt.py` has it: a module for each head, q, k and v apart, scores by hand. */
import {
  arange,
  cat,
  functional as F,
  manualSeed,
  multinomial,
  nn,
  noGrad,
  ones,
  optim,
  rand,
  randint,
  type Tensor,
  tensor,
} from '@inkstone/core';

const [width, heads, layers, block, batch] = [32, 4, 2, 16, 8];

class Head extends nn.Module {
  readonly key = new nn.Linear(width, width / heads, { bias: false });
  readonly query = new nn.Linear(width, width / heads, { bias: false });
  readonly value = new nn.Linear(width, width / heads, { bias: false });
  readonly dropout: nn.Dropout;
  constructor(p: number) {
    super();
    this.dropout = new nn.Dropout(p);
  }
  override forward(x: Tensor): Tensor {
    const length = x.shape[1];
    const scores = this.query.forward(x).matmul(this.key.forward(x).transpose(-2, -1));
    const future = ones(length, length).tril().eq(0);
    const masked = scores.mul((width / heads) ** -0.5).maskedFill(future, Number.NEGATIVE_INFINITY);
    return this.dropout.forward(masked.softmax(-1)).matmul(this.value.forward(x));
  }
}

class Attention extends nn.Module {
  readonly heads: nn.ModuleList<Head>;
  readonly proj: nn.Linear;
  readonly dropout: nn.Dropout;
  constructor(p: number) {
    super();
    this.heads = new nn.ModuleList(Array.from({ length: heads }, () => new Head(p)));
    this.proj = new nn.Linear(width, width);
    this.dropout = new nn.Dropout(p);
  }
  override forward(x: Tensor): Tensor {
    const seen = Array.from(this.heads, (head) => head.forward(x));
    return this.dropout.forward(this.proj.forward(cat(seen, -1)));
  }
}

class Block extends nn.Module {
  readonly sa: Attention;
  readonly ffwd: nn.Sequential;
  readonly ln1 = new nn.LayerNorm(width);
  readonly ln2 = new nn.LayerNorm(width);
  constructor(p: number) {
    super();
    this.sa = new Attention(p);
    this.ffwd = new nn.Sequential(
      new nn.Linear(width, 4 * width),
      new nn.ReLU(),
      new nn.Linear(4 * width, width),
      new nn.Dropout(p),
    );
  }
  override forward(x: Tensor): Tensor {
    const h = x.add(this.sa.forward(this.ln1.forward(x)));
    return h.add(this.ffwd.forward(this.ln2.forward(h)));
  }
}

class Gpt extends nn.Module {
  readonly tokens: nn.Embedding;
  readonly positions: nn.Embedding;
  readonly blocks: nn.Sequential;
  readonly norm = new nn.LayerNorm(width);
  readonly head: nn.Linear;
  constructor(vocabulary: number, p: number) {
    super();
    this.tokens = new nn.Embedding(vocabulary, width);
    this.positions = new nn.Embedding(block, width);
    this.blocks = new nn.Sequential(...Array.from({ length: layers }, () => new Block(p)));
    this.head = new nn.Linear(width, vocabulary);
    this.apply((module) => {
      if (module instanceof nn.Linear || module instanceof nn.Embedding) nn.init.normal_(module.weight, 0, 0.02);
      if (module instanceof nn.Linear && module.bias) nn.init.zeros_(module.bias);
    });
  }
  override forward(ids: Tensor): Tensor {
    const at = arange(ids.shape[1]);
    const x = this.tokens.forward(ids).add(this.positions.forward(at));
    return this.head.forward(this.norm.forward(this.blocks.forward(x)));
  }
}

export interface GptRun {
  readonly losses: ReadonlyMap<number, number>;
  /** 60 tokens written after the training, the first one given. */
  readonly generated: readonly number[];
  /** The next draw of the stream: not one more or less has been made. */
  readonly nextRand: number;
}

/** Trains with seed 1337, and gives the losses of the steps that are asked for. */
export async function trainGpt(
  text: string,
  dropout: number,
  steps: number,
  asked: (step: number) => boolean,
): Promise<GptRun> {
  const characters = [...new Set(text)].sort();
  const place = new Map(characters.map((c, i) => [c, i]));
  const ids = Int32Array.from(text, (c) => place.get(c) as number);
  const train = ids.subarray(0, Math.floor(0.9 * ids.length));
  manualSeed(1337);
  const model = new Gpt(characters.length, dropout);
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
  const losses = new Map<number, number>();
  for (let step = 0; step < steps; step++) {
    const starts = await randint(train.length - block, [batch]).data();
    const rows = (shift: number): Tensor => {
      const all = Array.from(starts, (i) => Array.from(train.subarray(i + shift, i + shift + block)));
      return tensor(all, { dtype: 'int32' });
    };
    const logits = model.forward(rows(0)).view(-1, characters.length);
    const loss = F.crossEntropy(logits, rows(1).view(-1));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    if (asked(step)) losses.set(step, await loss.item());
  }
  model.eval();
  const generated = [0];
  for (let i = 0; i < 60; i++) {
    const last = tensor([generated.slice(-block)], { dtype: 'int32' });
    const probabilities = noGrad(() => model.forward(last).select(1, -1).softmax(-1));
    generated.push(await multinomial(probabilities, 1).item());
  }
  return { losses, generated, nextRand: await rand(1).item() };
}
