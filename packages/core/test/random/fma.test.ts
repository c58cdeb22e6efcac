/**
 * The exact fused multiply-add against exact rational arithmetic, and the proof that the vectorised normal fill may
 * do without it: all 2^24 inputs that the fill can have give the same bits either way.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logF32, sinCosF32 } from '../../src/random/cephes.js';
import { fma32, fma64 } from '../../src/random/fma.js';
import { golden } from './goldens.js';

const recorded = golden<{
  log: { coef: number[]; q1: number; q2: number; sqrthf: number };
  sincos: { four_over_pi: number; dp: number[]; sin: number[]; cos: number[] };
  log_vectors: [x: number, log: number][];
  theta_vectors: [u2: number, theta: number, sin: number, cos: number][];
  fma_vectors: [a: number, b: number, c: number, result: number][];
}>('avx2_normal.json');

/** A double as an integer times 2^-1074. */
function exact(x: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(Math.abs(x)).buffer)[0];
  const exponent = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  const size = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return x < 0 ? -size : size;
}

/** `numerator * 2^-scale`, rounded to nearest even to `precision` bits; ordinary sizes only. */
function roundExactly(numerator: bigint, scale: number, precision: number): number {
  const size = numerator < 0n ? -numerator : numerator;
  const drop = BigInt(Math.max(0, size.toString(2).length - precision));
  const half = drop === 0n ? 0n : 1n << (drop - 1n);
  const rest = size - ((size >> drop) << drop);
  let kept = size >> drop;
  if (rest > half || (rest === half && drop > 0n && (kept & 1n) === 1n)) kept++;
  // Scaled in two steps, so that neither factor under- or overflows on the way.
  const exponent = Number(drop) - scale;
  const value = Number(kept) * 2 ** Math.ceil(exponent / 2) * 2 ** Math.floor(exponent / 2);
  return numerator < 0n ? -value : value;
}

const exactFma = (a: number, b: number, c: number, precision: number) =>
  roundExactly(exact(a) * exact(b) + (exact(c) << 1074n), 2148, precision);

/** Floats of a spread of sizes, many of them short, so that sums fall on and beside half-way points. */
const number32 = fc
  .tuple(fc.integer({ min: -0xffffff, max: 0xffffff }), fc.integer({ min: -40, max: 6 }))
  .map(([mantissa, exponent]) => mantissa * 2 ** exponent);
const number64 = fc
  .tuple(fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }), fc.integer({ min: -80, max: 6 }))
  .map(([mantissa, exponent]) => Number(mantissa) * 2 ** exponent);

