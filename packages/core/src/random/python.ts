import { firstAbove } from './bisect.js';
import { KeyedMt19937 } from './mt19937-keyed.js';
import { log, sinCos } from './precise.js';

/** Options of {@link PythonRandom.choices}. */
export interface PythonChoicesOptions {
  /** A weight for each value; even if left out. */
  weights?: ArrayLike<number>;
  /** How many values, default 1. */
  k?: number;
}

/**
 * Python's `random.Random`: `new PythonRandom(42)` draws what Python draws after `random.seed(42)`.
 *
 * @example
 * ```ts
 * const random = new PythonRandom(42);
 * random.random(); // 0.6394267984578837
 * const names = ['a', 'b', 'c'];
 * random.shuffle(names);
 * ```
 *
 * Source: CPython 3.11 `Lib/random.py` and `Modules/_randommodule.c`.
 */
export class PythonRandom {
  /** The raw stream. */
  readonly engine = new KeyedMt19937();
  private nextGauss: number | undefined;

  /** @param seed as for {@link seed}; from the system's randomness if left out */
  constructor(seed?: number | bigint) {
    if (seed === undefined) this.engine.seedByArray(crypto.getRandomValues(new Uint32Array(624)));
    else this.seed(seed);
  }

  /**
   * Starts the stream of a seed.
   *
   * @param seed an integer of any size; its sign does not count. (Python's seeds of other types are not supported.)
   * @throws if it is no integer
   */
  seed(seed: number | bigint): void {
    if (typeof seed !== 'bigint' && !Number.isSafeInteger(seed)) {
      throw new RangeError(`PythonRandom.seed: a seed must be an integer, beyond 2^53 a bigint; got ${seed}`);
    }
    let rest = BigInt(seed);
    if (rest < 0n) rest = -rest;
    const words: number[] = [];
    do {
      words.push(Number(rest & 0xffffffffn));
      rest >>= 32n;
    } while (rest > 0n);
    this.engine.seedByArray(words);
    this.nextGauss = undefined;
  }

  /** Uniform on [0, 1), with 53 bits. */
  random(): number {
    return this.engine.res53();
  }

  /**
   * An integer of k random bits.
   *
   * @param k in 0..53 (see {@link getrandbitsBig} for more)
   */
  getrandbits(k: number): number {
    if (!Number.isInteger(k) || k < 0 || k > 53) {
      throw new RangeError(`getrandbits: k must be in 0..53 (getrandbitsBig takes more), got ${k}`);
    }
    if (k === 0) return 0;
    if (k <= 32) return this.engine.next() >>> (32 - k);
    const low = this.engine.next();
    return (this.engine.next() >>> (64 - k)) * 2 ** 32 + low;
  }

  /** An integer of k random bits, k being any integer of at least 0. */
  getrandbitsBig(k: number): bigint {
    if (!Number.isSafeInteger(k) || k < 0)
      throw new RangeError(`getrandbitsBig: k must be at least 0, got ${k}`);
    let value = 0n;
    for (let at = 0; at < k; at += 32) {
      const bits = Math.min(32, k - at);
      value |= BigInt(this.engine.next() >>> (32 - bits)) << BigInt(at);
    }
    return value;
  }

