/**
 * Attention over eight Chinese words: 我喜欢中国 -> 美. The tutorial writes it in NumPy; `as-written` does as it does, in
 * float64 on the host, with its shortcut: only the output layer and the last word's embedding learn. `full` lets autograd
 * find the gradient of every matrix, on the device.
 */
import { functional as F, fromTypedArray, nn, optim, type Tensor, tensor } from '@inkstone/core';
import { RandomState } from '@inkstone/core/random';
import { lesson, matrix, note, type Telling, table } from './lesson.js';

const vocabulary = ['我', '喜', '欢', '中', '国', '美', '食', '[END]'];
const width = 8;
const learningRate = 0.1;
const sentence = ['我', '喜', '欢', '中', '国'];
const input = sentence.map((word) => vocabulary.indexOf(word));
const target = vocabulary.indexOf('美');

type Matrix = number[][];

/** The initial matrices, drawn in the tutorial's order with NumPy's generator. */
function draw(seed: number): Record<'embedding' | 'Wq' | 'Wk' | 'Wv' | 'output', Matrix> {
  const random = new RandomState(seed);
  const next = (): Matrix => {
    const flat = random.randn(vocabulary.length, width);
    return Array.from({ length: vocabulary.length }, (_, i) => [
      ...flat.subarray(i * width, (i + 1) * width),
    ]);
  };
  return { embedding: next(), Wq: next(), Wk: next(), Wv: next(), output: next() };
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i], 0);
const transpose = (m: Matrix): Matrix => m[0].map((_, j) => m.map((row) => row[j]));
const times = (a: Matrix, b: Matrix): Matrix => {
  const columns = transpose(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
};
function softmax(scores: readonly number[]): number[] {
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
const likeliest = (p: readonly number[]): string => vocabulary[p.indexOf(Math.max(...p))];

/** What a forward pass of either way gives: attention [5, 5], and a probability for each word of the vocabulary. */
interface Forward {
  readonly attention: Matrix;
  readonly probabilities: number[];
}

/** The tutorial's NumPy program. */
function asWritten(seed: number) {
  const { embedding, Wq, Wk, Wv, output } = draw(seed);
  const forward = () => {
    const x = input.map((id) => embedding[id]);
    const [q, k, v] = [times(x, Wq), times(x, Wk), times(x, Wv)];
    const attention = times(q, transpose(k)).map((row) => softmax(row.map((s) => s / Math.sqrt(width))));
    // The last word, which has seen all the others, predicts.
    const last = times(attention, v)[input.length - 1];
    return { attention, last, probabilities: softmax(times([last], output)[0]) };
  };
  return {
    look: async (): Promise<Forward> => forward(),
    /** One step; its loss and prediction are those before the update. */
    async step(): Promise<{ loss: number; predicted: string }> {
      const { last, probabilities: p } = forward();
      const gradient = p.map((x, i) => (i === target ? x - 1 : x));
      for (let i = 0; i < width; i++) {
        for (let j = 0; j < gradient.length; j++) output[i][j] -= learningRate * last[i] * gradient[j];
      }
      // With the output layer that has just changed, as the tutorial has it.
      const word = embedding[input[input.length - 1]];
      for (let i = 0; i < width; i++) word[i] -= learningRate * dot(output[i], gradient);
      return { loss: -Math.log(p[target] + 1e-10), predicted: likeliest(p) };
    },
  };
}

class Attention extends nn.Module {
  readonly embedding: nn.Parameter;
  readonly Wq: nn.Parameter;
  readonly Wk: nn.Parameter;
  readonly Wv: nn.Parameter;
  readonly output: nn.Parameter;

  constructor(seed: number) {
    super();
    const initial = draw(seed);
    const parameter = (m: Matrix) =>
      new nn.Parameter(fromTypedArray(Float32Array.from(m.flat()), [m.length, m[0].length]));
    this.embedding = parameter(initial.embedding);
    this.Wq = parameter(initial.Wq);
    this.Wk = parameter(initial.Wk);
    this.Wv = parameter(initial.Wv);
    this.output = parameter(initial.output);
  }

  attention(x: Tensor): Tensor {
    const scores = x.matmul(this.Wq).matmul(x.matmul(this.Wk).transpose(0, 1));
    return scores.div(Math.sqrt(width)).softmax(-1);
  }

  /** @returns logits [1, vocabulary] */
  override forward(ids: Tensor): Tensor {
    const x = this.embedding.indexSelect(0, ids);
    const out = this.attention(x).matmul(x.matmul(this.Wv));
    return out.narrow(0, out.shape[0] - 1, 1).matmul(this.output);
  }
}

/** The same network, with gradients through every matrix. */
function full(seed: number) {
  const model = new Attention(seed);
  const optimizer = new optim.SGD(model.parameters(), { lr: learningRate });
  const ids = tensor(input, { dtype: 'int32' });
  const right = tensor([target], { dtype: 'int32' });
  return {
    async look(): Promise<Forward> {
      const attention = model.attention(model.embedding.indexSelect(0, ids));
      const [probabilities] = (await model.forward(ids).softmax(-1).toArray()) as Matrix;
      return { attention: (await attention.toArray()) as Matrix, probabilities };
    },
    async step(): Promise<{ loss: number; predicted: string }> {
      const logits = model.forward(ids);
      const loss = F.crossEntropy(logits, right);
      const before = logits.toArray();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return { loss: await loss.item(), predicted: likeliest(((await before) as Matrix)[0]) };
    },
  };
}

export const attentionZh = lesson({
  name: 'attention-zh',
  title: { zh: '注意力：我喜欢中国 → 美', en: 'Attention: 我喜欢中国 → 美' },
  summary: {
    zh: '八个字的词表，单头注意力，用最后一个字预测下一个字。',
    en: 'A vocabulary of eight words, one attention head, the last word predicts the next.',
  },
  options: { seed: 42, steps: 200, way: 'as-written' },

  async *program({ seed, steps, way }): Telling {
    yield table(
      'vocabulary',
      '词表',
      'The vocabulary',
      ['id', '字'],
      vocabulary.map((word, id) => [id, word]),
    );
    yield way === 'as-written'
      ? note(
          '教程的写法：NumPy，float64，只更新输出层和最后一个字的向量；Wq、Wk、Wv 不动。',
          'As the tutorial writes it: NumPy, float64; only the output layer and the last word’s vector learn, Wq, Wk and Wv stay.',
        )
      : note(
          '完整的写法：自动求导，五个矩阵都学。',
          'In full: autograd finds the gradients, and all five matrices learn.',
        );
    const run = way === 'as-written' ? asWritten(seed) : full(seed);
    const names = { rows: sentence, columns: sentence };
    const start = await run.look();
    yield matrix('attention before', '训练前，谁看谁', 'Who looks at whom, before', start.attention, names);
    const losses: number[] = [];
    const predicted: string[] = [];
    for (let step = 0; step < steps; step++) {
      const done = await run.step();
      losses.push(done.loss);
      predicted.push(done.predicted);
      if (step % 10 === 0) yield { event: 'step', step, steps, ...done, right: vocabulary[target] };
    }
    const { attention, probabilities } = await run.look();
    yield matrix('attention after', '训练后，谁看谁', 'Who looks at whom, after', attention, names);
    yield table(
      'probabilities',
      `${sentence.join('')} 的下一个字`,
      `What follows ${sentence.join('')}`,
      ['字', 'p'],
      vocabulary.map((word, id) => [word, probabilities[id]]),
    );
    const initialLoss = -Math.log(start.probabilities[target]);
    return {
      losses,
      result: {
        initialLoss,
        predicted: likeliest(probabilities),
        right: vocabulary[target],
        predictions: predicted,
        probabilities,
        attention,
      },
    };
  },
});
