/** A device that is lost two hundred times in a row: each time a new one opens, takes the last state, and goes on. */
import { requireFixture } from '@inkstone/harness/fixtures';
import { expect, test } from 'vitest';
import type { WebGPUDevice } from '../src/device.js';
import { webgpu } from '../src/index.js';

const count = 64;
const operand = { buffer: 0, dtype: 'float32', shape: [count], strides: [1], offset: 0 } as const;
const addOne = {
  buffers: [{ byteLength: 4 * count }],
  scalars: [],
  uploads: [],
  steps: [
    {
      kind: 'pointwise',
      shape: [count],
      inputs: [operand],
      scalars: [],
      program: {
        instructions: [
          { op: 'load', type: 'float32', input: 0 },
          { op: 'const', type: 'float32', value: 1 },
          { op: 'add', type: 'float32', a: 0, b: 1 },
        ],
        outputs: [2],
      },
      outputs: [operand],
    },
  ],
} as const;

test('two hundred lost devices in a row', { timeout: 1_800_000 }, async (context) => {
  requireFixture('adapter', context);
  let saved = new Float32Array(count);
  let memory = 0;
  const losses = 200;
  for (let i = 0; i < losses; i++) {
    const device = (await webgpu().open()) as WebGPUDevice;
    const buffer = device.createBuffer(4 * count);
    device.write(buffer, 0, saved);
    const executable = device.compile(addOne);
    executable.run([buffer], [], []);
    saved = new Float32Array(await device.read(buffer, 0, 4 * count));
    // What runs and what is read when the device goes is lost; the saved state is not.
    executable.run([buffer], [], []);
    const pending = device.read(buffer, 0, 4 * count);
    const outcome = pending.then(
      (bytes) => new Float32Array(bytes)[0],
      (error: Error) => error.name,
    );
    device.gpu.destroy();
    // The read may have been done just before.
    expect([i + 2, 'DeviceLostError', 'AbortError', 'OperationError']).toContain(await outcome);
    expect(await device.lost).toMatchObject({ name: 'DeviceLostError' });
    await expect(device.read(buffer, 0, 4)).rejects.toMatchObject({ name: 'DeviceLostError' });
    await device.close();
    if (i === 50) memory = process.memoryUsage.rss();
  }
  expect(saved).toEqual(new Float32Array(count).fill(losses));
  // Dawn's own objects (0.6 MB a device) wait for a garbage collector that sees only their small handles.
  expect(process.memoryUsage.rss()).toBeLessThan(memory + (256 << 20));
});
