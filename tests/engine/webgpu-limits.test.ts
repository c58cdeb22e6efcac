/**
 * Training where the GPU binds less than a buffer holds, or has less room than is asked for: the same numbers to the last bit, an
 * error that says what is too large, and nothing lost by it.
 */
import { webgpu } from '@inkstone/backend-webgpu';
import { type Device, manualSeed, ones, optim, type Tensor, tensor, use } from '@inkstone/core';
import { OutOfMemoryError } from '@inkstone/core/backend';
import { requireFixture } from '@inkstone/harness/fixtures';
import { GPT } from '@inkstone/models';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const [vocabSize, blockSize, batch] = [300, 8, 4];

const ids = (seed: number): Tensor =>
  tensor(
    Array.from({ length: batch }, (_, r) =>
      Array.from({ length: blockSize }, (_, c) => (r * 70 + c * 31 + seed * 13) % vocabSize),
    ),
    { dtype: 'int32' },
  );

describe.runIf(requireFixture('adapter'))('WebGPU at its limits', () => {
  let device: Device | undefined;
  afterAll(() => device?.close());

  /** Sums in an order that depends on their length alone, not on how many there are. */
  const open = async (limits: Readonly<Record<string, number>>): Promise<void> => {
    await device?.close();
    device = await use(webgpu({ tuning: { parallelism: 1 }, limits }));
    manualSeed(3);
  };

  /** A GPT whose weights, one behind the other, take 37 KB, and a step of its training. */
  const gpt = () => {
    const model = new GPT({ vocabSize, blockSize, nLayer: 1, nHead: 2, nEmbd: 16 });
    const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-2 });
    const step = async (i: number) => {
      const { loss } = model.forward(ids(i), ids(i + 1));
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item();
    };
    return { model, step };
  };

  const train = async (steps: number, between?: () => Promise<void>) => {
    const { model, step } = gpt();
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      losses.push(await step(i));
      await between?.();
    }
    const weights = await Promise.all(model.parameters().map((weight) => weight.toArray()));
    return { losses, weights };
  };

  let usual: Awaited<ReturnType<typeof train>>;
  beforeAll(async () => {
    await open({});
    usual = await train(3);
  });

  test('a GPT learns the same with bindings of a quarter of its weights, and few workgroups', async () => {
    expect(usual.losses[2]).toBeLessThan(usual.losses[0] as number);
    await open({
      maxStorageBufferBindingSize: 10240,
      maxStorageBuffersPerShaderStage: 8,
      maxComputeWorkgroupsPerDimension: 16,
    });
    expect(await train(3)).toEqual(usual);
  });

  test('what does not fit is refused by name, and training goes on as if it had not been asked for', async () => {
    await open({ maxBufferSize: 1_000_000 });
    const tooLarge = async (): Promise<void> => {
      const x = ones(520, 520);
      const refused = x.matmul(x).sum().item();
      await expect(refused).rejects.toThrow(OutOfMemoryError);
      await expect(refused).rejects.toThrow(
        /full: outputs\[0\] \(float32 \[270400\]\) takes 1081600 bytes.*at most 1000000 \(maxBufferSize\)/,
      );
    };
    expect(await train(3, tooLarge)).toEqual(usual);
    // One that just fits is not rounded up to more than there may be.
    const y = ones(499, 499).mul(2);
    expect(await y.matmul(y).max().item()).toBe(1996);
  });
});
