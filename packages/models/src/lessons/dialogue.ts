/** A GPT that answers: trained on exchanges, it replies to what it is told and stops at the end of its turn. */
import { fromTypedArray, manualSeed, optim, randint } from '@inkstone/core';
import { CharTokenizer } from '@inkstone/tokenizer';
import { dialogueCorpus } from '../corpus/dialogue.js';
import { GPT } from '../gpt.js';
import { lesson, note, table } from './lesson.js';

const blockSize = 64;
const batchSize = 8;
const highestRate = 2e-3;
/** How many exchanges it is asked to take up after training. */
const questions = 6;

/** The exchanges of a text: a turn a line, a blank line between exchanges. @throws Error if there are none. */
function exchangesOf({ name, text }: { name: string; text: string }): string[][] {
  const exchanges = text
    .replace(/\r\n?/g, '\n')
    .split(/\n\s*\n/)
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
  options: { seed: 1337, steps: 2000, data: { name: 'dialogue', text: dialogueCorpus } },

  async *program({ seed, steps, data }) {
    const exchanges = exchangesOf(data);
    const tokenizer = CharTokenizer.train(['\n', ...exchanges.flat()]);
    const { vocabSize } = tokenizer;
    const [endOfTurn] = tokenizer.encode('\n');
    // A line break before the first turn, and one after each: it says "I am done, your turn".
    const rows = exchanges.map((turns) => tokenizer.encode(`\n${turns.join('\n')}\n`));
    yield note(
      `${data.name}：${exchanges.length} 段对话，${vocabSize} 个不同的字符。一行是一轮话，换行就是“我说完了，该你了”。`,
      `${data.name}: ${exchanges.length} exchanges, ${vocabSize} different characters. A line is a turn; a line break says "I am done, your turn".`,
    );

    manualSeed(seed);
    const shape = { nLayer: 2, nHead: 4, nEmbd: 128 };
    const model = new GPT({ vocabSize, blockSize, ...shape, eosTokenId: endOfTurn });
    const optimizer = new optim.AdamW(model.parameters(), { lr: highestRate, betas: [0.9, 0.99] });
    yield note(
      `GPT-2 的形状，小得多：${shape.nLayer} 层、${shape.nHead} 个头、宽 ${shape.nEmbd}，${model.numParameters()} 个参数。每步 ${batchSize} 段对话，共 ${steps} 步。`,
      `The shape of GPT-2, much smaller: ${shape.nLayer} layers, ${shape.nHead} heads, width ${shape.nEmbd}, ${model.numParameters()} parameters. ${batchSize} exchanges a step, ${steps} steps.`,
    );

    /** Exchanges at random, each from its start; what lies behind its end is not asked for. */
    const batch = async () => {
      const inputs = new Int32Array(batchSize * blockSize).fill(endOfTurn);
      const targets = new Int32Array(batchSize * blockSize).fill(-100);
      const picked = await randint(rows.length, [batchSize]).data();
      for (const [b, pick] of Array.from(picked).entries()) {
        const row = rows[pick].slice(0, blockSize + 1);
        inputs.set(row.slice(0, -1), b * blockSize);
        targets.set(row.slice(1), b * blockSize);
      }
      const size = [batchSize, blockSize];
      return [fromTypedArray(inputs, size), fromTypedArray(targets, size)] as const;
    };
    const losses: number[] = [];
    for (let step = 1; step <= steps; step++) {
      // Up over 30 steps, then half a cosine down to a tenth.
      const share = 0.1 + 0.45 * (1 + Math.cos((Math.PI * step) / steps));
      for (const group of optimizer.paramGroups) group.lr = highestRate * share * Math.min(1, step / 30);
      const { loss } = model.forward(...(await batch()));
      optimizer.zeroGrad();
      loss.backward();
      optim.clipGradNorm(model.parameters(), 1);
      optimizer.step();
      losses.push(await loss.item());
      if (step === 1 || step % 50 === 0 || step === steps) {
        yield { event: 'step', step, steps, loss: losses[step - 1] };
      }
    }

    model.eval();
    const replies: { said: string; reply: string; right: string; stopped: boolean }[] = [];
    const asked = Math.min(questions, exchanges.length);
    for (let i = 0; i < asked; i++) {
      const [said, right] = exchanges[Math.floor((i * exchanges.length) / asked)];
      const prompt = tokenizer.encode(`\n${said}\n`);
      const ids = await model.generate(prompt, { maxNewTokens: 60, doSample: false });
      const stopped = ids[ids.length - 1] === endOfTurn;
      const reply = tokenizer.decode(ids.slice(prompt.length, stopped ? -1 : undefined));
      replies.push({ said, reply, right, stopped });
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
      result: { initialLoss: losses[0], vocabSize, exchanges: exchanges.length, replies },
    };
  },
});
