/**
 * The Mersenne Twister MT19937, the raw stream under PyTorch's, NumPy's and Python's generators.
 *
 * M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random number
 * generator", ACM TOMACS 8(1), 1998, seeded as in its 2002 revision. What NumPy and Python have beside that is in
 * mt19937-keyed.ts, so that a program that trains does not carry it.
 */

const N = 624;
const M = 397;
const UPPER = 0x80000000 | 0;
const LOWER = 0x7fffffff;
const MATRIX = 0x9908b0df | 0;
const TWO_POW_32 = 4294967296;

/** MT19937: 32-bit draws, and what PyTorch makes of pairs of them. */
export class Mt19937 {
  protected readonly words = new Int32Array(N);
  /** How many words of the current block are used up; N means that the next draw makes a new block. */
  private used = N;

  /** Starts in the state that `seed(5489)` makes, as the authors' code does. */
  constructor(seed = 5489) {
    this.seed(seed);
  }

  /** Seeds from an integer; only its low 32 bits count. */
  seed(seed: number): void {
    const words = this.words;
    let word = seed | 0;
    words[0] = word;
    for (let i = 1; i < N; i++) {
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i) | 0;
      words[i] = word;
    }
    this.used = N;
  }

  /** The next draw, an integer in [0, 2^32). */
  next(): number {
    return this.nextInt() >>> 0;
  }

  /** The same draw as a signed 32-bit integer: what loops use that mask or shift it, since it never needs a double. */
  nextInt(): number {
    if (this.used >= N) this.twist();
    let y = this.words[this.used++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  /** The next 64-bit draw: the first 32-bit draw is its high half, the second its low half. */
  next64(): bigint {
    const high = this.next();
    return (BigInt(high) << 32n) | BigInt(this.next());
  }

  /** The low 53 bits of the next 64-bit draw times 2^-53, in [0, 1): PyTorch's float64 uniform. */
  uniform53(): number {
    const high = this.nextInt() & 0x1fffff;
    return (high * TWO_POW_32 + this.next()) * 2 ** -53;
  }

  /** The state as 625 words: the 624 of the generator, then how many of them are used up. */
  getState(): Uint32Array {
    const state = new Uint32Array(N + 1);
    state.set(new Uint32Array(this.words.buffer));
    state[N] = this.used;
    return state;
  }

  /**
   * Goes back to a state that `getState` gave.
   *
   * @throws if it is not 625 words, if the count is above 624, or if all words are 0 (which would only yield zeros)
   */
  setState(state: Uint32Array): void {
    if (state.length !== N + 1) {
      throw new RangeError(`Mt19937.setState: a state has ${N + 1} words, got ${state.length}`);
    }
    const used = state[N];
    if (used > N)
      throw new RangeError(`Mt19937.setState: the count of used words is at most ${N}, got ${used}`);
    const words = state.subarray(0, N);
    if (words.every((word) => word === 0))
      throw new RangeError('Mt19937.setState: all words of the state are 0');
    this.words.set(words);
    this.used = used;
  }

  private twist(): void {
    const words = this.words;
    let i = 0;
    let word = words[0];
    for (; i < N - M; i++) {
      const following = words[i + 1];
      const y = (word & UPPER) | (following & LOWER);
      words[i] = words[i + M] ^ (y >>> 1) ^ (-(y & 1) & MATRIX);
      word = following;
    }
    for (; i < N - 1; i++) {
      const following = words[i + 1];
      const y = (word & UPPER) | (following & LOWER);
      words[i] = words[i + M - N] ^ (y >>> 1) ^ (-(y & 1) & MATRIX);
      word = following;
    }
    const y = (word & UPPER) | (words[0] & LOWER);
    words[N - 1] = words[M - 1] ^ (y >>> 1) ^ (-(y & 1) & MATRIX);
    this.used = 0;
  }
}
