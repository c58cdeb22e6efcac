import { firstAbove } from './bisect.js';
import { KeyedMt19937 } from './mt19937-keyed.js';
import { binomialDraw } from './numpy-binomial.js';
import { fillIntegers, type NumpyIntegers, type NumpyIntegerType, randomInterval } from './numpy-integers.js';
import { log } from './precise.js';

/** A value drawn alone, or as many as the shape asks for: a size, or the sizes of the axes. */
export type NumpySize = number | readonly number[];

/** Options of {@link RandomState.choice}. */
export interface NumpyChoiceOptions {
  /** How many values; one alone if left out. */
  size?: NumpySize;
  /** Whether a value may come more than once. Default true. */
  replace?: boolean;
  /** A probability for each value; they must sum to 1. Uniform if left out. */
  p?: ArrayLike<number>;
}

/**
 * NumPy's legacy generator: `new RandomState(42)` draws what `numpy.random.seed(42)` and the functions of
 * `numpy.random` draw.
 *
 * Arrays come back flat, in row-major order. Integers and uniform values are NumPy's bit for bit; values that pass
 * through a logarithm may differ from those of NumPy's C library in the last bit (in about 1 of 500).
 *
 * @example
 * ```ts
 * const random = new RandomState(42);
 * random.randn(2, 3); // Float64Array [0.4967141530112327, -0.13826430117118466, ...]
 * ```
 *
 * Source: NumPy 1.24 `numpy/random/mtrand.pyx`, `src/legacy/legacy-distributions.c`.
 */
export class RandomState {
  /** The raw stream. */
  readonly engine = new KeyedMt19937();
  private cachedGauss: number | undefined;

  /** @param seed as for {@link seed}; from the system's randomness if left out */
  constructor(seed?: number | readonly number[]) {
    this.seed(seed ?? Array.from(crypto.getRandomValues(new Uint32Array(8))));
  }

  /**
   * Starts the stream of a seed, like `numpy.random.seed`.
   *
   * @param seed an integer in [0, 2^32), or a list of such integers
   * @throws if it is anything else
   */
  seed(seed: number | readonly number[]): void {
    for (const word of typeof seed === 'number' ? [seed] : seed) {
      if (!Number.isInteger(word) || word < 0 || word >= 2 ** 32) {
        throw new RangeError(`RandomState.seed: a seed must be an integer in [0, 2^32), got ${word}`);
      }
    }
    if (typeof seed === 'number') this.engine.seed(seed);
    else this.engine.seedByArray(seed);
    this.cachedGauss = undefined;
  }

  /** Uniform on [0, 1), like `random_sample`. */
  random(): number;
  random(size: NumpySize): Float64Array;
  random(size?: NumpySize): number | Float64Array {
    return this.draw(size, () => this.engine.res53());
  }

  /** Uniform on [0, 1) in the given shape; without arguments one number. */
  rand(): number;
  rand(...shape: [number, ...number[]]): Float64Array;
  rand(...shape: number[]): number | Float64Array {
    return this.draw(shape.length === 0 ? undefined : shape, () => this.engine.res53());
  }

  /** Uniform on [low, high). */
  uniform(low?: number, high?: number): number;
  uniform(low: number, high: number, size: NumpySize): Float64Array;
  uniform(low = 0, high = 1, size?: NumpySize): number | Float64Array {
    const range = high - low;
    if (!Number.isFinite(range))
      throw new RangeError(`uniform: needs finite bounds, got low=${low}, high=${high}`);
    return this.draw(size, () => low + range * this.engine.res53());
  }

  /** Standard normal values in the given shape; without arguments one number. */
  randn(): number;
  randn(...shape: [number, ...number[]]): Float64Array;
  randn(...shape: number[]): number | Float64Array {
    return this.draw(shape.length === 0 ? undefined : shape, () => this.gauss());
  }

  /** Standard normal values. */
  standardNormal(): number;
  standardNormal(size: NumpySize): Float64Array;
  standardNormal(size?: NumpySize): number | Float64Array {
    return this.draw(size, () => this.gauss());
  }

