/** Training with float16 products and float32 weights: near the run in float32, resumed exactly, refused without float16. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import { type Device, manualSeed, open, setDefaultDevice } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import {
  type CausalLM,
  GPT,
  Llama,
  MemoryFolder,
  readRun,
  Trainer,
  type TrainerOptions,
} from '@inkstone/models';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const train = Int32Array.from({ length: 600 }, (_, i) => (Math.floor(i / 30) * 5 + (i % 30) * 3) % 23);
const models: Record<'GPT' | 'Llama', () => CausalLM> = {
  GPT: () => new GPT({ vocabSize: 23, blockSize: 16, nLayer: 2, nHead: 2, nEmbd: 32 }),
  Llama: () =>
    new Llama({
      vocabSize: 23,
      blockSize: 16,
      hiddenSize: 32,
      intermediateSize: 48,
      numHiddenLayers: 2,
      numAttentionHeads: 4,
      numKeyValueHeads: 2,
    }),
};

function newTrainer(model: CausalLM, change: Partial<TrainerOptions> = {}): Trainer {
  const shared = {
    batchSize: 4,
    maxSteps: 40,
    learningRate: 3e-3,
    warmupSteps: 4,
    evalSteps: 0,
    loggingSteps: 1,
  };
  return new Trainer({ model, train, ...shared, ...change });
}

async function lossesOf(trainer: Trainer): Promise<number[]> {
  const losses: number[] = [];
  for await (const event of trainer.run()) if (event.type === 'step') losses.push(event.loss);
  return losses;
}

const backends = [
  { name: 'cpu', backend: () => cpu({ threads: 1 }), needs: [] },
  { name: 'webgpu', backend: () => webgpu(), needs: ['adapter', 'float16'] },
] as const;

describe.each(backends)('precision f16 on $name', { timeout: 240_000 }, ({ backend, needs }) => {
  let device: Device | undefined;
  beforeAll(async () => {
    if (needs.every((fixture) => requireFixture(fixture))) device = await open(backend());
  });
  afterAll(() => device?.close());
  beforeEach((context) => {
    for (const fixture of needs) requireFixture(fixture, context);
    setDefaultDevice(device as Device);
  });

  test.each(['GPT', 'Llama'] as const)('%s learns as it does in float32', async (name) => {
    const run = async (precision: 'f32' | 'f16'): Promise<number[]> => {
      manualSeed(11);
      const model = models[name]();
      const losses = await lossesOf(newTrainer(model, { precision, gradientAccumulationSteps: 2 }));
      expect(model.parameters().every(({ dtype }) => dtype === 'float32')).toBe(true);
      return losses;
    };
    const [whole, half] = [await run('f32'), await run('f16')];
    expect(half).toHaveLength(40);
    expect(half).not.toEqual(whole);
    for (const [i, loss] of half.entries()) expect(Math.abs(loss - (whole[i] as number))).toBeLessThan(0.03);
    expect(half[39]).toBeLessThan((half[0] as number) - 0.5);
  });

  test('a run that was stopped goes on to the same losses, with its scale', async () => {
    const start = (output: MemoryFolder): Trainer => {
      manualSeed(5);
      return newTrainer(models.GPT(), { precision: 'f16', maxSteps: 10, output });
    };
    const losses = await lossesOf(start(new MemoryFolder('whole')));
    const output = new MemoryFolder('halves');
    const first = start(output);
    const begun: number[] = [];
    for await (const event of first.run()) {
      if (event.type === 'step') begun.push(event.loss);
      if (event.step === 4) first.stop();
    }
    const { lossScale } = await readRun(output);
    // The loss of a step is told when the next is under way.
    expect(lossScale).toMatchObject({ scale: 65536 });
    expect(lossScale?.growthTracker).toBe(begun.length);
    const second = await Trainer.resume(output, { train });
    expect(second.arguments.precision).toBe('f16');
    expect([...begun, ...(await lossesOf(second))]).toEqual(losses);
  });
});

test('a device without float16 is refused, and so is another precision', async () => {
  const device = await open(reference());
  setDefaultDevice(device);
  const model = models.GPT();
  expect(() => newTrainer(model, { precision: 'bf16' as 'f16' })).toThrow(
    `Trainer: precision is "bf16", must be 'f32' or 'f16'`,
  );
  const { bytesPerElement } = device.backend;
  Object.defineProperty(device.backend, 'bytesPerElement', {
    value: { ...bytesPerElement, float16: undefined },
  });
  expect(() => newTrainer(model, { precision: 'f16' })).toThrow(
    /^Trainer: precision is 'f16', but reference.* has no float16/,
  );
  await device.close();
});

test('SwiftShader has no float16', async (context) => {
  requireFixture('adapter', context);
  const device = await open(webgpu());
  setDefaultDevice(device);
  const model = models.GPT();
  const has = device.backend.bytesPerElement.float16 !== undefined;
  if (has) expect(newTrainer(model, { precision: 'f16' }).arguments.precision).toBe('f16');
  else expect(() => newTrainer(model, { precision: 'f16' })).toThrow('has no float16');
  await device.close();
});
