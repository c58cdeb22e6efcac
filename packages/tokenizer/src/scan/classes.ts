import { clearRanges, forRuns, WHITE_SPACE } from './charset.js';
import { NEWER_CHARACTERS, rangesOf } from './newer.js';

/**
 * What the split patterns ask about a character, as bits: one table look-up instead of a regular expression.
 *
 * The tables come from the engine's own Unicode data, a plane of 65,536 characters at a time and only when
 * text first needs it (shipping them would take more room than all of this package). So that ids do not
 * depend on the engine's age, characters newer than Unicode 16.0, which the reference implementation
 * knows, count as unassigned.
 */
export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 4;
/** Carriage return and line feed. */
export const NEWLINE = 8;
/** Upper and title case. */
export const UPPER = 16;
export const LOWER = 32;
export const MARK = 64;
/** Punctuation or symbol. */
export const SYMBOL = 128;

const PROPERTIES: readonly [RegExp, number][] = [
  [/\p{L}+/gu, LETTER],
  [/\p{N}+/gu, NUMBER],
  [new RegExp(`[${WHITE_SPACE}]+`, 'gu'), SPACE],
  [/[\r\n]+/g, NEWLINE],
  [/[\p{Lu}\p{Lt}]+/gu, UPPER],
  [/\p{Ll}+/gu, LOWER],
  [/\p{M}+/gu, MARK],
  [/[\p{P}\p{S}]+/gu, SYMBOL],
];

const planes: Uint8Array[] = [];

/** The classes of the characters of plane `plane`, by the low 16 bits of their code. Surrogates have none. */
export function planeClasses(plane: number): Uint8Array {
  return (planes[plane] ??= build(plane));
}

/** Whether a code point is among those that count as unassigned. */
export function isNewer(code: number): boolean {
  newer ??= rangesOf(NEWER_CHARACTERS);
  for (let i = 0; i < newer.length; i += 2)
    if (code <= (newer[i + 1] as number)) return code >= (newer[i] as number);
  return false;
}

let newer: number[] | undefined;

/** The classes of any code point. */
export function classOf(code: number): number {
  return planeClasses(code >> 16)[code & 0xffff] as number;
}

function build(plane: number): Uint8Array {
  const table = new Uint8Array(0x10000);
  for (const [pattern, bit] of PROPERTIES) {
    forRuns(plane, pattern, (from, to) => {
      for (let i = from; i < to; i++) table[i] = (table[i] as number) | bit;
    });
  }
  clearRanges(table, plane, rangesOf(NEWER_CHARACTERS));
  if (plane === 0) {
    table.fill(0, 0xd800, 0xe000);
    table[0x295] = LETTER | LOWER; // Became an uncased letter in 17.0.
  }
  return table;
}
