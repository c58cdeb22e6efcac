import { Mt19937 } from './mt19937.js';

/**
 * Whose random numbers a generator draws where PyTorch's builds differ.
 *
 * - `'aten'`: PyTorch's own code, the same on every machine.
 * - `'mkl'`: what the official x86 wheels do in scalar `bernoulli`, in `exponential`, and hence in `multinomial`
 *   without replacement and in `dropout`: one raw draw seeds Intel MKL's MCG31m1 generator, which makes the values.
 */
export type RandomFlavour = 'aten' | 'mkl';

/** Options of {@link Generator}. */
export interface GeneratorOptions {
  /** The seed; PyTorch's default 67280421310721 if left out. */
  seed?: number | bigint;
  /** Default `'aten'`. */
  flavour?: RandomFlavour;
}

/** `c10::detail::default_rng_seed_val`: the seed of a `torch.Generator()` that nobody seeded. */
const DEFAULT_SEED = 67280421310721n;
const SEED_MIN = -(2n ** 63n);
const SEED_MAX = 2n ** 64n - 1n;

const WORDS = 624;
/** Byte offsets in the state of PyTorch's CPU generator (`CPUGeneratorImplState`, `CPUGeneratorImpl.cpp`). */
const STATE = {
  seed: 0,
  left: 8,
  seeded: 12,
  next: 16,
  words: 24,
  normal: 24 + 8 * WORDS + 8,
  normalIsValid: 24 + 8 * WORDS + 24,
  bytes: 24 + 8 * WORDS + 40,
} as const;

/** Told before any generator is used: `compile` cannot repeat what a function draws by itself. */
export const drawWatch: { onDraw: (() => void) | null } = { onDraw: null };

/**
 * PyTorch's CPU generator: the same seed draws the same numbers as `torch.Generator().manual_seed(seed)`.
 *
 * @example
 * ```ts
 * const generator = new Generator().manualSeed(42);
 * const out = new Float32Array(5);
 * uniform(generator, out); // 0.8822692632675171, 0.9150039553642273, ...
 * ```
 *
 * Source: PyTorch `aten/src/ATen/CPUGeneratorImpl.cpp` and `ATen/core/MT19937RNGEngine.h`.
 */
export class Generator {
  /** The raw stream. Drawing from it directly moves the position of every function that uses this generator. */
  get engine(): Mt19937 {
    drawWatch.onDraw?.();
    return this.twister;
  }
  private readonly twister = new Mt19937();
  /**
   * The second value of the last Box-Muller pair that a small normal fill made and did not hand out. It outlives
   * every other call and is cleared by seeding.
   */
  cachedNormal: number | undefined;
  private seed64 = DEFAULT_SEED;
  private flavourName: RandomFlavour;

  constructor(options: GeneratorOptions = {}) {
    this.flavourName = checkFlavour(options.flavour ?? 'aten');
    this.manualSeed(options.seed ?? DEFAULT_SEED);
  }

  /** Whose numbers this generator draws where PyTorch's builds differ. May be set at any time. */
  get flavour(): RandomFlavour {
    return this.flavourName;
  }

  set flavour(flavour: RandomFlavour) {
    this.flavourName = checkFlavour(flavour);
  }

  /**
   * Starts the stream of `seed` and forgets the cached normal.
   *
   * @param seed an integer in [-2^63, 2^64); negative ones count from 2^64 down, and the stream depends on the low
   *   32 bits only, as in PyTorch
   * @returns this generator
   * @throws if the seed is no integer or out of range
   */
  manualSeed(seed: number | bigint): this {
    this.seed64 = BigInt.asUintN(64, checkSeed(seed));
    this.engine.seed(Number(this.seed64 & 0xffffffffn));
    this.cachedNormal = undefined;
    return this;
  }

  /** The seed that the stream started from, in [0, 2^64): a number where a number holds it exactly, else a bigint. */
  initialSeed(): number | bigint {
    return this.seed64 <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(this.seed64) : this.seed64;
  }

  /** Seeds with 53 bits from the system's source of randomness and returns that seed. */
  seed(): number {
    const words = crypto.getRandomValues(new Uint32Array(2));
    const seed = (words[0] & 0x1fffff) * 2 ** 32 + words[1];
    this.manualSeed(seed);
    return seed;
  }

