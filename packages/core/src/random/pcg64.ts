/**
 * NumPy's PCG64 (PCG XSL RR 128/64, https://www.pcg-random.org/paper.html) and the SeedSequence that starts it.
 *
 * Source: NumPy 1.24 `numpy/random/src/pcg64/pcg64.h` and `bit_generator.pyx`.
 */

const multiplier = 0x2360ed051fc65da44385df649fccf645n;
const mask128 = (1n << 128n) - 1n;
const mask64 = (1n << 64n) - 1n;

/** A saved state: the 128-bit numbers, and the half of a 64-bit draw that waits for the next 32-bit one. */
export interface Pcg64State {
  readonly state: bigint;
  readonly inc: bigint;
  readonly kept: number | null;
}

export class Pcg64 {
  private state = 0n;
  private inc = 0n;
  private kept: number | null = null;

  /** @param entropy a whole number from 0 on, of any size */
  constructor(entropy: bigint) {
    const words = seedWords(entropy);
    const wide = (i: number): bigint => BigInt(words[i]) | (BigInt(words[i + 1]) << 32n);
    const [start, sequence] = [0, 4].map((i) => (wide(i) << 64n) | wide(i + 2));
    this.inc = ((sequence << 1n) | 1n) & mask128;
    this.step();
    this.state = (this.state + start) & mask128;
    this.step();
  }

  /** 64 random bits. */
  next64(): bigint {
    this.step();
    const mixed = (this.state >> 64n) ^ (this.state & mask64);
    const turn = this.state >> 122n;
    return ((mixed >> turn) | (mixed << (64n - turn))) & mask64;
  }

  /** 32 random bits: the low half of a 64-bit draw, the next time its high half. */
  next32(): number {
    if (this.kept !== null) {
      const high = this.kept;
      this.kept = null;
      return high;
    }
    const drawn = this.next64();
    this.kept = Number(drawn >> 32n);
    return Number(drawn & 0xffffffffn);
  }

  /** Uniform on [0, 1), a multiple of 2^-53. */
  uniform53(): number {
    return Number(this.next64() >> 11n) * 2 ** -53;
  }

  getState(): Pcg64State {
    return { state: this.state, inc: this.inc, kept: this.kept };
  }

  setState({ state, inc, kept }: Pcg64State): void {
    this.state = state & mask128;
    this.inc = inc & mask128;
    this.kept = kept;
  }

  private step(): void {
    this.state = (this.state * multiplier + this.inc) & mask128;
  }
}

/** The eight words that a SeedSequence of one number gives. */
function seedWords(entropy: bigint): Uint32Array {
  const words: number[] = [];
  for (let rest = entropy; rest > 0n || words.length === 0; rest >>= 32n)
    words.push(Number(rest & 0xffffffffn));
  const hasher = (constant: number, factor: number) => (value: number) => {
    const mixed = value ^ constant;
    constant = Math.imul(constant, factor);
    const product = Math.imul(mixed, constant);
    return product ^ (product >>> 16);
  };
  const mix = (x: number, y: number): number => {
    const sum = Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715);
    return sum ^ (sum >>> 16);
  };
  const hash = hasher(0x43b0d7e5, 0x931e8875);
  const pool = Int32Array.from({ length: 4 }, (_, i) => hash(words[i] ?? 0));
  for (let from = 0; from < 4; from++)
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  for (const word of words.slice(4)) for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], hash(word));
  const out = hasher(0x8b51f9dd, 0x58f38ded);
  return Uint32Array.from({ length: 8 }, (_, i) => out(pool[i % 4]));
}
