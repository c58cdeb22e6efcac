/** Activations and losses: what they do to numbers, what their gradients are, and how their curves run. */
import { functional as F, linspace, type Tensor, tensor } from '@inkstone/core';
import { lesson, note, type Telling, table } from './lesson.js';

const activations = {
  ReLU: (x: Tensor) => x.relu(),
  Sigmoid: (x: Tensor) => x.sigmoid(),
  Tanh: (x: Tensor) => x.tanh(),
};

type Values = { readonly x: number[]; readonly y: number[]; readonly gradient: number[] };

/** A function's values and, by autograd, its slope at each place. */
async function evaluate(f: (x: Tensor) => Tensor, at: Tensor): Promise<Values> {
  const x = at.detach().requiresGrad_();
  const y = f(x);
  y.sum().backward();
  const [xs, ys, slopes] = await Promise.all([x.toArray(), y.toArray(), (x.grad as Tensor).toArray()]);
  return { x: xs as number[], y: ys as number[], gradient: slopes as number[] };
}

/** A loss of some inputs, and its gradient for each of them. */
async function gradientOf(loss: (x: Tensor) => Tensor, inputs: readonly number[]) {
  const x = tensor([...inputs], { requiresGrad: true });
  const value = loss(x);
  value.backward();
  return { loss: await value.item(), gradient: (await (x.grad as Tensor).toArray()) as number[] };
}

export const activationsAndLosses = lesson({
  name: 'activations-and-losses',
  title: { zh: '激活函数与损失函数', en: 'Activations and losses' },
  summary: {
    zh: 'ReLU、Sigmoid、Tanh、softmax、交叉熵、均方误差：数值、梯度、曲线。',
    en: 'ReLU, Sigmoid, Tanh, softmax, cross-entropy, mean squared error: values, gradients, curves.',
  },
  options: {},

  async *program(): Telling {
    const places = [-2, -1, -0.5, 0, 0.5, 1, 2];
    const result: Record<string, unknown> = {};
    yield note(
      '激活函数把每个数单独变一变；没有它，再多的线性层也只是一层。',
      'An activation changes each number by itself; without one, any stack of linear layers is a single one.',
    );
    for (const [name, f] of Object.entries(activations)) {
      const { x, y, gradient } = await evaluate(f, tensor(places));
      yield table(
        name,
        `${name}：数值与梯度`,
        `${name}: values and gradients`,
        ['x', 'f(x)', "f'(x)"],
        x.map((_, i) => [x[i], y[i], gradient[i]]),
      );
      const curve = await evaluate(f, linspace(-5, 5, 101));
      yield {
        event: 'curves',
        name: `${name} curve`,
        title: { zh: `${name} 的曲线与梯度`, en: `${name} and its gradient` },
        x: curve.x,
        curves: [
          { name, y: curve.y },
          { name: `${name}'`, y: curve.gradient },
        ],
      };
      result[name] = { x, y, gradient };
    }

    yield note(
      'softmax 把分数变成概率：都是正数，加起来是 1；大的分数得到大部分。',
      'Softmax makes probabilities of scores: all positive, 1 in all; the largest score takes most of it.',
    );
    const scores = [2, 1, 0.1];
    const softmax = (await tensor(scores).softmax(-1).toArray()) as number[];
    yield table(
      'softmax',
      'softmax',
      'Softmax',
      ['score', 'p'],
      scores.map((score, i) => [score, softmax[i]]),
    );
    result.softmax = { scores, probabilities: softmax };

    yield note(
      '交叉熵：正确答案的概率取对数再取负。对分数的梯度正好是“概率减答案”。',
      'Cross-entropy: minus the logarithm of the right answer’s probability. Its gradient is the probabilities minus the answer.',
    );
    const right = 0;
    const entropy = await gradientOf(
      (x) => F.crossEntropy(x.unsqueeze(0), tensor([right], { dtype: 'int32' })),
      scores,
    );
    yield table(
      'cross-entropy',
      `交叉熵 = ${entropy.loss.toFixed(4)}`,
      `Cross-entropy = ${entropy.loss.toFixed(4)}`,
      ['score', 'p', 'right', 'gradient'],
      scores.map((score, i) => [score, softmax[i], i === right ? 1 : 0, entropy.gradient[i]]),
    );
    result.crossEntropy = { scores, right, ...entropy };

    yield note(
      '均方误差：差的平方的平均。差得越远，梯度越大。',
      'Mean squared error: the mean of the squared distances. The farther off, the larger the gradient.',
    );
    const predictions = [2.5, 0, 2, 8];
    const targets = [3, -0.5, 2, 7];
    const squared = await gradientOf((x) => F.mseLoss(x, tensor(targets)), predictions);
    yield table(
      'mse',
      `均方误差 = ${squared.loss.toFixed(4)}`,
      `Mean squared error = ${squared.loss.toFixed(4)}`,
      ['prediction', 'target', 'gradient'],
      predictions.map((p, i) => [p, targets[i], squared.gradient[i]]),
    );
    result.mse = { predictions, targets, ...squared };

    // Both losses where the answer is 1 and the model says p.
    const p = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
    yield {
      event: 'curves',
      name: 'losses',
      title: { zh: '答案是 1、模型说 p 时的损失', en: 'The loss where the answer is 1 and the model says p' },
      x: p,
      curves: [
        { name: 'cross-entropy', y: (await tensor(p).log().neg().toArray()) as number[] },
        { name: 'squared error', y: (await tensor(p).sub(1).square().toArray()) as number[] },
      ],
    };
    return { losses: [], result };
  },
});
