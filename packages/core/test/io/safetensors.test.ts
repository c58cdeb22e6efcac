import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readSafetensors,
  readSafetensorsHeader,
  type SafetensorsDType,
  SafetensorsError,
  safetensorsDTypes,
  type TensorToWrite,
  writeSafetensors,
} from '../../src/io.js';

/** A file put together by hand, as the format's page describes it. */
function fileOf(header: unknown, data: readonly number[] = []): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const oneTensor = (dtype: string, shape: number[], data: readonly number[]): Uint8Array =>
  fileOf({ x: { dtype, shape, data_offsets: [0, data.length] } }, data);

const valuesOf = (dtype: string, codes: readonly number[], count: number): number[] =>
  Array.from(readSafetensors(oneTensor(dtype, [count], codes)).get('x').data as Float32Array);

describe('reading', () => {
  test('a file made by hand', () => {
    const header = {
      __metadata__: { format: 'pt' },
      b: { dtype: 'I32', shape: [], data_offsets: [8, 12] },
      a: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] },
    };
    // An odd number of spaces, so that nothing is aligned.
    const text = JSON.stringify(header);
    for (const pad of ['', ' ', '   ']) {
      const bytes = fileOf(text + pad, [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0xfe, 0xff, 0xff, 0xff]);
      const file = readSafetensors(bytes, { file: 'm.safetensors' });
      expect(file.metadata).toEqual({ format: 'pt' });
      expect(file.keys).toEqual(['b', 'a']);
      expect(file.get('a')).toEqual({ dtype: 'F32', shape: [1, 2], data: Float32Array.of(1, -2) });
      expect(file.get('b')).toEqual({ dtype: 'I32', shape: [], data: Int32Array.of(-2) });
      expect(() => file.get('c')).toThrow('m.safetensors: tensor "c": not in the file, which has "b", "a"');
    }
  });

  test('the header alone, for those who fetch tensors one by one', () => {
    const bytes = oneTensor('U8', [3], [1, 2, 3]);
    const start = bytes.subarray(0, bytes.length - 3);
    const header = readSafetensorsHeader(start, bytes.length);
    expect(header.tensors.get('x')).toEqual({ dtype: 'U8', shape: [3], begin: 0, end: 3 });
    expect(header.dataStart).toBe(start.length);
  });

  test('an empty tensor, an empty file, and names that objects stumble over', () => {
    expect(readSafetensors(fileOf({})).keys).toEqual([]);
    const x = { shape: [2, 0], data: new Float32Array(0) };
    const written = writeSafetensors(
      new Map([
        ['__proto__', x],
        ['constructor', x],
      ]),
    );
    const file = readSafetensors(written);
    expect([...file.keys].sort()).toEqual(['__proto__', 'constructor']);
    expect(file.get('__proto__').data.length).toBe(0);
    expect(file.has('toString')).toBe(false);
  });
});

