import { rangesOf } from './newer.js';

/** A set of characters given as the inside of a regular expression's class; asked by code point, fast. */
export class CharSet {
  readonly #pattern: RegExp;
  readonly #without: readonly number[];
  readonly #planes: (Uint8Array | undefined)[] = [];

  /**
   * @param inside such as `\p{P}!-/`, in JavaScript's syntax with the `u` flag.
   * @param without lists of `newer.ts` to leave out.
   */
  constructor(inside: string, ...without: readonly string[]) {
    this.#pattern = new RegExp(`[${inside}]+`, 'gu');
    this.#without = without.flatMap(rangesOf);
  }

  has(code: number): boolean {
    const plane = (this.#planes[code >> 16] ??= this.#build(code >> 16));
    return plane[code & 0xffff] === 1;
  }

  #build(plane: number): Uint8Array {
    const table = new Uint8Array(0x10000);
    forRuns(plane, this.#pattern, (from, to) => table.fill(1, from, to));
    clearRanges(table, plane, this.#without);
    return table;
  }
}

/** Clears the ranges of a list of `newer.ts` from a plane's table. No range goes from one plane to the next. */
export function clearRanges(table: Uint8Array, plane: number, ranges: readonly number[]): void {
  for (let i = 0; i < ranges.length; i += 2) {
    const first = ranges[i] as number;
    if (first >> 16 === plane) table.fill(0, first & 0xffff, ((ranges[i + 1] as number) & 0xffff) + 1);
  }
}

/** Calls `found` for each run of characters of a plane that `pattern` matches, with their low 16 bits. */
export function forRuns(plane: number, pattern: RegExp, found: (from: number, to: number) => void): void {
  const width = plane === 0 ? 1 : 2;
  // 4,096 at a time: String.fromCodePoint takes them as arguments.
  for (let start = 0; start < 0x10000; start += 0x1000) {
    const codes = Array.from({ length: 0x1000 }, (_, i) => (plane << 16) | (start + i));
    for (const match of String.fromCodePoint(...codes).matchAll(pattern)) {
      const from = start + match.index / width;
      found(from, from + match[0].length / width);
    }
  }
}

/** Unicode's White_Space; JavaScript's `\s` lacks U+0085 and has U+FEFF. */
export const WHITE_SPACE = '\\t-\\r\\x85\\p{Z}';
/** `\w` as Rust's regex crate and UTS #18 define it. */
export const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';
