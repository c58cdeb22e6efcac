import { webgpu } from '@inkstone/backend-webgpu';
import { open } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import { describe } from 'vitest';
import { paritySuite } from './suite.js';

describe.runIf(requireFixture('adapter'))('WebGPU', () => {
  // A software adapter takes up to a minute to compile the kernels of one recurrent case: see webgpu.long.test.ts.
  paritySuite('webgpu', () => open(webgpu()), {
    nonFinite: false,
    every: 7,
    families: (name) => name !== 'recurrent',
  });
});
