/** A GPU that goes in the middle of training: the run says so, and goes on from its last checkpoint on a new device. */
import { webgpu } from '@inkstone/backend-webgpu';
import { type Device, manualSeed, use } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import { GPT, MemoryFolder, Trainer, type TrainerOptions } from '@inkstone/models';
import { CharTokenizer } from '@inkstone/tokenizer';
import { afterAll, expect, test } from 'vitest';

const text = '床前明月光,疑是地上霜.举头望明月,低头思故乡.\n'.repeat(4);
const tokenizer = CharTokenizer.train(text);
const train = Int32Array.from(tokenizer.encode(text));

const opened: Device[] = [];
afterAll(() => Promise.all(opened.map((device) => device.close())));

function newTrainer(change: Partial<TrainerOptions> = {}): Trainer {
  manualSeed(42);
  const model = new GPT({ vocabSize: tokenizer.vocabSize, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 8 });
  const options = { maxSteps: 8, loggingSteps: 1, evalSteps: 0, batchSize: 2, learningRate: 1e-2 };
  return new Trainer({ ...options, model, tokenizer, train, ...change });
}

/** The losses of a run by step; `each` is told the steps. */
async function losses(trainer: Trainer, into: Map<number, number>, each?: (step: number) => void) {
  for await (const event of trainer.run()) {
    if (event.type !== 'step') continue;
    into.set(event.step, event.loss);
    each?.(event.step);
  }
  return into;
}

test('a run whose device is lost goes on from its last checkpoint, with the same losses', async (context) => {
  requireFixture('adapter', context);
  const first = await use(webgpu());
  opened.push(first);
  const expected = await losses(newTrainer(), new Map());
  expect([...expected.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);

  const output = new MemoryFolder('run');
  const got = new Map<number, number>();
  const interrupted = losses(newTrainer({ output, saveSteps: 3 }), got, (step) => {
    if (step === 5) (first.backend as unknown as { gpu: GPUDevice }).gpu.destroy();
  });
  await expect(interrupted).rejects.toMatchObject({ name: 'DeviceLostError' });
  expect(got.size).toBeLessThan(8);

  opened.push(await use(webgpu()));
  const resumed = await Trainer.resume(output, { train });
  expect(resumed.step).toBe(3);
  await losses(resumed, got);
  expect([...got]).toEqual([...expected]);
});
