/** A recurrent network that spells "hello": one character at a time, the state carries what came before. */
import { functional as F, manualSeed, noGrad, optim, type Tensor, tensor } from '@inkstone/core';
import { RecurrentLM, type RecurrentState } from '../recurrent-lm.js';
import { lesson, note, table, text } from './lesson.js';

const word = 'hello';

export const helloLstm = lesson({
  name: 'hello-lstm',
  title: { zh: '循环网络：拼出 hello', en: 'A recurrent network spells hello' },
  summary: {
    zh: '给一个字母，猜下一个；同一个 l 后面有时是 l，有时是 o，要靠状态记住。',
    en: 'Given a letter, guess the next; after one l comes l, after the other o: only the state knows which.',
  },
  options: { seed: 42, steps: 1000, cell: 'lstm' },

  async *program({ seed, steps, cell }) {
    // In the order in which they appear: h 0, e 1, l 2, o 3.
    const letters = [...new Set(word)];
    const ids = [...word].map((letter) => letters.indexOf(letter));
    const at = (i: number): Tensor => tensor([[ids[i]]], { dtype: 'int32' });
    yield table(
      'vocabulary',
      '字母',
      'The letters',
      ['id', '字母'],
      letters.map((letter, id) => [id, letter]),
    );

    manualSeed(seed);
    const model = new RecurrentLM({ vocabSize: letters.length, cell, embeddingSize: 16, hiddenSize: 16 });
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
    yield note(
      `${cell.toUpperCase()}，${model.numParameters()} 个参数。每个字母算一次损失、走一步，状态传给下一个字母（不传梯度）。`,
      `${cell.toUpperCase()} with ${model.numParameters()} parameters. A loss and a step for each letter; the state goes on to the next, its gradient does not.`,
    );

    const losses: number[] = [];
    for (let epoch = 1; epoch <= steps; epoch++) {
      let state: RecurrentState | undefined;
      const values: Promise<number>[] = [];
      for (let i = 0; i + 1 < word.length; i++) {
        const step = model.read(at(i), state);
        const loss = F.crossEntropy(step.logits.squeeze(1), at(i + 1).flatten());
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        state = step.state.map((tensor) => tensor.detach());
        values.push(loss.item());
      }
      const sum = (await Promise.all(values)).reduce((a, b) => a + b);
      losses.push(sum / values.length);
      if (epoch % 100 === 0) yield { event: 'step', step: epoch, steps, loss: losses[epoch - 1] };
    }

    // From the first letter on, it reads what it has just written.
    const written = [ids[0]];
    const rows: (string | number)[][] = [];
    let state: RecurrentState | undefined;
    while (written.length < word.length) {
      const last = written[written.length - 1];
      const step = noGrad(() => model.read(tensor([[last]], { dtype: 'int32' }), state));
      state = step.state;
      const [[p]] = (await step.logits.softmax(-1).toArray()) as number[][][];
      const next = p.indexOf(Math.max(...p));
      rows.push([letters[last], ...p, letters[next]]);
      written.push(next);
    }
    const generated = written.map((id) => letters[id]).join('');
    yield table(
      'probabilities',
      '每个字母之后',
      'After each letter',
      ['字母', ...letters.map((letter) => `p(${letter})`), '→'],
      rows,
    );
    yield text('generated', '从 h 开始写的', 'What it writes from h on', generated);
    return {
      losses,
      result: {
        cell,
        letters,
        initialLoss: losses[0],
        generated,
        right: generated === word,
        probabilities: rows.map((row) => row.slice(1, -1)),
      },
    };
  },
});