  /** Normal values of the given mean (`loc`, default 0) and standard deviation (`scale`, default 1). */
  normal(loc?: number, scale?: number): number;
  normal(loc: number, scale: number, size: NumpySize): Float64Array;
  normal(loc = 0, scale = 1, size?: NumpySize): number | Float64Array {
    if (!(scale >= 0)) throw new RangeError(`normal: scale must be at least 0, got ${scale}`);
    return this.draw(size, () => loc + scale * this.gauss());
  }

  /** Exponentially distributed values of the given mean (`scale`, default 1). */
  exponential(scale?: number): number;
  exponential(scale: number, size: NumpySize): Float64Array;
  exponential(scale = 1, size?: NumpySize): number | Float64Array {
    if (!(scale >= 0)) throw new RangeError(`exponential: scale must be at least 0, got ${scale}`);
    return this.draw(size, () => scale * -log(1 - this.engine.res53()));
  }

  /** Numbers of successes in `n` trials of probability `p`. */
  binomial(n: number, p: number): number;
  binomial(n: number, p: number, size: NumpySize): Float64Array;
  binomial(n: number, p: number, size?: NumpySize): number | Float64Array {
    return this.draw(size, () => binomialDraw(this.engine, n, p));
  }

  /**
   * Integers in [low, high), or in [0, low) if `high` is left out.
   *
   * @param dtype changes what is drawn, as in NumPy: 8- and 16-bit types cut one 32-bit draw into pieces. Default
   *   `'int64'`, given back as plain numbers; bounds must be safe integers.
   * @throws if low >= high or a bound does not fit the type
   */
  randint(low: number, high?: number): number;
  randint(low: number, high: number | undefined, size: NumpySize): number[];
  randint<T extends NumpyIntegerType>(
    low: number,
    high: number | undefined,
    size: NumpySize,
    dtype: T,
  ): NumpyIntegers[T];
  randint(
    low: number,
    high?: number,
    size?: NumpySize,
    dtype: NumpyIntegerType = 'int64',
  ): number | NumpyIntegers[NumpyIntegerType] {
    const [from, to] = high === undefined ? [0, low] : [low, high];
    const values = fillIntegers(this.engine, from, to, size === undefined ? 1 : elements(size), dtype);
    return size === undefined ? values[0] : values;
  }

