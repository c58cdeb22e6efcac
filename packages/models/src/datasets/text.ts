/** What training asks of a text: strict decoding, the two parts, and the figures that say how hard it is. */

/** Bytes that are not UTF-8. `offset` is where the first bad sequence starts, `byte` is the value there. */
export class Utf8Error extends Error {
  override readonly name = 'Utf8Error';

  constructor(
    message: string,
    readonly offset: number,
    readonly byte: number,
  ) {
    super(message);
  }
}

/**
 * UTF-8 bytes as a string, every byte checked. Nothing is replaced by U+FFFD; a byte order mark at the start is
 * left out.
 *
 * @throws Utf8Error with the offset of the first byte of the first ill-formed sequence.
 * @example
 * decodeUtf8Strict(new Uint8Array([0xe6, 0x98, 0xa5])) // '春'
 */
export function decodeUtf8Strict(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const offset = firstInvalidUtf8(bytes);
    if (offset === undefined) throw cause; // the bytes are well formed: something else went wrong, out of memory say
    const byte = bytes[offset];
    const hex = `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    throw new Utf8Error(`not UTF-8: bad byte ${hex} at offset ${offset}${guess(bytes)}`, offset, byte);
  }
}

/** The encodings that announce themselves, since "not UTF-8" alone does not say what to do. */
function guess(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return ' (it looks like UTF-16; save it as UTF-8)';
  }
  return '';
}

/**
 * The well-formed sequences of UTF-8, by first byte: the length, and the range of the second byte (later ones
 * are always 80..BF). The narrow ranges keep out overlong forms, surrogates and what is past U+10FFFF.
 * Source: The Unicode Standard, table 3-7.
 */
const sequences: readonly { from: number; to: number; length: number; low: number; high: number }[] = [
  { from: 0x00, to: 0x7f, length: 1, low: 0, high: 0 },
  { from: 0xc2, to: 0xdf, length: 2, low: 0x80, high: 0xbf },
  { from: 0xe0, to: 0xe0, length: 3, low: 0xa0, high: 0xbf },
  { from: 0xe1, to: 0xec, length: 3, low: 0x80, high: 0xbf },
  { from: 0xed, to: 0xed, length: 3, low: 0x80, high: 0x9f },
  { from: 0xee, to: 0xef, length: 3, low: 0x80, high: 0xbf },
  { from: 0xf0, to: 0xf0, length: 4, low: 0x90, high: 0xbf },
  { from: 0xf1, to: 0xf3, length: 4, low: 0x80, high: 0xbf },
  { from: 0xf4, to: 0xf4, length: 4, low: 0x80, high: 0x8f },
];

/** The offset at which the first ill-formed sequence starts, or undefined if there is none. */
function firstInvalidUtf8(bytes: Uint8Array): number | undefined {
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at];
    const sequence = sequences.find(({ from, to }) => first >= from && first <= to);
    if (sequence === undefined || at + sequence.length > bytes.length) return at;
    for (let i = 1; i < sequence.length; i++) {
      const low = i === 1 ? sequence.low : 0x80;
      const high = i === 1 ? sequence.high : 0xbf;
      if (bytes[at + i] < low || bytes[at + i] > high) return at;
    }
    at += sequence.length;
  }
  return undefined;
}

/** The two parts of a text: `train` to learn from, `validation` to be honest with. */
export interface TextSplit {
  readonly train: string;
  readonly validation: string;
}

/**
 * Cuts a text in two by position: the first part trains, the last validates. The cut falls between two code
 * points, never inside a surrogate pair, at `floor(length * (1 - validation))` counted in code points, as
 * `data[:int(0.9 * len(data))]` does in Python.
 *
 * @param options.validation the share that is held out, in [0, 1); 0.1 by default
 * @throws RangeError if the share is outside [0, 1).
 * @example
 * splitText('abcdefghij') // { train: 'abcdefghi', validation: 'j' }
 */
export function splitText(text: string, options: { readonly validation?: number } = {}): TextSplit {
  const { validation = 0.1 } = options;
  if (!(validation >= 0 && validation < 1)) {
    throw new RangeError(`splitText: validation must be at least 0 and less than 1, got ${validation}`);
  }
  let left = Math.floor(countCodePoints(text) * (1 - validation));
  let cut = 0;
  for (; left > 0; left--) cut += text.codePointAt(cut)! > 0xffff ? 2 : 1;
  return { train: text.slice(0, cut), validation: text.slice(cut) };
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** How often each character (code point) occurs, the most frequent first; ties in order of appearance. */
export function characterCounts(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return new Map([...counts].sort((a, b) => b[1] - a[1]));
}

/**
 * The entropy of the characters of a text taken one by one, in nats: `-sum p ln p` over code points. A model
 * that knows only how frequent each character is reaches this loss and no better, so a loss well below it
 * shows that something was learned from the context.
 * Source: Shannon, "A Mathematical Theory of Communication" (1948), section 6.
 *
 * @returns 0 for an empty text
 * @example
 * unigramEntropy('abab') // 0.6931..., ln 2
 */
export function unigramEntropy(text: string): number {
  const counts = [...characterCounts(text).values()];
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count) => sum - (count / total) * Math.log(count / total), 0);
}

/** What `textStatistics` counts. */
export interface TextStatistics {
  /** Code points in the text. */
  readonly characters: number;
  /** Different code points. */
  readonly distinct: number;
  /** See `unigramEntropy`, in nats. */
  readonly entropy: number;
  /** The share of the text, in [0, 1], that its `count` most frequent characters cover. */
  coverage(count: number): number;
}

/**
 * The figures that help to choose a vocabulary.
 *
 * @example
 * const { distinct, coverage } = textStatistics(text);
 * coverage(4000) // the share that a vocabulary of 4,000 characters would cover
 */
export function textStatistics(text: string): TextStatistics {
  const counts = [...characterCounts(text).values()];
  const characters = counts.reduce((sum, count) => sum + count, 0);
  return {
    characters,
    distinct: counts.length,
    entropy: unigramEntropy(text),
    coverage: (count) =>
      characters === 0 ? 0 : counts.slice(0, count).reduce((a, b) => a + b, 0) / characters,
  };
}
