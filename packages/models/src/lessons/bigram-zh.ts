/** A bigram over Chinese characters: from a text to a vocabulary, to blocks, to a model that writes. */
import { manualSeed, optim } from '@inkstone/core';
import { CharTokenizer } from '@inkstone/tokenizer';
import { Bigram } from '../bigram.js';
import { dialogueCorpus } from '../corpus/dialogue.js';
import { RandomBlocks, splitTokens } from '../data.js';
import { characterCounts } from '../datasets/text.js';
import { write } from './bigram-writing.js';
import { lesson, note, table, text } from './lesson.js';

const blockSize = 8;
const batchSize = 32;

export const bigramZh = lesson({
  name: 'bigram-zh',
  title: {
    zh: '二元模型：从一篇中文到会写字的模型',
    en: 'Bigram: from a Chinese text to a model that writes',
  },
  summary: {
    zh: '数字符、排词表、编码解码、切分数据、训练、生成。',
    en: 'Count characters, sort a vocabulary, encode and decode, split, train, write.',
  },
  options: { seed: 1250, steps: 100, data: { name: 'dialogue', text: dialogueCorpus } },

  async *program({ seed, steps, data }) {
    const counts = characterCounts(data.text);
    const characters = [...data.text].length;
    yield note(
      `读入 ${data.name}：${characters} 个字符，其中 ${counts.size} 个不同。`,
      `The text ${data.name}: ${characters} characters, ${counts.size} of them different.`,
    );
    const frequent = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 10);
    yield table('counts', '最常见的字符', 'The most frequent characters', ['字', '次'], frequent);

    // Sorted by code point, as Python's sorted(set(text)).
    const tokenizer = CharTokenizer.train(data.text);
    const { vocabSize } = tokenizer;
    const vocabulary = Array.from({ length: vocabSize }, (_, id) => tokenizer.idToToken(id) as string);
    yield text(
      'vocabulary',
      '词表（按编码排序，前 100 个）',
      'The vocabulary, sorted (the first 100)',
      vocabulary.slice(0, 100).join(''),
    );
    const hello = [...'你好'].every((character) => counts.has(character)) ? tokenizer.encode('你好') : null;
    yield hello
      ? note(
          `编码 你好 -> ${hello.join(', ')}；解码 -> ${tokenizer.decode(hello)}`,
          `Encoded, 你好 is ${hello.join(', ')}; decoded, ${tokenizer.decode(hello)}`,
        )
      : note('这篇文字里没有“你好”两个字，编不了码。', 'The text has no 你 or no 好: it cannot be encoded.');

    const ids = Int32Array.from(tokenizer.encode(data.text));
    const { train, validation } = splitTokens(ids);
    yield note(
      `前九成训练（${train.length}），后一成验证（${validation.length}）。`,
      `The first nine tenths train (${train.length}), the rest validates (${validation.length}).`,
    );
    if (train.length <= blockSize) {
      throw new Error(
        `lesson bigram-zh: ${data.name} is too short: ${train.length} characters to train on, a block takes ${blockSize + 1}`,
      );
    }
    const contexts = Array.from({ length: blockSize }, (_, t): [string, string] => [
      tokenizer.decode([...train.subarray(0, t + 1)]),
      tokenizer.decode([train[t + 1]]),
    ]);
    yield table(
      'contexts',
      '一个块里的八道题',
      'Eight questions in one block',
      ['上文 context', '下一个 target'],
      contexts,
    );

    manualSeed(seed);
    const model = new Bigram({ vocabSize });
    const first = new RandomBlocks(train, { blockSize, batchSize: 4 }).next();
    const initialLoss = await model.forward(first.inputs, first.targets).loss.item();
    yield note(
      `训练前的损失 ${initialLoss.toFixed(4)}；瞎猜是 ln ${vocabSize} = ${Math.log(vocabSize).toFixed(4)}。`,
      `The loss before training is ${initialLoss.toFixed(4)}; guessing would be ln ${vocabSize} = ${Math.log(vocabSize).toFixed(4)}.`,
    );
    const untrainedIds = await write(model, [0], 10);
    const untrained = tokenizer.decode(untrainedIds);
    yield text('untrained', '训练前写的', 'What it writes before', untrained);

    const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
    const blocks = new RandomBlocks(train, { blockSize, batchSize });
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const { inputs, targets } = blocks.next();
      const { loss } = model.forward(inputs, targets);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      losses.push(await loss.item());
      if (step % 10 === 0 || step === steps - 1) yield { event: 'step', step, steps, loss: losses[step] };
    }

    const generatedIds = await write(model, [0], 10);
    const generated = tokenizer.decode(generatedIds);
    yield text('generated', '训练后写的', 'What it writes after', generated);
    return {
      losses,
      result: {
        vocabSize,
        counts: Object.fromEntries(frequent),
        hello,
        trainTokens: train.length,
        validationTokens: validation.length,
        contexts,
        initialLoss,
        untrained,
        untrainedIds,
        generated,
        generatedIds,
      },
    };
  },
});
