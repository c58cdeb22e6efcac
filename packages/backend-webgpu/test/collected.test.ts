/** A closed device lets go of Dawn's entry object, which must not be collected while anything is still asked of it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { requireFixture } from '@inkstone/harness/fixtures';
import { expect, test } from 'vitest';
import type { WebGPUDevice } from '../src/device.js';
import { webgpu } from '../src/index.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** In a function of its own, so that nothing here keeps the device. */
async function loseAndClose(): Promise<void> {
  const device = (await webgpu().open()) as WebGPUDevice;
  const buffer = device.createBuffer(1024);
  device.write(buffer, 0, new Float32Array(256));
  const pending = device.read(buffer, 0, 4);
  device.gpu.destroy();
  await expect(pending).rejects.toThrow();
  await device.close();
}

test.runIf(requireFixture('adapter'))(
  'a device that was lost can be collected once it is closed',
  async () => {
    for (let i = 0; i < 5; i++) {
      await loseAndClose();
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
      collect();
    }
  },
);
