import { CharSet, WHITE_SPACE } from '../scan/charset.js';
import { classOf, isNewer, LETTER, LOWER, MARK, NUMBER, SPACE, UPPER } from '../scan/classes.js';
import type { Flags } from './syntax.js';

/** Whether a code point is in a class. */
export type ClassTest = (code: number) => boolean;

type Fail = (what: string) => never;

/** Properties that have a table already. */
const TABLED: Readonly<Record<string, ClassTest>> = {
  L: (code) => (classOf(code) & LETTER) !== 0,
  N: (code) => (classOf(code) & NUMBER) !== 0,
  M: (code) => (classOf(code) & MARK) !== 0,
  Ll: (code) => (classOf(code) & LOWER) !== 0,
  Lu: (code) => (classOf(code) & (UPPER | LETTER)) === (UPPER | LETTER) && !titleCase(code),
};

const CLASS_WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}';
const ONIGURUMA_WORD = `${CLASS_WORD}\\xb2\\xb3\\xb9\\xbc-\\xbe`;

function titleCase(code: number): boolean {
  return setOf('\\p{Lt}').has(code);
}

const isSpace: ClassTest = (code) => (classOf(code) & SPACE) !== 0;
const isDigit: ClassTest = (code) => setOf('\\p{Nd}').has(code);
/** Oniguruma's within brackets. */
const isClassWord: ClassTest = (code) => setOf(CLASS_WORD).has(code);
/** Oniguruma's on its own, where superscript digits and fractions of Latin-1 count as well. */
export const isWord: ClassTest = (code) => setOf(ONIGURUMA_WORD).has(code);

const sets = new Map<string, CharSet>();

function setOf(inside: string, without = ''): CharSet {
  let set = sets.get(inside);
  if (!set) {
    set = new CharSet(inside, without);
    sets.set(inside, set);
  }
  return set;
}

const not =
  (test: ClassTest): ClassTest =>
  (code) =>
    !test(code);

/**
 * Parses one character, escape or bracketed class of a pattern at `at`; returns its test and where it ends.
 * JavaScript's own regular expressions supply `\p{..}`, one property at a time and only to fill tables.
 */
export function parseClass(
  pattern: string,
  at: number,
  flags: Flags,
  fail: Fail,
): { test: ClassTest; end: number } {
  const parsed = new ClassParser(pattern, at, flags, fail).one();
  return { test: parsed.test, end: parsed.end };
}

class ClassParser {
  readonly #pattern: string;
  readonly #flags: Flags;
  readonly #fail: Fail;
  #at: number;
  #depth = 0;

  constructor(pattern: string, at: number, flags: Flags, fail: Fail) {
    this.#pattern = pattern;
    this.#at = at;
    this.#flags = flags;
    this.#fail = fail;
  }

