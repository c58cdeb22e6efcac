import type { Generator } from './generator.js';

/** Where integers can be written: PyTorch's integer tensors and its float tensors alike. */
export type IntegerOutput =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

const TWO_POW_32 = 2 ** 32;

/**
 * Fills with integers in [low, high), like `torch.randint`.
 *
 * A range below 2^32 takes one 32-bit draw a value and its remainder; a wider one takes a 64-bit draw.
 *
 * @param generator the stream
 * @param out filled in its order; it must be able to hold the values
 * @param low lowest integer, included
 * @param high upper bound, excluded; at most 2^64 above `low`
 * @throws if a bound is no safe integer (nor a bigint), or low >= high
 *
 * Source: PyTorch `ATen/native/cpu/DistributionTemplates.h`, `random_from_to_kernel`, up to 2.6 (later ones take
 * 64-bit draws from a range of 2^28 on).
 */
export function randint(
  generator: Generator,
  out: IntegerOutput,
  low: number | bigint,
  high: number | bigint,
): void {
  for (const bound of [low, high]) {
    if (typeof bound === 'number' && !Number.isSafeInteger(bound)) {
      throw new RangeError(
        `randint: bounds must be integers (beyond 2^53 bigints), got low=${low}, high=${high}`,
      );
    }
  }
  if (low >= high) throw new RangeError(`randint: low must be less than high, got low=${low}, high=${high}`);
  const range = BigInt(high) - BigInt(low);
  if (range > 2n ** 64n) throw new RangeError(`randint: the range may be at most 2^64, got ${range}`);
  if (range < TWO_POW_32 && !(out instanceof BigInt64Array) && !(out instanceof BigUint64Array)) {
    fillNarrow(generator, out, Number(low), Number(range));
  } else {
    fillWide(generator, out, BigInt(low), range);
  }
}

function fillNarrow(
  generator: Generator,
  out: Exclude<IntegerOutput, BigInt64Array | BigUint64Array>,
  low: number,
  range: number,
): void {
  const engine = generator.engine;
  for (let i = 0; i < out.length; i++) out[i] = (engine.next() % range) + low;
}

function fillWide(generator: Generator, out: IntegerOutput, low: bigint, range: bigint): void {
  const engine = generator.engine;
  const narrow = range < TWO_POW_32;
  const big = out instanceof BigInt64Array || out instanceof BigUint64Array;
  for (let i = 0; i < out.length; i++) {
    const value = ((narrow ? BigInt(engine.next()) : engine.next64()) % range) + low;
    if (big) out[i] = value;
    else out[i] = Number(value);
  }
}

/**
 * Writes a permutation of 0 .. n-1 into `out`, n being its length, like `torch.randperm(n)`.
 *
 * Source: PyTorch `ATen/native/TensorFactories.cpp`, `randperm_cpu`: a Fisher-Yates shuffle from the front, n - 1
 * 32-bit draws.
 */
export function randperm(
  generator: Generator,
  out: Exclude<IntegerOutput, BigInt64Array | BigUint64Array>,
): void {
  const engine = generator.engine;
  const n = out.length;
  for (let i = 0; i < n; i++) out[i] = i;
  for (let i = 0; i < n - 1; i++) {
    const other = i + (engine.next() % (n - i));
    const value = out[i];
    out[i] = out[other];
    out[other] = value;
  }
}