  /**
   * The whole state, in the 5056 bytes of `torch.Generator.get_state()`: a state saved here goes on in PyTorch, and
   * one saved there goes on here. The flavour is not part of it.
   */
  getState(): Uint8Array {
    const bytes = new Uint8Array(STATE.bytes);
    const view = new DataView(bytes.buffer);
    const words = this.engine.getState();
    const used = words[WORDS];
    view.setBigUint64(STATE.seed, this.seed64, true);
    // PyTorch counts the words left, plus one; a block that is used up has 1 left.
    view.setInt32(STATE.left, WORDS + 1 - used, true);
    view.setInt32(STATE.seeded, 1, true);
    view.setUint32(STATE.next, used, true);
    for (let i = 0; i < WORDS; i++) view.setUint32(STATE.words + 8 * i, words[i], true);
    view.setFloat64(STATE.normal, this.cachedNormal ?? 0, true);
    view.setInt32(STATE.normalIsValid, this.cachedNormal === undefined ? 0 : 1, true);
    return bytes;
  }

  /**
   * Goes back to a state that `getState` or PyTorch's `get_state` gave.
   *
   * @returns this generator
   * @throws if the bytes are no such state; the generator is then as before
   */
  setState(state: Uint8Array): this {
    if (state.length !== STATE.bytes) {
      throw new RangeError(`Generator.setState: a state has ${STATE.bytes} bytes, got ${state.length}`);
    }
    const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
    const left = view.getInt32(STATE.left, true);
    if (left < 1 || left > WORDS) {
      throw new RangeError(`Generator.setState: field 'left' must be in 1..${WORDS}, got ${left}`);
    }
    const next = view.getUint32(STATE.next, true);
    if (left > 1 && next !== WORDS + 1 - left) {
      throw new RangeError(
        `Generator.setState: 'left' is ${left}, so 'next' must be ${WORDS + 1 - left}, got ${next}`,
      );
    }
    const words = new Uint32Array(WORDS + 1);
    for (let i = 0; i < WORDS; i++) words[i] = view.getUint32(STATE.words + 8 * i, true);
    words[WORDS] = WORDS + 1 - left;
    this.engine.setState(words);
    this.seed64 = view.getBigUint64(STATE.seed, true);
    const isValid = view.getInt32(STATE.normalIsValid, true) !== 0;
    this.cachedNormal = isValid ? view.getFloat64(STATE.normal, true) : undefined;
    return this;
  }

  /** A generator of its own in the same state and flavour. */
  clone(): Generator {
    return new Generator({ flavour: this.flavour }).setState(this.getState());
  }
}

function checkFlavour(flavour: RandomFlavour): RandomFlavour {
  if (flavour !== 'aten' && flavour !== 'mkl') {
    throw new RangeError(`Generator: flavour must be 'aten' or 'mkl', got ${JSON.stringify(flavour)}`);
  }
  return flavour;
}

function checkSeed(seed: number | bigint): bigint {
  const fail = () => {
    throw new RangeError(
      `manualSeed: the seed must be an integer in [-2^63, 2^64), and beyond 2^53 a bigint; got ${String(seed)}`,
    );
  };
  if (typeof seed !== 'bigint' && !Number.isSafeInteger(seed)) fail();
  const value = BigInt(seed);
  if (value < SEED_MIN || value > SEED_MAX) fail();
  return value;
}

/**
 * The generator that is used where none is named. As in PyTorch, its first seed comes from the system, so a program
 * that wants the same numbers again calls `manualSeed`.
 */
export const defaultGenerator: Generator = /* @__PURE__ */ randomlySeeded();

function randomlySeeded(): Generator {
  const generator = new Generator();
  generator.seed();
  return generator;
}

/**
 * Seeds the default generator, like `torch.manual_seed`.
 *
 * @returns the default generator
 * @example
 * ```ts
 * manualSeed(1337);
 * ```
 */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}

/** Seeds the default generator from the system's randomness and returns the seed, like `torch.seed`. */
export function seed(): number {
  return defaultGenerator.seed();
}

/** The seed of the default generator, like `torch.initial_seed`. */
export function initialSeed(): number | bigint {
  return defaultGenerator.initialSeed();
}

/** The state of the default generator, like `torch.get_rng_state` (see {@link Generator.getState}). */
export function getRngState(): Uint8Array {
  return defaultGenerator.getState();
}

/** Sets the state of the default generator, like `torch.set_rng_state`. */
export function setRngState(state: Uint8Array): void {
  defaultGenerator.setState(state);
}
