/** Inkstone's side of compare.mjs: trains as settings.json in the folder says; prints losses and validation as JSON. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu } from '@inkstone/backend-cpu';
import { manualSeed, use } from '@inkstone/core';
import { GPT, Trainer } from '@inkstone/models';

const folder = process.argv[2];
const settings = JSON.parse(await readFile(join(folder, 'settings.json'), 'utf8'));
const { seed, threads, vocabSize, blockSize, nLayer, nHead, nEmbd, ...training } = settings;
const tokens = async (name) => {
  const bytes = await readFile(join(folder, name));
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};

await use(cpu({ threads }));
manualSeed(seed);
const model = new GPT({ vocabSize, blockSize, nLayer, nHead, nEmbd });
const [train, validation] = [await tokens('train.bin'), await tokens('validation.bin')];
const trainer = new Trainer({ model, train, validation, ...training, loggingSteps: 1 });
const result = { losses: [], validation: [] };
for await (const event of trainer.run()) {
  if (event.type === 'step') result.losses.push(event.loss);
  if (event.type === 'evaluation') result.validation.push([event.step, event.validationLoss]);
}
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ ...result, seconds: (user + system) / 1e6 }), () => process.exit(0));
