/**
 * NumPy's bounded integers by masked rejection: draws are cut to the smallest 2^k - 1 that covers the range, and
 * thrown away while they are above it.
 *
 * Source: NumPy 1.24 `numpy/random/_bounded_integers.pyx.in` and `src/distributions/distributions.c`, with
 * `use_masked`, as the legacy functions do.
 */

import type { Mt19937 } from './mt19937.js';

/** What `randint` gives back for each type. */
export interface NumpyIntegers {
  int64: number[];
  int32: Int32Array;
  uint32: Uint32Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
}

/** The types that `randint` knows. */
export type NumpyIntegerType = keyof NumpyIntegers;

const BITS: Record<NumpyIntegerType, number> = {
  int64: 64,
  int32: 32,
  uint32: 32,
  int16: 16,
  uint16: 16,
  int8: 8,
  uint8: 8,
};

/** `count` integers in [low, high) of the given type. */
export function fillIntegers(
  engine: Mt19937,
  low: number,
  high: number,
  count: number,
  dtype: NumpyIntegerType,
): NumpyIntegers[NumpyIntegerType] {
  checkBounds(low, high, dtype);
  const out = allocate(dtype, count);
  const next = boundedDraw(engine, high - 1 - low, BITS[dtype]);
  for (let i = 0; i < count; i++) out[i] = low + next();
  return out;
}

/** One integer in [0, max]; 0 draws nothing. */
export function randomInterval(engine: Mt19937, max: number): number {
  return max === 0 ? 0 : maskedDraw(max, () => engine.nextInt());
}

function boundedDraw(engine: Mt19937, max: number, bits: number): () => number {
  if (max === 0) return () => 0;
  if (max > 0xffffffff) return () => wideDraw(engine, max);
  if (bits >= 32) return () => maskedDraw(max, () => engine.nextInt());
  const piece = pieces(engine, bits);
  return () => maskedDraw(max, piece);
}

/** A 32-bit draw in pieces of 8 or 16 bits, lowest first. (Upper bits are left on: the mask takes them off.) */
function pieces(engine: Mt19937, bits: number): () => number {
  let buffer = 0;
  let left = 0;
  return () => {
    if (left === 0) {
      buffer = engine.nextInt();
      left = 32 / bits;
    } else {
      buffer >>>= bits;
    }
    left--;
    return buffer;
  };
}

function maskedDraw(max: number, next: () => number): number {
  const mask = -1 >>> Math.clz32(max);
  for (;;) {
    const value = (next() & mask) >>> 0;
    if (value <= max) return value;
  }
}

function wideDraw(engine: Mt19937, max: number): number {
  const highMask = -1 >>> Math.clz32(Math.floor(max / 2 ** 32));
  for (;;) {
    const high = (engine.nextInt() & highMask) >>> 0;
    const value = high * 2 ** 32 + engine.next();
    if (value <= max) return value;
  }
}

function allocate(dtype: NumpyIntegerType, count: number): NumpyIntegers[NumpyIntegerType] {
  switch (dtype) {
    case 'int64':
      return new Array<number>(count);
    case 'int32':
      return new Int32Array(count);
    case 'uint32':
      return new Uint32Array(count);
    case 'int16':
      return new Int16Array(count);
    case 'uint16':
      return new Uint16Array(count);
    case 'int8':
      return new Int8Array(count);
    case 'uint8':
      return new Uint8Array(count);
  }
}

function checkBounds(low: number, high: number, dtype: NumpyIntegerType): void {
  const bits = BITS[dtype];
  if (bits === undefined) {
    throw new RangeError(
      `randint: dtype must be one of ${Object.keys(BITS).join(', ')}, got ${String(dtype)}`,
    );
  }
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) {
    throw new RangeError(`randint: bounds must be safe integers, got low=${low}, high=${high}`);
  }
  if (low >= high) throw new RangeError(`randint: low must be less than high, got low=${low}, high=${high}`);
  if (bits === 64) {
    if (!Number.isSafeInteger(high - low))
      throw new RangeError(`randint: the range must be below 2^53, got ${high - low}`);
    return;
  }
  const lowest = dtype.startsWith('u') ? 0 : -(2 ** (bits - 1));
  const highest = lowest + 2 ** bits - 1;
  if (low < lowest || high - 1 > highest) {
    throw new RangeError(`randint: ${dtype} holds ${lowest} to ${highest}, got low=${low}, high=${high}`);
  }
}
