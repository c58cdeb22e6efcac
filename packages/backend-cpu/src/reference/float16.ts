/**
 * IEEE 754 binary16, bit by bit: 1 sign, 5 exponent, 10 fraction bits. Both directions are exact (the narrowing rounds
 * to nearest, halves to even, straight from the double), which the tests check on all 65,536 patterns.
 */

/** The value of a half-precision bit pattern. */
export function decodeFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The half-precision bit pattern nearest to a number; magnitudes from 65520 on become infinity. */
export function encodeFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24); // subnormal, or rounds up to the first normal
  let exponent = Math.floor(Math.log2(magnitude));
  // log2 may round across a power of two; the loops below settle it.
  while (magnitude < 2 ** exponent) exponent--;
  while (magnitude >= 2 ** (exponent + 1)) exponent++;
  const significand = roundHalfEven(magnitude * 2 ** (10 - exponent)); // 1024 ... 2048; 2048 carries into the exponent
  return sign | (((exponent + 15) << 10) + (significand - 1024));
}

function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest < 0.5) return low;
  if (rest > 0.5) return low + 1;
  return low % 2 === 0 ? low : low + 1;
}