  /** An integer in [0, n), n being a safe integer of at least 1. */
  randbelow(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new RangeError(`randbelow: n must be a safe integer of at least 1, got ${n}`);
    }
    const bits = n < 2 ** 32 ? 32 - Math.clz32(n) : 64 - Math.clz32(Math.floor(n / 2 ** 32));
    for (;;) {
      const value = this.getrandbits(bits);
      if (value < n) return value;
    }
  }

  /** An integer of `range(start, stop, step)`, or of `range(start)` if `stop` is left out. */
  randrange(start: number, stop?: number, step = 1): number {
    const [from, to] = stop === undefined ? [0, start] : [start, stop];
    if (![from, to, step].every(Number.isSafeInteger) || step === 0) {
      throw new RangeError(
        `randrange: needs integers and a step other than 0, got (${from}, ${to}, ${step})`,
      );
    }
    const count = Math.ceil((to - from) / step);
    if (count < 1) throw new RangeError(`randrange: the range (${from}, ${to}, ${step}) is empty`);
    return from + step * this.randbelow(count);
  }

  /** An integer in [a, b], both ends included. */
  randint(a: number, b: number): number {
    return this.randrange(a, b + 1);
  }

  /** One value of a list. */
  choice<T>(values: ArrayLike<T>): T {
    if (values.length === 0) throw new RangeError('choice: there is nothing to choose from');
    return values[this.randbelow(values.length)];
  }

  /** Values of a list, each drawn anew. */
  choices<T>(values: ArrayLike<T>, options: PythonChoicesOptions = {}): T[] {
    const { weights, k = 1 } = options;
    const n = values.length;
    if (n === 0) throw new RangeError('choices: there is nothing to choose from');
    if (weights === undefined) return Array.from({ length: k }, () => values[Math.floor(this.random() * n)]);
    if (weights.length !== n) {
      throw new RangeError(`choices: ${n} values need as many weights, got ${weights.length}`);
    }
    let total = 0;
    const cumulative = Array.from(weights, (weight) => {
      total += weight;
      return total;
    });
    if (!(total > 0 && total < Infinity)) {
      throw new RangeError(`choices: the weights must sum to a finite number above 0, got ${total}`);
    }
    return Array.from({ length: k }, () => values[firstAbove(cumulative, this.random() * total, n - 1)]);
  }

  /** k different positions' values of a list, in the order of their choice. */
  sample<T>(values: ArrayLike<T>, k: number): T[] {
    const n = values.length;
    if (!Number.isInteger(k) || k < 0 || k > n) {
      throw new RangeError(`sample: k must be an integer in 0..${n}, the number of values, got ${k}`);
    }
    // Python copies the list if that takes less memory than a set of what was chosen, and so must we: it decides
    // which draws are made.
    const setSize = 21 + (k > 5 ? 4 ** Math.ceil(Math.log(k * 3) / Math.log(4)) : 0);
    if (n <= setSize) {
      const pool = Array.from(values);
      return Array.from({ length: k }, (_, i) => {
        const j = this.randbelow(n - i);
        const value = pool[j];
        pool[j] = pool[n - i - 1];
        return value;
      });
    }
    const chosen = new Set<number>();
    while (chosen.size < k) chosen.add(this.randbelow(n));
    return Array.from(chosen, (index) => values[index]);
  }

  /** Shuffles a list in place. */
  shuffle(values: { length: number; [index: number]: unknown }): void {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.randbelow(i + 1);
      const value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  /** Uniform on [a, b]. */
  uniform(a: number, b: number): number {
    return a + (b - a) * this.random();
  }

  /** Normal of mean `mu` and standard deviation `sigma`: the cosine of a Box-Muller pair, then its sine. */
  gauss(mu = 0, sigma = 1): number {
    let z = this.nextGauss;
    this.nextGauss = undefined;
    if (z === undefined) {
      const angle = this.random() * 2 * Math.PI;
      const radius = Math.sqrt(-2 * log(1 - this.random()));
      const pair = new Float64Array(2);
      sinCos(angle, pair);
      z = pair[1] * radius;
      this.nextGauss = pair[0] * radius;
    }
    return mu + z * sigma;
  }

  /** The state: 625 words of the generator, then 1 and the two words of the kept normal value, or three zeros. */
  getState(): Uint32Array {
    const state = new Uint32Array(628);
    state.set(this.engine.getState());
    if (this.nextGauss !== undefined) {
      state[625] = 1;
      state.set(new Uint32Array(Float64Array.of(this.nextGauss).buffer), 626);
    }
    return state;
  }

  /** Goes back to a state that `getState` gave. */
  setState(state: Uint32Array): void {
    if (state.length !== 628)
      throw new RangeError(`PythonRandom.setState: a state has 628 words, got ${state.length}`);
    this.engine.setState(state.subarray(0, 625));
    this.nextGauss = state[625] === 0 ? undefined : new Float64Array(state.slice(626).buffer)[0];
  }
}
