import { forRuns, WHITE_SPACE } from './charset.js';
import { rangesOf } from './newer.js';

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

/**
 * The ranges that Unicode 17.0 gave one of these classes, per plane: for each range its distance from the
 * end of the one before and its length less one, in base 36.
 */
const NEWER: Readonly<Record<number, string>> = {
  0: '1ov,0,r1,0,3k,0,2r7,e,3,b,15i,0,251,0,ojc,1,3,0,2,0,t,0,gk2,f,ce,1,1j,6',
  1: '1ts,p,12k,2,9,8,y,1,2g5,7,g9,17,5,9,fxz,o,3,o,7z,4,4qq,7,zu,l,2q,36,cg8,2,ce,m,g,g,4pc,u,2,l,9,1,34p,0,4f,3,9i,8,ak,3,1f,0,4,0,1m,0,5,0,t,0,5,0,7f,0',
  2: '106y,5,4mb,b',
  3: '71s,3bd',
};

const planes: Uint8Array[] = [];

/** The classes of the characters of plane `plane`, by the low 16 bits of their code. Surrogates have none. */
export function planeClasses(plane: number): Uint8Array {
  return (planes[plane] ??= build(plane));
}

/** Whether a code point is among those that count as unassigned. */
export function isNewer(code: number): boolean {
  const list = NEWER[code >> 16];
  if (list === undefined) return false;
  const ranges = rangesOf(list);
  for (let i = 0; i < ranges.length; i += 2) {
    if ((code & 0xffff) <= (ranges[i + 1] as number)) return (code & 0xffff) >= (ranges[i] as number);
  }
  return false;
}

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
  const newer = NEWER[plane] === undefined ? [] : rangesOf(NEWER[plane]);
  for (let i = 0; i < newer.length; i += 2) table.fill(0, newer[i], (newer[i + 1] as number) + 1);
  if (plane === 0) {
    table.fill(0, 0xd800, 0xe000);
    table[0x295] = LETTER | LOWER; // Became an uncased letter in 17.0.
  }
  return table;
}
