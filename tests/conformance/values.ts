/** Deterministic test values. */

/** A small generator (mulberry32, public domain, Tommy Ettinger 2017): the same values on every machine. */
export class Random {
  constructor(private state: number) {}

  /** in [0, 1) */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** a whole number in [low, high] */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)];
  }
}

/** A seed from a name, so that adding a case changes no other (FNV-1a). */
export function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash | 0;
}

/** `count` float32 numbers, evenly spread over [low, high). */
export function uniform(random: Random, count: number, low = -1, high = 1): number[] {
  return Array.from({ length: count }, () => Math.fround(low + random.next() * (high - low)));
}

/** `count` whole numbers in [low, high]. */
export function integers(random: Random, count: number, low: number, high: number): number[] {
  return Array.from({ length: count }, () => random.int(low, high));
}

/** `count` float32 numbers of all magnitudes between 2^low and 2^high, both signs. */
export function magnitudes(random: Random, count: number, low: number, high: number): number[] {
  return Array.from({ length: count }, () => {
    const size = 2 ** (low + random.next() * (high - low));
    return Math.fround(random.next() < 0.5 ? -size : size);
  });
}

export const specialFloats: readonly number[] = [
  0,
  -0,
  0.5,
  -0.5,
  1,
  -1,
  1.5,
  -1.5,
  2,
  -2,
  2.5,
  -2.5,
  3,
  -3.75,
  16777216,
  -16777217,
  2147483648,
  -2147483648,
  4e9,
  1e30,
  -1e30,
  2 ** -126,
  -(2 ** -100),
  3.4028234663852886e38,
  -3.4028234663852886e38,
].map(Math.fround);

export const nonFiniteFloats: readonly number[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

export const subnormalFloats: readonly number[] = [2 ** -127, -(2 ** -149), 2 ** -130].map(Math.fround);

export const specialInts: readonly number[] = [
  0, 1, -1, 2, -2, 3, -3, 7, -7, 10, 31, 46341, -46341, 65536, 2147483647, -2147483648, -2147483647,
];

/** All pairs of two lists, as two lists. */
export function pairs(a: readonly number[], b: readonly number[] = a): [number[], number[]] {
  return [a.flatMap((x) => b.map(() => x)), a.flatMap(() => [...b])];
}
