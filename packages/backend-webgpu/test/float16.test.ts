/**
 * The suite's cases that store float16, on an adapter that can: SwiftShader cannot, lavapipe can but compiles slowly, so CI runs
 * these alone on it.
 *
 *   INKSTONE_ADAPTER=lavapipe INKSTONE_REQUIRE=adapter,float16 npx vitest run packages/backend-webgpu/test/float16.test.ts
 */
import { reference } from '@inkstone/backend-cpu/reference';
import { allCases, differences, runCase } from '@inkstone/conformance';
import { fixtureGap, requireFixture } from '@inkstone/harness/fixtures';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { webgpu } from '../src/index.js';
import { tolerances } from './tolerances.js';

const cases = Object.values(allCases(['float32', 'int32', 'uint8', 'bool', 'float16']))
  .flat()
  .filter((testCase) => testCase.buffers.some(({ dtype }) => dtype === 'float16'));

test('there is an adapter that stores float16, and cases for it', (context) => {
  requireFixture('adapter', context);
  requireFixture('float16', context);
  expect(cases.length).toBeGreaterThan(20);
});

// Without it the test above says so, once.
if (!fixtureGap('adapter') && !fixtureGap('float16'))
  describe('float16 on WebGPU', () => {
    let device: Awaited<ReturnType<ReturnType<typeof webgpu>['open']>>;
    let oracle: typeof device;
    beforeAll(async () => {
      [device, oracle] = await Promise.all([webgpu().open(), reference().open()]);
    });
    afterAll(() => Promise.all([device?.close(), oracle?.close()]));

    test('is among the dtypes of the device', () => {
      expect(device.bytesPerElement.float16).toBe(2);
    });

    const named = cases.map((testCase) => [testCase.name, testCase] as const);
    test.each(named)('%s', { timeout: 300_000 }, async (_, testCase) => {
      const want = await runCase(testCase, oracle);
      const got = await runCase(testCase, device);
      const comparison = { tolerances, flushesSubnormals: true, nonFinite: true, signedZeros: false };
      expect(differences(testCase, got, want, comparison)).toBe('');
    });
  });
