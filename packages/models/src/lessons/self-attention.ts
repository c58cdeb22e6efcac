/** Self-attention in four linear layers: queries, keys, values, and one output. */
import { functional as F, manualSeed, nn, optim, randn, type Tensor, tensor } from '@inkstone/core';
import { lesson, matrix, note } from './lesson.js';

class SimpleAttention extends nn.Module {
  readonly W_Q = new nn.Linear(4, 3);
  readonly W_K = new nn.Linear(4, 3);
  readonly W_V = new nn.Linear(4, 3);
  readonly out = new nn.Linear(3, 1);

  /** How much each word looks at each: [B, T, T], rows that add to 1. */
  weights(x: Tensor): Tensor {
    const q = this.W_Q.forward(x);
    const k = this.W_K.forward(x);
    return q.matmul(k.transpose(-2, -1)).div(Math.sqrt(3)).softmax(-1);
  }

  /** @param x [B, T, 4] @returns [B, 1] */
  override forward(x: Tensor): Tensor {
    const mixed = this.weights(x).matmul(this.W_V.forward(x));
    return this.out.forward(mixed.mean(1));
  }
}

type Matrices = Record<string, number[][]>;

export const selfAttention = lesson({
  name: 'self-attention',
  title: { zh: '自注意力：W_Q、W_K、W_V 怎样学到东西', en: 'Self-attention: how W_Q, W_K and W_V learn' },
  summary: {
    zh: '两句三个词的话，缩放点积注意力，20 轮 Adam，看矩阵怎样变。',
    en: 'Two sentences of three words, scaled dot products, 20 epochs of Adam: watch the matrices change.',
  },
  options: { seed: 42, steps: 20 },

  async *program({ seed, steps }) {
    manualSeed(seed);
    const x = randn(2, 3, 4);
    const y = tensor([[1], [0]]);
    const model = new SimpleAttention();
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
    const { W_Q, W_K, W_V } = model;
    const matrices = async (): Promise<Matrices> => ({
      W_Q: (await W_Q.weight.toArray()) as number[][],
      W_K: (await W_K.weight.toArray()) as number[][],
      W_V: (await W_V.weight.toArray()) as number[][],
    });
    const looking = async () => ((await model.weights(x).toArray()) as number[][][])[0];

    yield note(
      '输入：两句话，每句三个词，每个词是四个数。目标：第一句 1，第二句 0。',
      'The input: two sentences of three words, each word four numbers. The first should give 1, the second 0.',
    );
    const before = await matrices();
    yield matrix(
      'attention before',
      '训练前，第一句里谁看谁',
      'Who looks at whom in the first sentence, before',
      await looking(),
    );
    const initialLoss = await F.mseLoss(model.forward(x), y).item();

    const losses: number[] = [];
    for (let epoch = 1; epoch <= steps; epoch++) {
      const loss = F.mseLoss(model.forward(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      losses.push(await loss.item());
      yield { event: 'step', step: epoch, steps, loss: losses[epoch - 1] };
    }

    const after = await matrices();
    for (const name of Object.keys(before)) {
      yield matrix(`${name} before`, `初始 ${name}`, `${name} at the start`, before[name]);
      yield matrix(`${name} after`, `训练后 ${name}`, `${name} after training`, after[name]);
    }
    const attention = await looking();
    yield matrix(
      'attention after',
      '训练后，第一句里谁看谁',
      'Who looks at whom in the first sentence, after',
      attention,
    );
    const outputs = ((await model.forward(x).toArray()) as number[][]).map(([value]) => value);
    return { losses, result: { initialLoss, outputs, before, after, attention } };
  },
});
