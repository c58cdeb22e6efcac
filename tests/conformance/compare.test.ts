/** The comparison itself: what passes, what does not, and what it says. */
import { describe, expect, it } from 'vitest';
import { type Check, contiguous, define, gapped } from './case.js';
import { type Comparison, differences } from './compare.js';
import { asStored, decode, encode, float16Bits, float16Value } from './storage.js';

const strict: Comparison = { tolerances: {}, flushesSubnormals: false, nonFinite: true };

/** What is said of one float32 result. */
function judge(
  got: number,
  want: number,
  check: Check = { keys: ['value'] },
  changes: Partial<Comparison> = {},
) {
  const testCase = define('one', (b) => b.output('float32', [1], check));
  return differences(testCase, [Float64Array.of(got)], [Float64Array.of(want)], { ...strict, ...changes });
}

describe('differences', () => {
  it('scales the tolerance by the size of the result and of its terms', () => {
    expect(judge(1 + 0.9e-6, 1)).toBe('');
    expect(judge(1 + 1.1e-6, 1)).toMatch(/\[0\] is 1.0000011, should be 1/);
    expect(judge(1.1e-6, 0)).not.toBe('');
    expect(judge(1000.0009, 1000)).toBe('');
    expect(judge(1000.0011, 1000)).not.toBe('');
    expect(judge(0.0009, 0, { keys: ['value'], scale: 1000 })).toBe('');
    expect(judge(0.0011, 0, { keys: ['value'], scale: [1000] })).not.toBe('');
    expect(judge(1 + 9e-6, 1, { keys: ['gradient'] })).toBe('');
  });

  it('takes exact for exact, and looks up the most special key', () => {
    expect(judge(1 + 2e-7, 1, { keys: ['exact'] })).not.toBe('');
    expect(judge(-0, 0, { keys: ['exact'] })).toBe('');
    expect(judge(-0, 0, { keys: ['exact'] }, { signedZeros: true })).not.toBe('');
    expect(judge(1e-9 * (1 + 2e-6), 1e-9, { keys: ['expm1', 'value'] })).not.toBe('');
    const tolerances = { expm1: { absolute: 1e-3 }, value: { ulps: 2 } };
    expect(judge(1e-4, 1e-9, { keys: ['expm1', 'value'] }, { tolerances })).toBe('');
    expect(judge(1 + 2 * 2 ** -23, 1, { keys: ['value'] }, { tolerances })).toBe('');
    expect(judge(1 + 3 * 2 ** -23, 1, { keys: ['value'] }, { tolerances })).not.toBe('');
    // What the device says in general counts before what the suite says in particular.
    expect(judge(1 + 3 * 2 ** -23, 1, { keys: ['exp', 'value'] }, { tolerances })).not.toBe('');
  });

  it('tells what is not finite', () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    expect(judge(nan, nan)).toBe('');
    expect(judge(inf, inf)).toBe('');
    for (const [got, want] of [
      [nan, 1],
      [1, nan],
      [inf, 3e38],
      [3e38, inf],
      [-inf, inf],
      [nan, inf],
    ]) {
      expect(judge(got, want)).not.toBe('');
    }
    expect(judge(1, nan, undefined, { nonFinite: false })).toBe('');
    expect(judge(nan, 1, undefined, { nonFinite: false })).not.toBe('');
  });

  it('lets subnormals be flushed only where that is allowed', () => {
    expect(judge(0, 2 ** -130, { keys: ['exact'] })).not.toBe('');
    expect(judge(0, 2 ** -130, { keys: ['exact'] }, { flushesSubnormals: true })).toBe('');
    expect(judge(0, 2 ** -125, { keys: ['exact'] }, { flushesSubnormals: true })).not.toBe('');
  });

  it('notices a change where nothing is stored', () => {
    const testCase = define('gaps', (b) => {
      b.output('int32', [2], { keys: ['exact'] }, gapped(2));
      b.input('int32', [2], [5, 6], contiguous);
    });
    const [outputs, inputs] = testCase.buffers.map(({ initial }) => initial.slice());
    const want = [outputs, inputs];
    expect(differences(testCase, want, want, strict)).toBe('');
    expect(differences(testCase, [outputs.with(2, 1), inputs], want, strict)).toMatch(
      /buffer 0 \(int32\): 1 wrong elements: element 2, which no output has, was -77 and became 1/,
    );
    expect(differences(testCase, [outputs, inputs.with(1, 0)], want, strict)).toMatch(
      /buffer 1 .*was 6 and became 0/,
    );
  });
});

describe('storage', () => {
  it('rounds to halves as the format says', () => {
    for (let bits = 0; bits < 0x7c00; bits++) {
      const [low, high] = [float16Value(bits), bits === 0x7bff ? 65536 : float16Value(bits + 1)];
      const half = (low + high) / 2;
      if (float16Bits(low) !== bits) expect.fail(`${low}`);
      if (float16Bits(half) !== (bits % 2 ? bits + 1 : bits)) expect.fail(`${half}`);
      if (float16Bits(-low) !== (bits | 0x8000)) expect.fail(`${-low}`);
    }
    expect(float16Bits(Number.POSITIVE_INFINITY)).toBe(0x7c00);
    expect(float16Bits(1e9)).toBe(0x7c00);
    expect(float16Value(float16Bits(Number.NaN))).toBeNaN();
  });

  it('gives back what it stored, in every width', () => {
    const values = [0, 1, 200, -3, 2.5];
    const layouts = [
      ['float32', 4],
      ['float64', 8],
      ['float16', 2],
      ['int32', 4],
      ['uint8', 1],
      ['uint8', 4],
      ['bool', 1],
      ['bool', 4],
    ] as const;
    for (const [dtype, width] of layouts) {
      const stored = values.map((value) => asStored(dtype, value));
      const bytes = encode(dtype, width, stored);
      expect(bytes.length).toBe(values.length * width);
      expect([...decode(dtype, width, bytes.slice().buffer as ArrayBuffer, values.length)]).toEqual(stored);
    }
    expect(values.map((value) => asStored('uint8', value))).toEqual([0, 1, 200, 253, 2]);
  });
});
