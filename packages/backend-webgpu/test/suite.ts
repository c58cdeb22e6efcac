/** The shared kernel suite in Node, against the reference: what its test files, one for each family of variants, have in common. */
import { reference } from '@inkstone/backend-cpu/reference';
import { kernelSuite } from '@inkstone/conformance';
import { requireFixture } from '@inkstone/harness/fixtures';
import { describe } from 'vitest';
import { type WebGPUOptions, webgpu } from '../src/index.js';
import { dtypes, tolerances } from './tolerances.js';

/** Every random plan is compiled anew, which takes a software adapter most of the time. */
export function webgpuSuite(name: string, options: WebGPUOptions, randomRuns: number): void {
  describe.runIf(requireFixture('adapter'))(`WebGPU, kernels for ${name}`, () => {
    kernelSuite(() => webgpu(options).open(), {
      oracle: () => reference().open(),
      dtypes,
      tolerances,
      flushesSubnormals: true,
      randomRuns,
    });
  });
}