  /** Shuffles a list or array in place along its first axis. */
  shuffle(values: { length: number; [index: number]: unknown }): void {
    for (let i = values.length - 1; i > 0; i--) {
      const j = randomInterval(this.engine, i);
      const value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  /** A shuffled copy of a list, or for a number n a permutation of 0 .. n-1. */
  permutation(n: number): number[];
  permutation<T>(values: ArrayLike<T>): T[];
  permutation<T>(values: number | ArrayLike<T>): (number | T)[] {
    const copy =
      typeof values === 'number'
        ? Array.from({ length: values }, (_, i) => i)
        : Array.from<number | T>(values);
    this.shuffle(copy);
    return copy;
  }

  /** Values chosen from a list, or for a number n from 0 .. n-1. */
  choice(values: number, options?: NumpyChoiceOptions & { size?: undefined }): number;
  choice(values: number, options: NumpyChoiceOptions & { size: NumpySize }): number[];
  choice<T>(values: ArrayLike<T>, options?: NumpyChoiceOptions & { size?: undefined }): T;
  choice<T>(values: ArrayLike<T>, options: NumpyChoiceOptions & { size: NumpySize }): T[];
  choice<T>(values: number | ArrayLike<T>, options: NumpyChoiceOptions = {}): number | T | (number | T)[] {
    const { size, replace = true, p } = options;
    const population = typeof values === 'number' ? values : values.length;
    const count = size === undefined ? 1 : elements(size);
    if (!(population >= 1) && count > 0) throw new RangeError('choice: there is nothing to choose from');
    if (!replace && count > population) {
      throw new RangeError(`choice: cannot take ${count} of ${population} values without replacement`);
    }
    const indices =
      p === undefined
        ? this.chooseEvenly(population, count, replace)
        : this.chooseBy(p, population, count, replace);
    const chosen = typeof values === 'number' ? indices : indices.map((index) => values[index]);
    return size === undefined ? chosen[0] : chosen;
  }

  private chooseEvenly(population: number, count: number, replace: boolean): number[] {
    if (replace) return this.randint(0, population, count);
    return this.permutation(population).slice(0, count);
  }

  private chooseBy(p: ArrayLike<number>, population: number, count: number, replace: boolean): number[] {
    const weights = checkProbabilities(p, population, replace ? 1 : count);
    const found: number[] = [];
    while (found.length < count) {
      // Without replacement, values that are already found drop out of the distribution, and duplicates are redrawn.
      const draws = this.random(count - found.length);
      if (!replace) for (const index of found) weights[index] = 0;
      const cumulative = runningShare(weights);
      const drawn = Array.from(draws, (draw) => firstAbove(cumulative, draw));
      found.push(...(replace ? drawn : new Set(drawn)));
    }
    return found;
  }

  /** Marsaglia's polar method; the second value of a pair is kept for the next call. */
  private gauss(): number {
    const cached = this.cachedGauss;
    if (cached !== undefined) {
      this.cachedGauss = undefined;
      return cached;
    }
    let x1: number;
    let x2: number;
    let r2: number;
    do {
      x1 = 2 * this.engine.res53() - 1;
      x2 = 2 * this.engine.res53() - 1;
      r2 = x1 * x1 + x2 * x2;
    } while (r2 >= 1 || r2 === 0);
    const f = Math.sqrt((-2 * log(r2)) / r2);
    this.cachedGauss = f * x1;
    return f * x2;
  }

  /** The state: 625 words of the generator, then 1 and the two words of the kept normal value, or three zeros. */
  getState(): Uint32Array {
    const state = new Uint32Array(628);
    state.set(this.engine.getState());
    if (this.cachedGauss !== undefined) {
      state[625] = 1;
      state.set(new Uint32Array(Float64Array.of(this.cachedGauss).buffer), 626);
    }
    return state;
  }

  /** Goes back to a state that `getState` gave. */
  setState(state: Uint32Array): void {
    if (state.length !== 628)
      throw new RangeError(`RandomState.setState: a state has 628 words, got ${state.length}`);
    this.engine.setState(state.subarray(0, 625));
    this.cachedGauss = state[625] === 0 ? undefined : new Float64Array(state.slice(626).buffer)[0];
  }

  private draw(size: NumpySize | undefined, next: () => number): number | Float64Array {
    if (size === undefined) return next();
    const out = new Float64Array(elements(size));
    for (let i = 0; i < out.length; i++) out[i] = next();
    return out;
  }
}

function elements(size: NumpySize): number {
  let count = 1;
  for (const axis of typeof size === 'number' ? [size] : size) {
    if (!Number.isSafeInteger(axis) || axis < 0)
      throw new RangeError(`size must be integers of at least 0, got ${axis}`);
    count *= axis;
  }
  return count;
}

function checkProbabilities(p: ArrayLike<number>, population: number, needed: number): Float64Array {
  const weights = Float64Array.from(p);
  if (weights.length !== population) {
    throw new RangeError(`choice: ${population} values need as many probabilities, got ${weights.length}`);
  }
  if (weights.some((weight) => !(weight >= 0)))
    throw new RangeError('choice: probabilities must be at least 0');
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (Math.abs(sum - 1) > 2 ** -26) throw new RangeError(`choice: probabilities must sum to 1, got ${sum}`);
  if (weights.filter((weight) => weight > 0).length < needed) {
    throw new RangeError(`choice: fewer than ${needed} probabilities are above 0`);
  }
  return weights;
}

/** The running sum of the weights, divided by its last entry. */
function runningShare(weights: Float64Array): Float64Array {
  let sum = 0;
  const cumulative = weights.map((weight) => {
    sum += weight;
    return sum;
  });
  return cumulative.map((value) => value / sum);
}
