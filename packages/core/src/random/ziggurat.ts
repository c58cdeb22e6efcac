/**
 * The normal distribution in 256 layers of equal area. J. A. Doornik, An Improved Ziggurat Method to Generate Normal
 * Random Samples (2005), with 52-bit integers as NumPy has it (`numpy/random/src/distributions/distributions.c`).
 *
 * NumPy's tables are constants of 6 KB. Here they are computed when first needed, in fixed point, and then moved by the
 * rounding errors that NumPy's widths carry.
 */
import type { Pcg64 } from './pcg64.js';

/** Where the lowest layer begins its tail. */
const tail = 3.654152885361009;
/** Fixed point with this many bits behind the point. */
const bits = 140n;
const one = 1n << bits;
const fixed = (digits: string): bigint => (BigInt(digits) << bits) / 10n ** BigInt(digits.length - 1);

/** How many units in the last place NumPy's width of a layer is off: the first two, then as letters, X being 0. */
const firstErrors = [-9, -130];
const errors =
  '07<>>BBMNOPPPPPOPPOOONOPPQPPPQPPQQPPRRRSSRSRSSSSRRUTTTTTTTUTUUUUTUTUUTUVVUUUTUUUUUUUVVVVVWWWWWVVWVVV' +
  'VVWVVVVVUUUVVVWWVVVVWWWWWVVVWWVVVVVVVVUTTTUUUUVVVWWWWWXXXXXWWXWXWWWXXXYZ[[[ZZYXXXXXXXXWXXXXXXWWWWWVW' +
  'VVVVVVWWWWWXWWWXXXWWXXXXXXWXXWXWWWWWWWWXYXYYYYYYXXXYYX';

interface Layers {
  /** The width of each layer, divided by 2^52. */
  readonly widths: Float64Array;
  /** Integers below this lie under the curve for certain. */
  readonly inside: Float64Array;
  /** The curve at the edge of each layer. */
  readonly heights: Float64Array;
}

let layers: Layers | undefined;

/** e^-x for x of 0 to 8 */
function decay(x: bigint): bigint {
  // e^(-x / 64) by its series, then squared six times.
  let sum = 0n;
  for (let n = 40n; n >= 0n; n--) sum = one - (((x >> 6n) * sum) >> bits) / (n + 1n);
  for (let i = 0; i < 6; i++) sum = (sum * sum) >> bits;
  return sum;
}

/** x with e^(-x^2 / 2) = height, near a first guess */
function edgeAt(height: bigint): bigint {
  let x = toFixed(Math.sqrt(-2 * Math.log(toNumber(height))));
  for (let i = 0; i < 3; i++) {
    const there = decay((x * x) >> (bits + 1n));
    x += ((((there - height) << bits) / there) << bits) / x;
  }
  return x;
}

const toNumber = (x: bigint): number => Number(x >> (bits - 90n)) * 2 ** -90;
const toFixed = (x: number): bigint => BigInt(Math.round(x * 2 ** 52)) << (bits - 52n);

function build(): Layers {
  const [widths, inside, heights] = [0, 1, 2].map(() => new Float64Array(256));
  let x = fixed('36541528853610087963519472518');
  let height = decay((x * x) >> (bits + 1n));
  // The area under the curve up to x is height (x + x^3 / 3 + x^5 / 15 + ...), half of all sqrt(pi / 2).
  let [term, sum] = [x, 0n];
  for (let n = 3n; term > 0n; n += 2n) {
    sum += term;
    term = ((((term * x) >> bits) * x) >> bits) / n;
  }
  const area =
    ((x * height) >> bits) + fixed('12533141373155002512078826424055226265') - ((height * sum) >> bits);
  const base = (area << bits) / height;
  const set = (i: number, width: bigint, under: bigint, top: bigint): void => {
    widths[i] = toNumber(width) * 2 ** -52;
    inside[i] = Number((under << 52n) / width);
    heights[i] = toNumber(top);
  };
  set(0, base, x, one);
  for (let i = 255; i > 0; i--) {
    const above = height + (area << bits) / x;
    const next = i === 1 ? 0n : edgeAt(above);
    set(i, x, next, height);
    [x, height] = [next, above];
  }
  const last = new BigInt64Array(widths.buffer);
  for (let i = 0; i < 256; i++) last[i] += BigInt(firstErrors[i] ?? errors.charCodeAt(i - 2) - 88);
  return { widths, inside, heights };
}

/** One standard normal value. */
export function zigguratNormal(engine: Pcg64): number {
  layers ??= build();
  const { widths, inside, heights } = layers;
  for (;;) {
    const drawn = engine.next64();
    const layer = Number(drawn & 0xffn);
    const size = Number((drawn >> 9n) & 0xfffffffffffffn);
    const x = (drawn & 0x100n ? -size : size) * widths[layer];
    if (size < inside[layer]) return x;
    if (layer > 0) {
      const y = (heights[layer - 1] - heights[layer]) * engine.uniform53() + heights[layer];
      if (y < Math.exp(-0.5 * x * x)) return x;
      continue;
    }
    for (;;) {
      const beyond = -Math.log1p(-engine.uniform53()) / tail;
      const y = -Math.log1p(-engine.uniform53());
      if (y + y > beyond * beyond) return drawn & 0x20000n ? -(tail + beyond) : tail + beyond;
    }
  }
}
