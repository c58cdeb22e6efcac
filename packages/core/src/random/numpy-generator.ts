/** NumPy's newer generator, as `numpy.random.default_rng` makes it. */

import type { NumpySize } from './numpy.js';
import { Pcg64, type Pcg64State } from './pcg64.js';
import { zigguratNormal } from './ziggurat.js';

/**
 * `defaultRng(42)` draws what `numpy.random.default_rng(42)` draws. Arrays come back flat, in row-major order; integers
 * and uniform values are NumPy's bit for bit, normal values too but in the last bit of some from the far tail.
 *
 * @example
 * ```ts
 * defaultRng(42).random(); // 0.7739560485559633
 * ```
 *
 * Source: NumPy 1.24 `numpy/random/_generator.pyx`, `src/distributions/distributions.c`.
 */
export class NumpyGenerator {
  /** The raw stream. */
  readonly engine: Pcg64;

  /** @param seed a whole number from 0 on; from the system's randomness if left out */
  constructor(seed?: number | bigint) {
    if (typeof seed === 'number' ? !Number.isSafeInteger(seed) || seed < 0 : seed !== undefined && seed < 0n)
      throw new RangeError(`defaultRng: a seed must be a whole number from 0 on, got ${seed}`);
    const system = (): bigint =>
      crypto.getRandomValues(new Uint32Array(4)).reduce((all, word) => (all << 32n) | BigInt(word), 0n);
    this.engine = new Pcg64(seed === undefined ? system() : BigInt(seed));
  }

  /** Uniform on [0, 1). */
  random(): number;
  random(size: NumpySize): Float64Array;
  random(size?: NumpySize): number | Float64Array {
    return draw(size, () => this.engine.uniform53());
  }

  /** Uniform on [low, high), by default [0, 1). */
  uniform(low?: number, high?: number): number;
  uniform(low: number, high: number, size: NumpySize): Float64Array;
  uniform(low = 0, high = 1, size?: NumpySize): number | Float64Array {
    if (!Number.isFinite(high - low))
      throw new RangeError(`uniform: needs finite bounds, got low=${low}, high=${high}`);
    return draw(size, () => low + (high - low) * this.engine.uniform53());
  }

  /** Standard normal values. */
  standardNormal(): number;
  standardNormal(size: NumpySize): Float64Array;
  standardNormal(size?: NumpySize): number | Float64Array {
    return draw(size, () => zigguratNormal(this.engine));
  }

  /** Normal values of the given mean (`loc`, default 0) and standard deviation (`scale`, default 1). */
  normal(loc?: number, scale?: number): number;
  normal(loc: number, scale: number, size: NumpySize): Float64Array;
  normal(loc = 0, scale = 1, size?: NumpySize): number | Float64Array {
    if (!(scale >= 0)) throw new RangeError(`normal: scale must be at least 0, got ${scale}`);
    return draw(size, () => loc + scale * zigguratNormal(this.engine));
  }

  /** Whole numbers in [low, high). @throws RangeError unless both are safe integers and low < high */
  integers(low: number, high: number): number;
  integers(low: number, high: number, size: NumpySize): Float64Array;
  integers(low: number, high: number, size?: NumpySize): number | Float64Array {
    const range = high - low;
    if (
      !Number.isSafeInteger(low) ||
      !Number.isSafeInteger(high) ||
      !Number.isSafeInteger(range) ||
      range <= 0
    )
      throw new RangeError(`integers: needs whole numbers with low < high, got low=${low}, high=${high}`);
    if (range === 1) return draw(size, () => low);
    if (range === 2 ** 32) return draw(size, () => low + this.engine.next32());
    // D. Lemire, Fast Random Integer Generation in an Interval: https://arxiv.org/abs/1805.10941
    const wide = range > 2 ** 32;
    const width = wide ? 64n : 32n;
    const count = BigInt(range);
    const mask = (1n << width) - 1n;
    const threshold = (1n << width) % count;
    return draw(size, () => {
      for (;;) {
        const product = (wide ? this.engine.next64() : BigInt(this.engine.next32())) * count;
        if ((product & mask) >= threshold) return low + Number(product >> width);
      }
    });
  }

  getState(): Pcg64State {
    return this.engine.getState();
  }

  /** Goes on where a state was saved. */
  setState(state: Pcg64State): void {
    this.engine.setState(state);
  }
}

/** As `numpy.random.default_rng`. */
export const defaultRng = (seed?: number | bigint): NumpyGenerator => new NumpyGenerator(seed);

function draw(size: NumpySize | undefined, next: () => number): number;
function draw(size: NumpySize, next: () => number): Float64Array;
function draw(size: NumpySize | undefined, next: () => number): number | Float64Array;
function draw(size: NumpySize | undefined, next: () => number): number | Float64Array {
  if (size === undefined) return next();
  const sizes = typeof size === 'number' ? [size] : size;
  for (const n of sizes)
    if (!Number.isSafeInteger(n) || n < 0)
      throw new RangeError(`size: whole numbers from 0 on are needed, got [${sizes.join(', ')}]`);
  return Float64Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, next);
}
