/** Shows that a device computes, and how fast. */
import { type Device, randn } from '@inkstone/core';

/**
 * Multiplies square matrices on a device, checks the result another way, and takes the time.
 *
 * @param size rows and columns.
 * @returns GFLOP/s
 * @throws Error if the result is wrong.
 */
export async function measure(device: Device, size: number): Promise<number> {
  const a = randn([size, size], { device });
  const b = randn([size, size], { device });
  const multiply = async () => (await a.matmul(b).sum().item()) as number;
  // sum(A B) = sum over k of (column sum of A) (row sum of B): another way to the same number.
  const expected = (await a.sum(0).mul(b.sum(1)).sum().item()) as number;
  const got = await multiply();
  if (!(Math.abs(got - expected) < 1e-3 * size * size)) {
    throw new Error(`computes wrongly: ${got} where ${expected} was expected`);
  }
  const repeats = 5;
  const start = performance.now();
  for (let i = 0; i < repeats; i++) await multiply();
  return (repeats * 2 * size ** 3) / ((performance.now() - start) / 1000) / 1e9;
}
