/** XOR: the smallest network that learns what no straight line can separate. 2 inputs, 4 hidden units, 1 output. */
import { functional as F, manualSeed, nn, optim, tensor } from '@inkstone/core';
import { lesson, note, table } from './lesson.js';

export const xor = lesson({
  name: 'xor',
  title: { zh: '异或：第一个神经网络', en: 'XOR: the first neural network' },
  summary: {
    zh: '两层网络学会异或：前向、损失、反向传播、梯度下降。',
    en: 'Two layers learn exclusive or: forward, loss, backward, gradient descent.',
  },
  options: { seed: 42, steps: 1000 },

  async *program({ seed, steps }) {
    yield note(
      '异或：两个输入不同为 1，相同为 0。一条直线分不开这四个点，所以要有一层隐藏单元和 ReLU。',
      'XOR is 1 where the two inputs differ. No straight line separates the four points: it takes a hidden layer and ReLU.',
    );
    const x = tensor([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    const y = tensor([[0], [1], [1], [0]]);
    manualSeed(seed);
    const model = new nn.Sequential(
      new nn.Linear(2, 4),
      new nn.ReLU(),
      new nn.Linear(4, 1),
      new nn.Sigmoid(),
    );
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const initialLoss = await F.mseLoss(model.forward(x), y).item();

    yield note(
      `训练 ${steps} 轮，均方误差，随机梯度下降，学习率 0.1。`,
      `${steps} epochs of gradient descent on the mean squared error, learning rate 0.1.`,
    );
    const losses: number[] = [];
    for (let epoch = 1; epoch <= steps; epoch++) {
      const loss = F.mseLoss(model.forward(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      losses.push(await loss.item());
      if (epoch % 100 === 0) yield { event: 'step', step: epoch, steps, loss: losses[epoch - 1] };
    }

    const predictions = (await model.forward(x).toArray()) as number[][];
    const rows = [
      [0, 0, 0],
      [0, 1, 1],
      [1, 0, 1],
      [1, 1, 0],
    ];
    yield table(
      'predictions',
      '预测（大于 0.5 算 1）',
      'Predictions (above 0.5 is 1)',
      ['a', 'b', 'a ⊕ b', 'p'],
      rows.map((row, i) => [...row, predictions[i][0]]),
    );
    const solved = rows.every(([, , right], i) => predictions[i][0] > 0.5 === (right === 1));
    yield solved
      ? note('四个都对：学会了。', 'All four are right: it has learned XOR.')
      : note(
          '没有全对：这个种子停在了一处平地。换一个 --seed，或多训练几步。',
          'Not all four are right: this seed got stuck on a plateau. Try another --seed, or more steps.',
        );
    return { losses, result: { initialLoss, predictions: predictions.map(([p]) => p), solved } };
  },
});
