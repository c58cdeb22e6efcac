/** A GPT that answers: trained on exchanges, it replies to what it is told and stops at the end of its turn. */
import { manualSeed } from '@inkstone/core';
import { CharTokenizer } from '@inkstone/tokenizer';
import { dialogueCorpus } from '../corpus/dialogue.js';
import { splitTokens } from '../data.js';
import { GPT } from '../gpt.js';
import { Trainer } from '../trainer.js';
import { lesson, note, table } from './lesson.js';

/** How many exchanges it is asked to take up after training. */
const questions = 6;

/** The exchanges of a text: a turn a line, a blank line between exchanges. @throws Error if there are none. */
function exchangesOf({ name, text }: { name: string; text: string }): string[][] {
  const exchanges = text
    .replace(/\r\n?/g, '\n')
    .split(/\n{2,}/)
    .map((exchange) => exchange.split('\n').filter((turn) => turn.trim() !== ''))
    .filter((turns) => turns.length >= 2);
  if (exchanges.length > 0) return exchanges;
  throw new Error(
    `lesson dialogue: ${name} has no exchanges; write a turn a line and a blank line between exchanges, which have at least two turns`,
  );
}

export const dialogueLesson = lesson({
  name: 'dialogue',
  title: { zh: '对话：会回答的小 GPT', en: 'Dialogue: a small GPT that answers' },
  summary: {
    zh: '在一问一答上训练 GPT-2 形状的模型；对它说一句，它答一句，说完就停。',
    en: 'A GPT-2-shaped model trained on exchanges: say something, it replies, and stops when its turn is over.',
  },
  options: { seed: 1337, steps: 800, data: { name: 'dialogue', text: dialogueCorpus } },

  async *program({ seed, steps, data }) {
    const exchanges = exchangesOf(data);
    const content = `${exchanges.map((turns) => turns.join('\n')).join('\n\n')}\n`;
    const tokenizer = CharTokenizer.train(content);
    const endOfTurn = tokenizer.encode('\n')[0];
    const { train, validation } = splitTokens(Int32Array.from(tokenizer.encode(content)));
    yield note(
      `${data.name}：${exchanges.length} 段对话，${tokenizer.vocabSize} 个不同的字符。一行是一轮话，换行就是“我说完了”；空行隔开两段对话。`,
      `${data.name}: ${exchanges.length} exchanges, ${tokenizer.vocabSize} different characters. A line is a turn, so a line break says "I am done"; a blank line parts two exchanges.`,
    );

    manualSeed(seed);
    const model = new GPT({
      vocabSize: tokenizer.vocabSize,
      blockSize: 64,
      nLayer: 4,
      nHead: 4,
      nEmbd: 128,
      eosTokenId: endOfTurn,
    });
    const reply = async (said: string): Promise<{ reply: string; stopped: boolean }> => {
      // After a blank line an exchange begins; after this line break it is the model's turn.
      const prompt = tokenizer.encode(`\n\n${said}\n`);
      const ids = await model.generate(prompt, { maxNewTokens: 60, doSample: false });
      const stopped = ids[ids.length - 1] === endOfTurn;
      return { reply: tokenizer.decode(ids.slice(prompt.length, stopped ? -1 : undefined)), stopped };
    };
    yield note(
      `GPT-2 的形状：4 层、4 个头、宽 128，${model.numParameters()} 个参数，一次看 64 个字符。训练 ${steps} 步。`,
      `The shape of GPT-2: 4 layers, 4 heads, width 128, ${model.numParameters()} parameters, 64 characters at a time. ${steps} steps.`,
    );

    const trainer = new Trainer({
      model,
      train,
      validation,
      maxSteps: steps,
      batchSize: 16,
      learningRate: 2e-3,
      loggingSteps: 1,
      evalSteps: 0,
    });
    const losses: number[] = [];
    for await (const event of trainer.run()) {
      if (event.type !== 'step') continue;
      const { step, loss } = event;
      losses.push(loss);
      if (step === 1 || step % 50 === 0 || step === steps) yield { event: 'step', step, steps, loss };
    }

    model.eval();
    const replies: { said: string; reply: string; right: string; stopped: boolean }[] = [];
    for (let i = 0; i < Math.min(questions, exchanges.length); i++) {
      const [said, right] = exchanges[Math.floor((i * exchanges.length) / questions)];
      replies.push({ said, ...(await reply(said)), right });
    }
    yield table(
      'replies',
      '对它说，它回答',
      'What it is told, and what it replies',
      ['说 said', '答 reply', '原文 in the text'],
      replies.map((one) => [one.said, one.reply + (one.stopped ? '' : '…'), one.right]),
    );
    return {
      losses,
      result: {
        initialLoss: losses[0],
        vocabSize: tokenizer.vocabSize,
        exchanges: exchanges.length,
        replies,
      },
    };
  },
});
