/**
 * One training program, as a user would write it: the same file runs in Node and in a page, on every backend.
 */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import { type Device, fromTypedArray, manualSeed, open, optim, randint } from '@inkstone/core';
import { dialogueCorpus, GPT } from '@inkstone/models';
import { CharTokenizer } from '@inkstone/tokenizer';

export type BackendName = 'reference' | 'cpu' | 'webgpu';

const backends = { reference, cpu, webgpu };

const batchSize = 4;
const blockSize = 16;

export interface Run {
  /** Name and description of the device. */
  readonly device: string;
  readonly losses: number[];
}

/** Trains a small GPT on the embedded dialogues and returns the loss of each step. */
export async function train(backend: BackendName, steps: number): Promise<Run> {
  const device = await open(backends[backend]());
  try {
    return { device: String(device), losses: await losses(device, steps) };
  } finally {
    await device.close();
  }
}

async function losses(device: Device, steps: number): Promise<number[]> {
  manualSeed(1337);
  const tokenizer = CharTokenizer.train(dialogueCorpus);
  const data = Int32Array.from(tokenizer.encode(dialogueCorpus));
  const model = new GPT(
    { vocabSize: tokenizer.vocabSize, blockSize, nLayer: 2, nHead: 2, nEmbd: 32 },
    { device },
  );
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
  const out: number[] = [];
  for (let step = 0; step < steps; step++) {
    const starts = (await randint(data.length - blockSize, [batchSize], { device }).data()) as Int32Array;
    const block = (shift: number) => {
      const ids = new Int32Array(batchSize * blockSize);
      starts.forEach((start, b) => {
        ids.set(data.subarray(start + shift, start + shift + blockSize), b * blockSize);
      });
      return fromTypedArray(ids, [batchSize, blockSize], { device });
    };
    const { loss } = model.forward(block(0), block(1));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    out.push(await loss.item());
  }
  return out;
}
