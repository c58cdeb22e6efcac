import { webgpu } from '@inkstone/backend-webgpu';
import { open } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import { describe } from 'vitest';
import { paritySuite } from './suite.js';

describe.runIf(requireFixture('adapter'))('WebGPU', () => {
  paritySuite('webgpu', () => open(webgpu()), {
    nonFinite: false,
    every: 7,
    families: (name) => name === 'recurrent',
  });
});
