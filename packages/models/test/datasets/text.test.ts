import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  characterCounts,
  decodeUtf8Strict,
  splitText,
  textStatistics,
  Utf8Error,
  unigramEntropy,
} from '../../src/datasets/text.js';

const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const failure = (bytes: Uint8Array): Utf8Error => {
  try {
    decodeUtf8Strict(bytes);
  } catch (error) {
    if (error instanceof Utf8Error) return error;
  }
  return expect.unreachable('it must not decode');
};

describe('decodeUtf8Strict', () => {
  test('decodes what is UTF-8, and leaves out a byte order mark', () => {
    const text = '春 a\u0000\u{10FFFF}\u{D7FF}\uE000\uFFFD\r\n𧣴';
    expect(decodeUtf8Strict(new TextEncoder().encode(text))).toBe(text);
    expect(decodeUtf8Strict(fromHex('efbbbfe698a5'))).toBe('春');
    expect(decodeUtf8Strict(new Uint8Array())).toBe('');
  });

  // The offsets are `UnicodeDecodeError.start` of CPython 3.11's `bytes.decode()`.
  test.each([
    ['an overlong form', '6162c0af', 2],
    ['an overlong form of three', 'e080af', 0],
    ['an overlong form of four', 'f0808080', 0],
    ['a surrogate', 'eda080', 0],
    ['past the last code point', 'f4908080', 0],
    ['cut at the end', 'e698', 0],
    ['cut by an ASCII letter', 'e69841', 0],
    ['cut inside four bytes', 'f0a7a3', 0],
    ['a byte that never occurs', 'e698a5ff', 3],
    ['a continuation byte alone', '80', 0],
  ])('finds the first bad byte: %s', (_, hex, offset) => {
    const error = failure(fromHex(hex));
    expect(error.offset).toBe(offset);
    expect(error.byte).toBe(fromHex(hex)[offset]);
    expect(error.message).toMatch(new RegExp(`^not UTF-8: bad byte 0x[0-9A-F]{2} at offset ${offset}$`));
  });

  test('counts the byte order mark in the offset, and knows UTF-16 by its own', () => {
    expect(failure(fromHex('efbbbf41ff')).offset).toBe(4);
    expect(failure(fromHex('fffe4100')).message).toBe(
      'not UTF-8: bad byte 0xFF at offset 0 (it looks like UTF-16; save it as UTF-8)',
    );
  });

  test('agrees with TextDecoder: what is before the offset decodes, what goes past it never does', () => {
    const decodes = (bytes: Uint8Array): boolean => {
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    // Bytes near the borders of table 3-7, so that long sequences are common.
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 12 });
    const border = fc.constantFrom(
      0x41,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc2,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
    );
    const near = fc.array(border, { maxLength: 12 }).map((values) => Uint8Array.from(values));
    fc.assert(
      fc.property(fc.oneof(bytes, near), (sample) => {
        if (decodes(sample)) {
          expect(() => decodeUtf8Strict(sample)).not.toThrow();
          return;
        }
        const { offset } = failure(sample);
        expect(decodes(sample.subarray(0, offset))).toBe(true);
        for (let end = offset + 1; end <= sample.length; end++) {
          expect(decodes(sample.subarray(0, end))).toBe(false);
        }
      }),
      { numRuns: 2000, seed: 20 },
    );
  });
});

describe('splitText', () => {
  test('holds out the last tenth by default', () => {
    expect(splitText('abcdefghij')).toEqual({ train: 'abcdefghi', validation: 'j' });
    expect(splitText('abcdefghij', { validation: 0.25 })).toEqual({ train: 'abcdefg', validation: 'hij' });
    expect(splitText('abc', { validation: 0 })).toEqual({ train: 'abc', validation: '' });
    expect(splitText('')).toEqual({ train: '', validation: '' });
  });

  test('counts code points, and never cuts one', () => {
    // int(0.9 * 11) = 9 characters, as in Python; in UTF-16 units the cut would fall inside the ninth.
    const { train, validation } = splitText('𧣴'.repeat(11));
    expect([...train]).toHaveLength(9);
    expect([...validation]).toEqual(['𧣴', '𧣴']);
  });

  test('gives back the whole text, at whatever share', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (text, share) => {
          const { train, validation } = splitText(text, { validation: share });
          expect(train + validation).toBe(text);
          expect([...train].length + [...validation].length).toBe([...text].length);
        },
      ),
      { numRuns: 300, seed: 21 },
    );
  });

  test.each([1, -0.1, Number.NaN])('refuses a share of %s', (validation) => {
    expect(() => splitText('abc', { validation })).toThrow(
      /validation must be at least 0 and less than 1, got/,
    );
  });
});

describe('the figures of a text', () => {
  test('entropy in nats', () => {
    expect(unigramEntropy('abab')).toBeCloseTo(Math.LN2, 15);
    expect(unigramEntropy('aaaa')).toBe(0);
    expect(unigramEntropy('')).toBe(0);
    // -(0.5 ln 0.5 + 0.25 ln 0.25 + 0.25 ln 0.25), the characters outside the BMP counted as one each
    expect(unigramEntropy('𧣴𧣴𩘟春')).toBeCloseTo(1.5 * Math.LN2, 15);
  });

  test('counts, the most frequent first', () => {
    expect([...characterCounts('banana𧣴𧣴')]).toEqual([
      ['a', 3],
      ['n', 2],
      ['𧣴', 2],
      ['b', 1],
    ]);
  });

  test('coverage', () => {
    const statistics = textStatistics('aaaabbc!');
    expect(statistics).toMatchObject({ characters: 8, distinct: 4 });
    expect(statistics.entropy).toBe(unigramEntropy('aaaabbc!'));
    expect([0, 1, 2, 3, 4, 9].map((count) => statistics.coverage(count))).toEqual([
      0, 0.5, 0.75, 0.875, 1, 1,
    ]);
    expect(textStatistics('').coverage(10)).toBe(0);
  });
});