describe('fma32', () => {
  it('gives what the processor gives', () => {
    for (const [a, b, c, result] of recorded.fma_vectors) expect(fma32(a, b, c)).toBe(result);
  });

  it('is the exact sum rounded once', () => {
    fc.assert(
      fc.property(number32, number32, number32, (a, b, c) => {
        expect(fma32(a, b, c) + 0).toBe(exactFma(a, b, c, 24) + 0);
      }),
      { numRuns: 20_000 },
    );
  });

  it('rounds once beside half-way points, where rounding to double first goes wrong', () => {
    let wronglyRounded = 0;
    for (let i = 0; i < 1000; i++) {
      // c + half its last bit +- a tail far below the last bit of a double: (2^-24 + s 2^-k) as a product.
      const c = 1 + i * 2 ** -23;
      const a = 2 ** -24 * (1 + 2 ** -23 * (i + 1));
      for (const [x, y] of [
        [a, 1 - 2 ** -24],
        [a, 1 - (i + 1) * 2 ** -23],
        [-a, 1 - (i + 1) * 2 ** -23],
        [2 ** -24, 1],
        [2 ** -24 * (1 + 2 ** -15), 1 - 2 ** -15],
        [2 ** -24 * (1 + 2 ** -15), 1 + 2 ** -15],
        [-(2 ** -24) * (1 + 2 ** -15), 1 - 2 ** -15],
      ]) {
        const expected = exactFma(x, y, c, 24);
        expect(fma32(x, y, c)).toBe(expected);
        if (Math.fround(x * y + c) !== expected) wronglyRounded++;
      }
    }
    expect(wronglyRounded).toBeGreaterThan(500);
  });

  it('handles overflow, infinities and NaN as the processor does', () => {
    const max = 3.4028234663852886e38;
    const halfUnit = 2 ** 103;
    expect(fma32(max, 1, halfUnit)).toBe(Number.POSITIVE_INFINITY);
    expect(fma32(2 ** 52 * (1 + 2 ** -20), 2 ** 51 * (1 - 2 ** -20), max)).toBe(max);
    expect(fma32(-(2 ** 52) * (1 + 2 ** -20), 2 ** 51 * (1 - 2 ** -20), -max)).toBe(-max);
    expect(fma32(max, max, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(fma32(Number.NEGATIVE_INFINITY, 1, 1)).toBe(Number.NEGATIVE_INFINITY);
    expect(fma32(Number.POSITIVE_INFINITY, 0, 1)).toBeNaN();
  });
});

describe('fma64', () => {
  it('is the exact sum rounded once', () => {
    fc.assert(
      fc.property(number64, number64, number64, (a, b, c) => {
        expect(fma64(a, b, c) + 0).toBe(exactFma(a, b, c, 53) + 0);
      }),
      { numRuns: 20_000 },
    );
  });
});

const { coef, q1, q2, sqrthf } = recorded.log;
const { four_over_pi: fourOverPi, dp, sin: sinTerms, cos: cosTerms } = recorded.sincos;
const f32 = (values: number[]) => values.map(Math.fround);
const LOG = f32(coef);
const REDUCE = f32(dp);
const SIN = f32(sinTerms);
const COS = f32(cosTerms);
const [Q1, Q2, SQRT_HALF, FOUR_OVER_PI] = f32([q1, q2, sqrthf, fourOverPi]);
const round = Math.fround;

/** The recorded steps of the logarithm, each fused multiply-add exact. */
function exactLog(x: number): number {
  let e = Math.floor(Math.log2(x)) + 1;
  let m = x * 2 ** -e;
  if (m >= 1) {
    m /= 2;
    e++;
  }
  let r = m - 1;
  if (m < SQRT_HALF) {
    e--;
    r = round(m - 1 + m);
  }
  const z = round(r * r);
  let y = LOG[0];
  for (let i = 1; i < 9; i++) y = fma32(y, r, LOG[i]);
  y = round(y * r);
  y = fma32(y, z, round(e * Q1));
  y = round(y - round(z * 0.5));
  return fma32(e, Q2, round(r + y));
}

/** The recorded steps of sine and cosine, each fused multiply-add exact. */
function exactSinCos(x: number, out: Float32Array): void {
  const j = (Math.trunc(round(x * FOUR_OVER_PI)) + 1) & ~1;
  let r = fma32(j, REDUCE[0], x);
  r = fma32(j, REDUCE[1], r);
  r = fma32(j, REDUCE[2], r);
  const z = round(r * r);
  let c = fma32(COS[0], z, COS[1]);
  c = round(fma32(c, z, COS[2]) * z);
  c = round(fma32(c, z, -round(z * 0.5)) + 1);
  let s = fma32(SIN[0], z, SIN[1]);
  s = round(fma32(s, z, SIN[2]) * z);
  s = fma32(s, r, r);
  if (j & 2) [s, c] = [c, s];
  out[0] = j & 4 ? -s : s;
  out[1] = (j - 2) & 4 ? c : -c;
}

describe('the polynomials of the vectorised normal fill', () => {
  const pair = new Float32Array(2);
  const expected = new Float32Array(2);

  it('give the recorded values', () => {
    for (const [x, log] of recorded.log_vectors) expect(logF32(x)).toBe(log);
    for (const [u2, theta, sin, cos] of recorded.theta_vectors) {
      expect(round(round(2 * Math.PI) * u2)).toBe(theta);
      sinCosF32(theta, pair);
      expect([...pair]).toEqual([sin, cos]);
    }
  });

  it('equal the steps with exact fused multiply-adds for every uniform value', () => {
    let different = 0;
    for (let i = 0; i < 2 ** 24; i++) {
      const u = i * 2 ** -24;
      if (logF32(1 - u) !== exactLog(1 - u)) different++;
      const theta = round(round(2 * Math.PI) * u);
      sinCosF32(theta, pair);
      exactSinCos(theta, expected);
      if (pair[0] !== expected[0] || pair[1] !== expected[1]) different++;
    }
    expect(different).toBe(0);
  });
});
