/** The shared kernel suite in Node, against the reference: with the kernels chosen for this adapter, and with those of GPUs. */
import { reference } from '@inkstone/backend-cpu/reference';
import { kernelSuite } from '@inkstone/conformance';
import { requireFixture } from '@inkstone/harness/fixtures';
import { describe } from 'vitest';
import { webgpu } from '../src/index.js';
import { tunings } from '../src/tuning.js';
import { dtypes, tolerances } from './tolerances.js';

const oracle = () => reference().open();

describe.runIf(requireFixture('adapter'))('WebGPU', () => {
  for (const [name, tuning] of Object.entries({ 'this adapter': {}, 'a GPU': tunings.GPU })) {
    describe(`kernels for ${name}`, () => {
      kernelSuite(() => webgpu(name === 'a GPU' ? { tuning, autotune: false } : {}).open(), {
        oracle,
        dtypes,
        tolerances,
        flushesSubnormals: true,
        // Every random plan is compiled anew, which takes a software adapter most of the time.
        randomRuns: name === 'a GPU' ? 3 : 10,
      });
    });
  }
});
