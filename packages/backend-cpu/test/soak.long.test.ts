/** Random plans for ten minutes on each build, with threads that share even the smallest command. */
import { soakSuite } from '@inkstone/conformance';
import { describe } from 'vitest';
import { hasRelaxedSimd, loadBuild } from '../src/build.js';
import { CpuDevice } from '../src/device.js';
import { reference } from '../src/reference.js';
import { dtypes } from './suite-options.js';

const builds = hasRelaxedSimd() ? (['simd', 'simd-relaxed'] as const) : (['simd'] as const);
const milliseconds = Number(process.env.INKSTONE_SOAK_MS ?? 600_000);

describe.each(builds)('%s', (build) => {
  soakSuite(async () => CpuDevice.open(await loadBuild(build, true), 2, build, 0), {
    oracle: () => reference().open(),
    dtypes,
    milliseconds,
  });
});
