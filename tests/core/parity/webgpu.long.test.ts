/** The cases that webgpu.test.ts leaves out. */
import { webgpu } from '@inkstone/backend-webgpu';
import { open } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import { describe } from 'vitest';
import { everySoMany, paritySuite } from './suite.js';

describe.runIf(requireFixture('adapter'))('WebGPU', () => {
  paritySuite('webgpu', () => open(webgpu()), { nonFinite: false, every: everySoMany, rest: true });
});
