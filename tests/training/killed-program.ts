/// <reference types="node" />
/**
 * A training run in a process of its own, as a user would write it: from its start, or going on where the folder says. It
 * tells its parent each step and waits for leave to make the next, so that it cannot run away from who wants to end it.
 */
import { once } from 'node:events';
import { cpu } from '@inkstone/backend-cpu';
import { manualSeed, use } from '@inkstone/core';
import { dialogueCorpus, GPT, splitTokens, Trainer } from '@inkstone/models';
import { nodeFolder } from '@inkstone/models/node';
import { CharTokenizer } from '@inkstone/tokenizer';

const [path, steps] = process.argv.slice(2) as [string, string];
await use(cpu({ threads: 1 }));
const output = await nodeFolder(path);
const text = dialogueCorpus.slice(0, 4000);
const tokenizer = CharTokenizer.train(text);
const { train, validation } = splitTokens(Int32Array.from(tokenizer.encode(text)));

async function begin(): Promise<Trainer> {
  manualSeed(1337);
  const model = new GPT({
    ...{ vocabSize: tokenizer.vocabSize, blockSize: 16, nLayer: 2, nHead: 2, nEmbd: 16 },
    dropout: 0.1,
  });
  return new Trainer({
    ...{ model, tokenizer, train, validation, output, maxSteps: Number(steps) },
    ...{ batchSize: 4, gradientAccumulationSteps: 2, learningRate: 1e-2, warmupSteps: 5 },
    ...{ loggingSteps: 1, saveSteps: 3, evalSteps: 7, evalBatches: 2, loadBestModelAtEnd: true },
  });
}

const started = await output.exists('latest');
const trainer = started ? await Trainer.resume(output, { train, validation }) : await begin();
for await (const { type, step } of trainer.run()) {
  if (type !== 'step') continue;
  const leave = once(process, 'message');
  process.send?.(step);
  await leave;
}
process.exit(0);
