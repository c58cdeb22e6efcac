/** The bigram of "Let's build GPT" (Karpathy, 2023): all of Shakespeare, a table of 65 x 65 scores, 10,000 steps. */
import { defaultGenerator, manualSeed, optim } from '@inkstone/core';
import { CharTokenizer } from '@inkstone/tokenizer';
import { Bigram } from '../bigram.js';
import { RandomBlocks, splitTokens } from '../data.js';
import { walk, write } from './bigram-writing.js';
import { lesson, matrix, note, table, text } from './lesson.js';

const blockSize = 8;

export const bigramShakespeare = lesson({
  name: 'bigram-shakespeare',
  title: { zh: '二元模型：莎士比亚', en: 'Bigram: Shakespeare' },
  summary: {
    zh: '一百万个字符，65 x 65 的表，一万步；看概率怎样一步步变成文字。',
    en: 'A million characters, a table of 65 x 65, 10,000 steps; how probabilities become text.',
  },
  options: { seed: 1337, steps: 10_000, data: null, flavour: 'aten' },

  async *program({ seed, steps, data, flavour }) {
    const tokenizer = CharTokenizer.train(data.text);
    const { vocabSize } = tokenizer;
    const show = (ids: readonly number[]): string => tokenizer.decode(ids);
    const { train } = splitTokens(Int32Array.from(tokenizer.encode(data.text)));
    yield note(
      `${data.name}：${data.text.length} 个字符，${vocabSize} 个不同，前九成训练。`,
      `${data.name}: ${data.text.length} characters, ${vocabSize} of them different; the first nine tenths train.`,
    );

    manualSeed(seed);
    defaultGenerator.flavour = flavour;
    const { inputs, targets } = new RandomBlocks(train, { blockSize, batchSize: 4 }).next();
    const xb = (await inputs.toArray()) as number[][];
    const yb = (await targets.toArray()) as number[][];
    yield matrix(
      'xb',
      '第一批：四个块，每块八个字符',
      'The first batch: four blocks of eight characters',
      xb,
    );
    yield matrix('yb', '要预测的：右移一个', 'What to predict: one place to the right', yb);

    // The lecture's next cell seeds again.
    manualSeed(seed);
    const model = new Bigram({ vocabSize });
    const { logits, loss: first } = model.forward(inputs, targets);
    const logitsShape = logits.view(-1, vocabSize).shape;
    const initialLoss = await first.item();
    yield note(
      `logits 的形状是 [${logitsShape.join(', ')}]，损失 ${initialLoss.toFixed(4)}；瞎猜是 ln ${vocabSize} = ${Math.log(vocabSize).toFixed(4)}。`,
      `The logits are [${logitsShape.join(', ')}], the loss ${initialLoss.toFixed(4)}; guessing would be ln ${vocabSize} = ${Math.log(vocabSize).toFixed(4)}.`,
    );
    const untrainedIds = await write(model, [0], 100);
    yield text('untrained', '训练前写的', 'What it writes before', show(untrainedIds));

    const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
    const blocks = new RandomBlocks(train, { blockSize, batchSize: 32 });
    const every = Math.max(1, Math.floor(steps / 20));
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const batch = blocks.next();
      const { loss } = model.forward(batch.inputs, batch.targets);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      losses.push(await loss.item());
      if (step % every === 0 || step === steps - 1) yield { event: 'step', step, steps, loss: losses[step] };
    }

    // What is written comes next in the random stream; the two looks after it start from where it started.
    const state = defaultGenerator.getState();
    const generatedIds = await write(model, [0], 500);
    const end = defaultGenerator.getState();
    yield text('generated', '训练后写的', 'What it writes after', show(generatedIds));

    defaultGenerator.setState(state);
    const steps0: (string | number)[][] = [];
    let before = 0;
    for await (const { probabilities, id } of walk(model, [0], 10)) {
      const p = ((await probabilities.toArray()) as number[][])[0];
      const best = p.map((_, i) => i).sort((a, b) => p[b] - p[a]);
      const likely = best.slice(0, 4).map((i) => `${JSON.stringify(show([i]))} ${p[i].toFixed(3)}`);
      steps0.push([JSON.stringify(show([before])), likely.join('  '), JSON.stringify(show([id])), p[id]]);
      before = id;
    }
    yield table(
      'walk',
      '概率怎样变成文字',
      'How probabilities become text',
      ['上文', 'p', '抽到', 'p(抽到)'],
      steps0,
    );

    defaultGenerator.setState(state);
    const fromAll = await write(model, [0], 100, 'all');
    const same = fromAll.every((id, i) => id === generatedIds[i]);
    defaultGenerator.setState(end);
    yield same
      ? note(
          '给它全部上文，或只给最后一个字，写出来的一样：二元模型只看一个字。',
          'Given the whole text or only its last character, it writes the same: a bigram looks at one character.',
        )
      : note(
          '给它全部上文和只给最后一个字，写出来的不一样！',
          'Given the whole text and only its last character, it writes differently!',
        );
    return {
      losses,
      result: {
        vocabSize,
        xb,
        yb,
        logitsShape,
        initialLoss,
        untrained: show(untrainedIds),
        untrainedIds,
        generated: show(generatedIds),
        generatedIds,
        walk: steps0,
        sameFromLastToken: same,
      },
    };
  },
});
