/** Error-free transformations: what a rounded sum or product lacks, which is again a double. */

/** The error of `sum = a + b`, exactly (Knuth, TAOCP 2, 4.2.2). */
export function sumError(a: number, b: number, sum: number): number {
  const bb = sum - a;
  return a - (sum - bb) + (b - bb);
}

/** The error of `product = a * b`, exactly while nothing over- or underflows (Dekker, with Veltkamp's splitting). */
export function productError(a: number, b: number, product: number): number {
  const ta = 134217729 * a; // 2^27 + 1
  const aHigh = ta - (ta - a);
  const aLow = a - aHigh;
  const tb = 134217729 * b;
  const bHigh = tb - (tb - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}
