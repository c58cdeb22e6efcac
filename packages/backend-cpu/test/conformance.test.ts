/** The shared kernel suite on each build, against the reference. */
import { kernelSuite } from '@inkstone/conformance';
import { describe } from 'vitest';
import { hasRelaxedSimd, loadBuild } from '../src/build.js';
import { CpuDevice } from '../src/device.js';
import { cpu } from '../src/index.js';
import { reference } from '../src/reference.js';

const oracle = () => reference().open();
const dtypes = ['float32', 'float16', 'int32', 'uint8', 'bool'] as const;

describe('simd, one thread', () => {
  kernelSuite(() => cpu({ build: 'simd', threads: 1 }).open(), { oracle, dtypes });
});

describe('simd, two threads that share even the smallest command', () => {
  kernelSuite(async () => CpuDevice.open(await loadBuild('simd', true), 2, 'shared', 0), { oracle, dtypes });
});

describe.runIf(hasRelaxedSimd())('simd-relaxed, one thread', () => {
  kernelSuite(() => cpu({ build: 'simd-relaxed', threads: 1 }).open(), { oracle, dtypes });
});

describe.runIf(hasRelaxedSimd())('simd-relaxed, four threads', () => {
  kernelSuite(async () => CpuDevice.open(await loadBuild('simd-relaxed', true), 4, 'shared', 0), {
    oracle,
    dtypes,
  });
});
