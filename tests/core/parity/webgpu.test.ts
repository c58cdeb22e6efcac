import { webgpu } from '@inkstone/backend-webgpu';
import { open } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import { describe } from 'vitest';
import { everySoMany, paritySuite } from './suite.js';

describe.runIf(requireFixture('adapter'))('WebGPU', () => {
  // The others are in webgpu.long.test.ts.
  paritySuite('webgpu', () => open(webgpu()), { nonFinite: false, every: everySoMany });
});
