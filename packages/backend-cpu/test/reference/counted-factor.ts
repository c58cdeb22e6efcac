/** The factors of dropout that counts, from their definition in core/src/backend/dropout.ts, in whole numbers of any size. */
export function countedFactor(place: number, seed: number, p: number): number {
  const word = (x: bigint): bigint => BigInt.asUintN(32, x);
  const key = word(BigInt(seed));
  let x = word(BigInt(place) + key);
  x = word((x ^ (x >> 16n)) * 0x7feb352dn);
  x = word((x ^ (x >> 15n) ^ word(key * 0x9e3779b9n)) * 0x846ca68bn);
  x = (x ^ (x >> 16n)) >> 8n;
  return Number(x) < Math.round(p * 2 ** 24) ? 0 : 1 / (1 - p);
}
