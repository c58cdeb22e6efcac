/**
 * Dropout that counts: the factor of an element follows from a seed and the element's place, the number that it has in
 * row-major order. So nobody draws, keeps or uploads factors, and a backward pass computes them again.
 *
 * In unsigned integers of 32 bits that wrap,
 *
 *     x = place + seed
 *     x = (x ^ (x >> 16)) * 0x7feb352d
 *     x = (x ^ (x >> 15) ^ (seed * 0x9e3779b9)) * 0x846ca68b
 *     x = (x ^ (x >> 16)) >> 8
 *
 * and the factor is 0 where x < `dropoutLimit(p)`, else `dropoutScale(p)`. The mixing is that of Chris Wellons' "lowbias32"
 * (https://nullprogram.com/blog/2018/07/31/), which passes the tests of avalanche that it was searched with; the seed
 * comes in twice, so that two seeds are no two windows of one sequence.
 *
 * `ops/dropout.ts` writes it as a pointwise program. Kernels that never have the elements in memory (attention) have it
 * in their own words, and must give the same.
 */

/** Below it a hash drops. A hash has 24 bits, as many as a float32, so that `p` is compared exactly. */
export const dropoutLimit = (p: number): number => Math.round(p * 2 ** 24);

/** What is kept is multiplied by this. */
export const dropoutScale = (p: number): number => (p < 1 ? 1 / (1 - p) : 0);
