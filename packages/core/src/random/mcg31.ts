/**
 * MCG31m1, the generator of the `'mkl'` flavour: x' = 1132489760 x mod (2^31 - 1).
 *
 * P. L'Ecuyer, "Tables of linear congruential generators of different sizes and good lattice structure", 1999; Intel
 * MKL's `VSL_BRNG_MCG31`, as PyTorch's x86 wheels use it.
 */

const MODULUS = 2147483647;
// The multiplier in two parts, so that each product stays below 2^53.
const MULTIPLIER_HIGH = Math.floor(1132489760 / 65536);
const MULTIPLIER_LOW = 1132489760 % 65536;

/** A stream of MCG31m1. Its first output is the seed itself. */
export class Mcg31 {
  private state: number;

  /** @param seed an integer in [0, 2^32); 0 modulo 2^31 - 1 counts as 1 */
  constructor(seed: number) {
    this.state = seed % MODULUS || 1;
  }

  /** The next integer, in [1, 2^31 - 1). */
  next(): number {
    const x = this.state;
    this.state = (((MULTIPLIER_HIGH * x) % MODULUS) * 65536 + MULTIPLIER_LOW * x) % MODULUS;
    return x;
  }

  /** The next uniform value, in (0, 1). */
  uniform(): number {
    return this.next() / MODULUS;
  }
}
