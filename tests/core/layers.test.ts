/** What layers take beyond the usual, with numbers of PyTorch 1.13. */
import { reference } from '@inkstone/backend-cpu/reference';
import { type Device, functional as F, open, setDefaultDevice, tensor } from '@inkstone/core';
import { afterAll, beforeAll, expect, it } from 'vitest';

let device: Device;
beforeAll(async () => {
  device = await open(reference());
  setDefaultDevice(device);
});
afterAll(() => device.close());

// F.layer_norm(x, (3,), None, b), and the gradients of the sum of its squares.
it('layerNorm takes a bias without a weight', async () => {
  const x = tensor([1, 2, 4, -1, 0.5, 3]).reshape(2, 3).requiresGrad_();
  const bias = tensor([0.5, -1, 2]).requiresGrad_();
  const y = F.layerNorm(x, [3], null, bias);
  y.square().sum().backward();
  const close = async (got: { data(): Promise<ArrayLike<number>> } | null, want: number[]): Promise<void> => {
    const values = Array.from((await got?.data()) ?? []);
    expect(values).toHaveLength(want.length);
    for (const [i, value] of want.entries()) expect(values[i]).toBeCloseTo(value, 4);
  };
  await close(y, [-0.569041, -1.26726, 3.336302, -0.611166, -1.20203, 3.313196]);
  await close(x.grad, [1.374461, -2.061728, 0.687266, 1.02045, -1.632735, 0.612285]);
  await close(bias.grad, [-2.360414, -4.938581, 13.298996]);
  expect(() => F.layerNorm(x, [3], null, tensor([1, 2]))).toThrow('layerNorm: a parameter has shape [2]');
});
