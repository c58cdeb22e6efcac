/** The shared kernel suite on each build, against the reference. */
import { kernelSuite } from '@inkstone/conformance';
import { describe } from 'vitest';
import { hasRelaxedSimd } from '../src/build.js';
import { cpu } from '../src/index.js';
import { reference } from '../src/reference.js';

const oracle = () => reference().open();
const dtypes = ['float32', 'float16', 'int32', 'uint8', 'bool'] as const;

describe('simd', () => {
  kernelSuite(() => cpu({ build: 'simd' }).open(), { oracle, dtypes });
});

describe.runIf(hasRelaxedSimd())('simd-relaxed', () => {
  kernelSuite(() => cpu({ build: 'simd-relaxed' }).open(), { oracle, dtypes });
});
