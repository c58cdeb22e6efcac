/** How quantised weights are packed (see `QuantisedMatmulStep`). */

/** Bits of a weight. */
export type QuantisedBits = 4 | 8;

/** A group of weights that share a scale has a multiple of this many, or is a whole row. */
export const quantisedGroupUnit = 32;

/** 32-bit words of a row of weights. */
export const quantisedWords = (bits: QuantisedBits, depth: number): number => Math.ceil((depth * bits) / 32);

/** Scales of a row of weights. */
export const quantisedGroups = (depth: number, groupSize: number): number => Math.ceil(depth / groupSize);
