/** The shared kernel suite on each build, against the reference. */
import { kernelSuite } from '@inkstone/conformance';
import { describe, expect, it } from 'vitest';
import { hasRelaxedSimd, loadBuild } from '../src/build.js';
import { CpuDevice } from '../src/device.js';
import { cpu } from '../src/index.js';
import { reference } from '../src/reference.js';
import { dtypes } from './suite-options.js';

const oracle = () => reference().open();

describe('simd, one thread', () => {
  kernelSuite(() => cpu({ build: 'simd', threads: 1 }).open(), { oracle, dtypes });
});

describe('simd, two threads that share even the smallest command', () => {
  kernelSuite(async () => CpuDevice.open(await loadBuild('simd', true), 2, 'shared', 0), {
    oracle,
    dtypes,
  });
});

it('finds relaxed SIMD in every engine that is known to have it', () => {
  expect(hasRelaxedSimd()).toBe(Number(process.versions.node.split('.')[0]) >= 22);
});

if (hasRelaxedSimd()) {
  describe('simd-relaxed, one thread', () => {
    kernelSuite(() => cpu({ build: 'simd-relaxed', threads: 1 }).open(), { oracle, dtypes });
  });

  describe('simd-relaxed, four threads', () => {
    kernelSuite(async () => CpuDevice.open(await loadBuild('simd-relaxed', true), 4, 'shared', 0), {
      oracle,
      dtypes,
    });
  });
}
