/** The stated errors of the elementary functions (assembly/math.ts), over a sweep of all exponents. */
import type { BackendDevice, Instruction, UnaryOp } from '@inkstone/core/backend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRelaxedSimd } from '../src/build.js';
import { cpu } from '../src/index.js';

const length = 1 << 16;

/** Floats of both signs spread over exponents from `low` to `high` (powers of two), and a dense range around 0. */
function sweep(low: number, high: number, positive = false): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const t = i / length;
    const sign = positive || i % 2 === 0 ? 1 : -1;
    if (i % 4 >= 2) return sign * t * 8 + (positive ? 2 ** -30 : 0);
    return sign * 2 ** (low + (high - low) * t);
  });
}

/** The place value of the last bit of a float32 of the size of x. */
function ulp(x: number): number {
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(x), 2 ** -126)));
  return 2 ** (exponent - 23);
}

/** erf in float64: its series near 0, a continued fraction elsewhere. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 3) {
    let sum = 0;
    let term = x;
    for (let n = 0; n < 120; n++) {
      sum += term / (2 * n + 1);
      term *= (-x * x) / (n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

interface Claim {
  readonly op: UnaryOp;
  readonly exact: (x: number) => number;
  readonly points: Float32Array;
  readonly ulps: number;
}

const claims: Claim[] = [
  { op: 'exp', exact: Math.exp, points: sweep(-30, 6.4), ulps: 1 },
  { op: 'log', exact: Math.log, points: sweep(-149, 127.9, true), ulps: 1 },
  { op: 'log2', exact: Math.log2, points: sweep(-149, 127.9, true), ulps: 2 },
  { op: 'log1p', exact: Math.log1p, points: sweep(-30, 127, true), ulps: 3 },
  { op: 'expm1', exact: Math.expm1, points: sweep(-30, 6.4), ulps: 3 },
  { op: 'sigmoid', exact: (x) => 1 / (1 + Math.exp(-x)), points: sweep(-30, 6.4), ulps: 3 },
  { op: 'tanh', exact: Math.tanh, points: sweep(-30, 6), ulps: 3 },
  { op: 'erf', exact: erf, points: sweep(-30, 4), ulps: 7 },
];

async function evaluate(device: BackendDevice, op: UnaryOp, points: Float32Array): Promise<Float32Array> {
  const operand = (buffer: number) => ({
    buffer,
    dtype: 'float32' as const,
    shape: [length],
    strides: [1],
    offset: 0,
  });
  const instructions: Instruction[] = [
    { op: 'load', type: 'float32', input: 0 },
    { op, type: 'float32', a: 0 },
  ];
  const buffers = [device.createBuffer(length * 4), device.createBuffer(length * 4)];
  device.write(buffers[0], 0, points);
  const executable = device.compile({
    buffers: buffers.map(() => ({ byteLength: length * 4 })),
    scalars: [],
    uploads: [],
    steps: [
      {
        kind: 'pointwise',
        shape: [length],
        inputs: [operand(0)],
        scalars: [],
        program: { instructions, outputs: [1] },
        outputs: [operand(1)],
      },
    ],
  });
  executable.run(buffers, [], []);
  const result = new Float32Array(await device.read(buffers[1], 0, length * 4));
  executable.dispose();
  for (const buffer of buffers) device.destroyBuffer(buffer);
  return result;
}

describe.each(hasRelaxedSimd() ? (['simd', 'simd-relaxed'] as const) : (['simd'] as const))('%s', (build) => {
  let device: BackendDevice;
  beforeAll(async () => {
    device = await cpu({ build, threads: 1 }).open();
  });
  afterAll(() => device.close());

  it.each(claims)('$op is within $ulps ulp', async ({ op, exact, points, ulps }) => {
    const result = await evaluate(device, op, points);
    let worst = 0;
    let at = 0;
    points.forEach((x, i) => {
      const want = exact(x);
      if (Math.abs(want) > 3.4028234e38) {
        expect(result[i]).toBe(want > 0 ? Infinity : -Infinity);
        return;
      }
      const error = Math.abs(result[i] - want) / ulp(want);
      if (!(error <= worst)) {
        worst = error;
        at = x;
      }
    });
    expect(worst, `${op}(${at})`).toBeLessThanOrEqual(ulps);
  });
});