describe('narrow floats have the values of their standards', () => {
  test('F16', () => {
    // 1, -2, the largest, the smallest normal, the smallest subnormal, infinity
    const codes = [0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x7c00].flatMap((c) => [c & 255, c >> 8]);
    expect(valuesOf('F16', codes, 6)).toEqual([1, -2, 65504, 2 ** -14, 2 ** -24, Number.POSITIVE_INFINITY]);
    expect(valuesOf('F16', [1, 0x7c], 1)).toEqual([Number.NaN]);
  });

  test('BF16', () => {
    const codes = [0x3f80, 0xc000, 0x7f7f, 0x0080, 0x0001, 0xff80].flatMap((c) => [c & 255, c >> 8]);
    const largest = (2 - 2 ** -7) * 2 ** 127;
    expect(valuesOf('BF16', codes, 6)).toEqual([
      1,
      -2,
      largest,
      2 ** -126,
      2 ** -133,
      Number.NEGATIVE_INFINITY,
    ]);
  });

  test('F8_E4M3 has no infinity, F8_E5M2 has, F8_E8M0 is a power of two', () => {
    expect(valuesOf('F8_E4M3', [0x38, 0x7e, 0x08, 0x01, 0x7f, 0xff], 6)).toEqual([
      1,
      448,
      2 ** -6,
      2 ** -9,
      Number.NaN,
      Number.NaN,
    ]);
    expect(valuesOf('F8_E5M2', [0x3c, 0x7b, 0x01, 0x7c, 0x7d], 5)).toEqual([
      1,
      57344,
      2 ** -16,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
    expect(valuesOf('F8_E8M0', [127, 0, 254, 255], 4)).toEqual([1, 2 ** -127, 2 ** 127, Number.NaN]);
  });

  test('F4 and F6, packed from the lowest bit up', () => {
    expect(valuesOf('F4', [0x10, 0x32, 0x54, 0x76, 0xf8], 10)).toEqual([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -6]);
    // 6-bit codes 1, 2, 3, 31 of E2M3: 1/8, 2/8, 3/8, 7.5
    const word = 1 | (2 << 6) | (3 << 12) | (31 << 18);
    expect(valuesOf('F6_E2M3', [word & 255, (word >> 8) & 255, word >> 16], 4)).toEqual([
      0.125, 0.25, 0.375, 7.5,
    ]);
    expect(valuesOf('F6_E3M2', [31, 0, 0], 4)).toEqual([28, 0, 0, 0]);
  });

  test('every 16-bit value survives widening and rounding back', () => {
    for (const dtype of ['F16', 'BF16'] as const) {
      const codes = Uint16Array.from({ length: 65536 }, (_, i) => i);
      const bytes = [...new Uint8Array(codes.buffer)];
      const { data } = readSafetensors(oneTensor(dtype, [65536], bytes)).get('x');
      const back = readSafetensors(writeSafetensors({ x: { dtype, shape: [65536], data } }));
      const again = back.get('x').data as Float32Array;
      expect(again).toEqual(data);
      const raw = writeSafetensors({ x: { dtype, shape: [65536], data } });
      const written = new Uint16Array(raw.slice(back.header.dataStart).buffer);
      const differs = codes.filter(
        (code, i) => written[i] !== code && !Number.isNaN((data as Float32Array)[i]),
      );
      expect(differs.length).toBe(0);
    }
  });

  test('rounding to 16 bits is to nearest, ties to even', () => {
    const rounded = (dtype: 'F16' | 'BF16', values: number[]) =>
      Array.from(
        readSafetensors(
          writeSafetensors({ x: { dtype, shape: [values.length], data: Float32Array.from(values) } }),
        ).get('x').data as Float32Array,
      );
    const ulp = 2 ** -10;
    expect(
      rounded('F16', [1 + ulp / 2, 1 + 1.5 * ulp, 1 + 0.51 * ulp, 65519, 65520, 2 ** -25, 1.1 * 2 ** -25]),
    ).toEqual([1, 1 + 2 * ulp, 1 + ulp, 65504, Number.POSITIVE_INFINITY, 0, 2 ** -24]);
    expect(rounded('BF16', [1 + 2 ** -8, 1 + 3 * 2 ** -8, -(1 + 2 ** -8 + 2 ** -20), 3.4e38])).toEqual([
      1,
      1 + 2 ** -6,
      -(1 + 2 ** -7),
      // The nearest is 2^127 * (2 - 2^-7) + half a unit or more: over the edge.
      Number.POSITIVE_INFINITY,
    ]);
  });
});

describe('writing', () => {
  test('the same tensors give the same bytes, aligned, whatever their order', () => {
    const tensors: [string, TensorToWrite][] = [
      ['b', { shape: [1], data: Uint8Array.of(7) }],
      ['a', { shape: [2], data: Float32Array.of(1, 2) }],
      ['c', { shape: [1], data: BigInt64Array.of(-5n) }],
    ];
    const one = writeSafetensors(new Map(tensors));
    expect(writeSafetensors(new Map([...tensors].reverse()))).toEqual(one);
    const { tensors: infos, dataStart } = readSafetensors(one).header;
    expect(dataStart % 8).toBe(0);
    expect([...infos.keys()]).toEqual(['c', 'a', 'b']);
  });

  test('what does not fit is refused', () => {
    const data = Float32Array.of(1, 2);
    expect(() => writeSafetensors({ w: { shape: [3], data } })).toThrow(
      'tensor "w": shape [3] of F32 takes 12 bytes, the data has 8',
    );
    expect(() => writeSafetensors({ w: { shape: [2], dtype: 'I32', data } })).toThrow(
      'I32 cannot be written from a Float32Array',
    );
    expect(() => writeSafetensors({ w: { shape: [-2], data } })).toThrow('shape is [-2]');
    expect(() => writeSafetensors(new Map([['__metadata__', { shape: [2], data }]]))).toThrow('reserved');
  });

  test('round trip of every type', () => {
    const bytes = fc.uint8Array({ minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(...safetensorsDTypes), bytes, (dtype: SafetensorsDType, raw) => {
        const count = { F4: 24, F6_E2M3: 16, F6_E3M2: 16 }[dtype as string];
        const width = dtype.match(/64/) ? 8 : dtype.match(/32/) ? 4 : dtype.match(/16/) ? 2 : 1;
        const part = [...raw.slice(0, width === 8 ? 8 : 12)];
        const file = oneTensor(dtype, [count ?? part.length / width], part);
        const { shape, data } = readSafetensors(file).get('x');
        const narrow = /^F[468]/.test(dtype) && dtype !== 'F64';
        const source = narrow ? Uint8Array.from(part) : data;
        const again = readSafetensors(writeSafetensors({ x: { dtype, shape, data: source } })).get('x');
        expect(again).toEqual({ dtype, shape, data });
      }),
    );
  });
});

describe('broken and hostile files', () => {
  const good = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  const cases: [string, Uint8Array, string][] = [
    ['nothing', new Uint8Array(0), '0 bytes are too few'],
    ['too short', new Uint8Array(7), '7 bytes are too few'],
    [
      'a huge header',
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255),
      'header of 18446744073709551615 bytes',
    ],
    ['a header beyond the file', Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123), 'truncated'],
    ['no JSON', fileOf('{"x":'), 'the header is not JSON'],
    ['no UTF-8', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff), 'the header is not JSON'],
    ['an array', fileOf([]), 'not a JSON object'],
    ['a number for a tensor', fileOf({ x: 1 }), 'tensor "x": its header is 1'],
    ['an unknown dtype', fileOf({ x: { ...good, dtype: 'F31' } }, [0, 0, 0, 0]), 'dtype is "F31"'],
    ['a dtype of Object', fileOf({ x: { ...good, dtype: 'toString' } }, [0, 0, 0, 0]), 'dtype is "toString"'],
    ['a negative size', fileOf({ x: { ...good, shape: [-1, -1] } }, [0, 0, 0, 0]), 'shape is [-1,-1]'],
    ['a size with a fraction', fileOf({ x: { ...good, shape: [0.5, 2] } }, [0, 0, 0, 0]), 'shape is [0.5,2]'],
    [
      'a shape beyond all memory',
      fileOf({ x: { ...good, shape: [2 ** 40, 2 ** 40] } }, [0]),
      'larger than any file',
    ],
    [
      'sizes that multiply to 0 after an overflow',
      fileOf({ x: { ...good, shape: [2 ** 53, 0] } }),
      'shape is',
    ],
    ['a wrong span', fileOf({ x: { ...good, data_offsets: [0, 5] } }, [0, 0, 0, 0, 0]), 'takes 4 bytes'],
    ['offsets backwards', fileOf({ x: { ...good, data_offsets: [4, 0] } }, [0, 0, 0, 0]), 'span -4'],
    ['three offsets', fileOf({ x: { ...good, data_offsets: [0, 4, 4] } }, [0, 0, 0, 0]), 'data_offsets'],
    ['beyond the end', fileOf({ x: good }, [0, 0]), 'truncated: it ends at byte 4 of the data, which has 2'],
    ['bytes left over', fileOf({ x: good }, [0, 0, 0, 0, 1]), '1 bytes at the end belong to no tensor'],
    ['a hole', fileOf({ x: { ...good, data_offsets: [1, 5] } }, [0, 0, 0, 0, 0]), '1 bytes before it'],
    [
      'an overlap',
      fileOf({ x: good, y: { ...good, data_offsets: [2, 6] } }, [0, 0, 0, 0, 0, 0]),
      'inside tensor "x"',
    ],
    ['two names for one place', fileOf({ x: good, y: good }, [0, 0, 0, 0]), 'inside tensor'],
    ['an unknown field', fileOf({ x: { ...good, code: 'eval' } }, [0, 0, 0, 0]), 'unknown field "code"'],
    ['metadata that is no text', fileOf({ __metadata__: { a: 1 } }), '__metadata__.a is 1'],
    ['half a byte', fileOf({ x: { dtype: 'F4', shape: [1], data_offsets: [0, 1] } }, [0]), 'whole bytes'],
  ];
  test.each(cases)('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, { file: 'evil.safetensors' })).toThrow(message);
    expect(() => readSafetensors(bytes, { file: 'evil.safetensors' })).toThrow(/^evil\.safetensors: /);
  });

  test('random damage gives a SafetensorsError or a file that still tiles its bytes', () => {
    const whole = writeSafetensors(
      {
        a: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
        b: { shape: [4], data: Uint8Array.of(1, 2, 3, 4) },
      },
      { metadata: { format: 'pt' } },
    );
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(damage, fc.nat(whole.length), (changes, cut) => {
        const bytes = whole.slice(0, cut > whole.length / 2 ? cut : whole.length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          const file = readSafetensors(bytes);
          let total = 0;
          for (const key of file.keys) {
            file.get(key);
            const { begin, end } = file.header.tensors.get(key) as { begin: number; end: number };
            total += end - begin;
          }
          expect(total).toBe(bytes.length - file.header.dataStart);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
