import { webgpu } from '@inkstone/backend-webgpu';
import { open } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import { describe } from 'vitest';
import { gptSuite } from './gpt-suite.js';

describe.runIf(requireFixture('adapter'))('WebGPU', () => {
  gptSuite('webgpu', () => open(webgpu()), 50);
});