  one(): { test: ClassTest; end: number } {
    let test: ClassTest;
    if (this.#pattern.charAt(this.#at) === '[') test = this.#bracket();
    else if (this.#pattern.charAt(this.#at) === '.') {
      this.#at++;
      test = this.#flags.dotAll ? () => true : (code) => code !== 0x0a;
    } else {
      const item = this.#item();
      test = typeof item === 'number' ? this.#single(item) : item;
    }
    return { test, end: this.#at };
  }

  #single(code: number): ClassTest {
    if (!this.#flags.ignoreCase) return (other) => other === code;
    const folded = foldOf(code);
    return (other) => other === code || foldOf(other) === folded;
  }

  /** A character as its code, or a class escape as its test. */
  #item(): number | ClassTest {
    const code = this.#pattern.codePointAt(this.#at);
    if (code === undefined) return this.#fail('a pattern that ends too soon');
    this.#at += code > 0xffff ? 2 : 1;
    if (code !== 0x5c) return code;
    const letter = this.#pattern.charAt(this.#at++);
    switch (letter) {
      case '':
        return this.#fail('a backslash at the end');
      case 's':
        return isSpace;
      case 'S':
        return not(isSpace);
      case 'd':
        return isDigit;
      case 'D':
        return not(isDigit);
      case 'w':
        return this.#depth > 0 ? isClassWord : isWord;
      case 'W':
        return not(this.#depth > 0 ? isClassWord : isWord);
      case 'h':
        return (c) => (c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66);
      case 'p':
      case 'P':
        return this.#property(letter === 'P');
      case 'x':
      case 'u':
        return this.#hex(letter);
    }
    const controls: Readonly<Record<string, number>> = {
      n: 10,
      r: 13,
      t: 9,
      f: 12,
      v: 11,
      a: 7,
      e: 27,
      '0': 0,
    };
    const control = controls[letter];
    if (control !== undefined) return control;
    if (/[a-zA-Z1-9]/.test(letter)) return this.#fail(`\\${letter}, which is not supported`);
    this.#at--;
    const literal = this.#pattern.codePointAt(this.#at) as number;
    this.#at += literal > 0xffff ? 2 : 1;
    return literal;
  }

  #hex(letter: string): number {
    const match = /^(?:\{\s*([0-9a-fA-F]{1,6})\s*\}|([0-9a-fA-F]{1,4}))/.exec(
      this.#pattern.slice(this.#at, this.#at + 16),
    );
    let digits = match?.[1] ?? match?.[2] ?? '';
    if (letter === 'x' && match?.[2]) digits = digits.slice(0, 2);
    if (digits === '' || (letter === 'u' && match?.[2] && digits.length < 4))
      return this.#fail(`\\${letter} without a code`);
    this.#at += match?.[1] ? (match[0] as string).length : digits.length;
    const code = Number.parseInt(digits, 16);
    return code > 0x10ffff ? this.#fail('a code above U+10FFFF') : code;
  }

  #property(negated: boolean): ClassTest {
    const match = /^\{(\^?)([\w= -]{1,40})\}/.exec(this.#pattern.slice(this.#at, this.#at + 48));
    if (!match) return this.#fail('\\p without a property in braces');
    this.#at += match[0].length;
    const test = propertyOf((match[2] as string).trim(), (what) => this.#fail(what));
    return negated !== (match[1] === '^') ? not(test) : test;
  }

  #bracket(): ClassTest {
    if (++this.#depth > 50) this.#fail('more than 50 nested classes');
    this.#at++;
    const negated = this.#pattern.charAt(this.#at) === '^';
    if (negated) this.#at++;
    const intersected: ClassTest[] = [];
    let tests: ClassTest[] = [];
    const anyOf =
      (all: readonly ClassTest[]): ClassTest =>
      (code) =>
        all.some((test) => test(code));
    for (let first = true; ; first = false) {
      const character = this.#pattern.charAt(this.#at);
      if (character === '') this.#fail('a class without an end');
      if (character === ']' && !first) break;
      if (this.#pattern.startsWith('&&', this.#at)) {
        this.#at += 2;
        intersected.push(anyOf(tests));
        tests = [];
        continue;
      }
      const posix = /^\[:(\^?)(\w+):\]/.exec(this.#pattern.slice(this.#at, this.#at + 20));
      if (posix) {
        this.#at += posix[0].length;
        const test = posixClass(posix[2] as string, (what) => this.#fail(what));
        tests.push(posix[1] === '^' ? not(test) : test);
      } else if (character === '[') {
        tests.push(this.#bracket());
      } else {
        tests.push(this.#range());
      }
    }
    this.#at++;
    this.#depth--;
    intersected.push(anyOf(tests));
    const inside: ClassTest = (code) => intersected.every((test) => test(code));
    return cached(negated ? not(inside) : inside);
  }

  #range(): ClassTest {
    const from = this.#item();
    const next = this.#pattern.charAt(this.#at + 1);
    if (typeof from !== 'number') return from;
    if (this.#pattern.charAt(this.#at) !== '-' || next === ']' || next === '') return this.#single(from);
    this.#at++;
    const to = this.#item();
    if (typeof to !== 'number') this.#fail('a range that ends in a class');
    if ((to as number) < from) this.#fail('a range that runs backwards');
    const inRange: ClassTest = (code) => code >= from && code <= (to as number);
    if (!this.#flags.ignoreCase) return inRange;
    return (code) => inRange(code) || variantsOf(code).some(inRange);
  }
}

/** Remembers the answers for the Basic Multilingual Plane. */
function cached(test: ClassTest): ClassTest {
  const known = new Uint8Array(0x10000);
  return (code) => {
    if (code > 0xffff) return test(code);
    let answer = known[code];
    if (answer === 0) {
      answer = test(code) ? 2 : 1;
      known[code] = answer;
    }
    return answer === 2;
  };
}

/** Simple case folding, as far as single characters go. */
export function foldOf(code: number): number {
  if (code < 0x80) return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
  const lower = String.fromCodePoint(code).toUpperCase().toLowerCase();
  return Array.from(lower).length === 1 ? (lower.codePointAt(0) as number) : code;
}

function variantsOf(code: number): number[] {
  const character = String.fromCodePoint(code);
  return [character.toLowerCase(), character.toUpperCase(), String.fromCodePoint(foldOf(code))]
    .filter((variant) => Array.from(variant).length === 1)
    .map((variant) => variant.codePointAt(0) as number);
}

function propertyOf(name: string, fail: Fail): ClassTest {
  const tabled = TABLED[name];
  if (tabled) return tabled;
  const plain = name.replaceAll(/[ _-]/g, '').toLowerCase();
  const posix = plain in POSIX ? posixClass(plain, fail) : undefined;
  if (posix) return posix;
  for (const form of [name, `Script=${name}`, `Script=${titled(name)}`, titled(name), `gc=${titled(name)}`]) {
    try {
      new RegExp(`\\p{${form}}`, 'u');
    } catch {
      continue;
    }
    const set = setOf(`\\p{${form}}`);
    return cached((code) => set.has(code) && !isNewer(code));
  }
  return fail(`\\p{${name}}, which is no known property,`);
}

function titled(name: string): string {
  return name
    .split(/[ _-]/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1).toLowerCase())
    .join('_');
}

const POSIX: Readonly<Record<string, string>> = {
  alnum: '\\p{Alphabetic}\\p{Nd}',
  alpha: '\\p{Alphabetic}',
  blank: '\\t\\p{Zs}',
  cntrl: '\\p{Cc}',
  digit: '\\p{Nd}',
  graph: '\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}',
  lower: '\\p{Lowercase}',
  print: '\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}\\p{Zs}',
  punct: '\\p{P}\\p{S}',
  space: WHITE_SPACE,
  upper: '\\p{Uppercase}',
  xdigit: '0-9A-Fa-f',
  word: CLASS_WORD,
};

function posixClass(name: string, fail: Fail): ClassTest {
  const inside = POSIX[name];
  if (inside === undefined) return fail(`[:${name}:], which is no known class,`);
  const set = setOf(inside);
  return (code) => set.has(code);
}
