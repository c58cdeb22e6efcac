import { describe, expect, it } from 'vitest';
import { decodeFloat16, encodeFloat16 } from '../../src/reference/float16.js';
import {
  erf,
  floorDivFloat,
  floorDivInt,
  powFloat,
  powInt,
  remainder,
  roundHalfEven,
  truncateToInt,
} from '../../src/reference/math.js';

describe('float16', () => {
  it('gives every bit pattern back', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = decodeFloat16(bits);
      if (Number.isNaN(value)) expect(encodeFloat16(value) & 0x7c00).toBe(0x7c00);
      else if (encodeFloat16(value) !== bits) expect.fail(`${bits.toString(16)} came back changed`);
    }
  });

  it('rounds to nearest, halves to even, between every two neighbours', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = decodeFloat16(bits);
      const high = decodeFloat16(bits + 1);
      const half = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const got = [
        encodeFloat16(half),
        encodeFloat16(half - low * 2 ** -40 - 2 ** -60),
        encodeFloat16(half + high * 2 ** -40),
      ];
      const want = [even, bits, bits + 1];
      if (got.some((g, i) => g !== want[i])) expect.fail(`around ${low}: ${got} instead of ${want}`);
      if (encodeFloat16(-half) !== (even | 0x8000)) expect.fail(`around -${low}`);
    }
  });

  it('overflows to infinity from 65520 on', () => {
    expect(encodeFloat16(65519.99)).toBe(0x7bff);
    expect(encodeFloat16(65520)).toBe(0x7c00);
    expect(encodeFloat16(Number.NEGATIVE_INFINITY)).toBe(0xfc00);
    expect(encodeFloat16(-0)).toBe(0x8000);
  });
});

describe('erf', () => {
  /** Abramowitz & Stegun 7.1.6: all terms positive, so the sum loses nothing. */
  function series(x: number): number {
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-18; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }

  it('agrees with the power series to its own rounding error', () => {
    for (let x = 2 ** -30; x < 6.5; x = x * 1.001 + 1e-4) {
      if (Math.abs(erf(x) - series(x)) > 3e-15 * erf(x))
        expect.fail(`erf(${x}) = ${erf(x)}, not ${series(x)}`);
      expect(erf(-x)).toBe(-erf(x));
    }
  });

  it('takes the ends', () => {
    expect([0, -0, 1e-300, 30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(erf)).toEqual([
      0,
      -0,
      1e-300 * (2 / Math.sqrt(Math.PI)),
      1,
      1,
      -1,
    ]);
    expect(erf(Number.NaN)).toBeNaN();
  });
});

it('rounds halves to even', () => {
  const cases = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 2 ** 52 + 1, -0.2, Number.POSITIVE_INFINITY];
  expect(cases.map(roundHalfEven)).toEqual([
    0,
    2,
    2,
    -0,
    -2,
    -2,
    0,
    2 ** 52 + 1,
    -0,
    Number.POSITIVE_INFINITY,
  ]);
  expect(roundHalfEven(Number.NaN)).toBeNaN();
});

it('divides as Python does', () => {
  // a // b, a % b, printed by Python
  const cases = [
    [7, 2, 3, 1],
    [-7, 2, -4, 1],
    [7, -2, -4, -1],
    [-7, -2, 3, -1],
    [1, 0.1, 9, 0.09999999999999995],
    [-1, 0.1, -10, 5.551115123125783e-17],
    [6, 3, 2, 0],
    [0, 5, 0, 0],
  ];
  for (const [a, b, quotient, rest] of cases) {
    expect(floorDivFloat(a, b)).toBe(quotient);
    expect(remainder(a, b)).toBe(rest);
  }
  expect(floorDivFloat(1, 0)).toBe(Number.POSITIVE_INFINITY);
  expect(floorDivFloat(0, 0)).toBeNaN();
  expect(remainder(1, 0)).toBeNaN();
  expect([floorDivInt(-7, 2), floorDivInt(7, 0), floorDivInt(-2147483648, -1)]).toEqual([-4, 0, -2147483648]);
});

it('raises to powers as C does', () => {
  expect(powFloat(1, Number.NaN)).toBe(1);
  expect(powFloat(-1, Number.POSITIVE_INFINITY)).toBe(1);
  expect(powFloat(Number.NaN, 0)).toBe(1);
  expect(powFloat(-2, 0.5)).toBeNaN();
  expect(powFloat(-2, 3)).toBe(-8);
  expect([powInt(3, 4), powInt(-3, 3), powInt(2, 31), powInt(10, 10), powInt(5, 0)]).toEqual([
    81, -27, -2147483648, 1410065408, 1,
  ]);
  expect([powInt(2, -1), powInt(1, -5), powInt(-1, -3), powInt(-1, -2), powInt(0, -1)]).toEqual([
    0, 1, -1, 1, 0,
  ]);
});

it('truncates to int32, saturating', () => {
  const cases = [1.9, -1.9, 3e9, -3e9, Number.NaN, Number.POSITIVE_INFINITY, 2147483647];
  expect(cases.map(truncateToInt)).toEqual([1, -1, 2147483647, -2147483648, 0, 2147483647, 2147483647]);
});
