import { describeValue, TokenizerError } from '../error.js';
import { type ClassTest, parseClass } from './classes.js';

/** A parsed pattern. */
export type Node =
  | { kind: 'empty' }
  | { kind: 'class'; test: ClassTest }
  | { kind: 'sequence'; nodes: Node[] }
  | { kind: 'choice'; nodes: Node[] }
  | { kind: 'repeat'; node: Node; min: number; max: number; mode: 'greedy' | 'lazy' | 'possessive' }
  | { kind: 'group'; node: Node; index: number }
  | { kind: 'atomic'; node: Node }
  | { kind: 'look'; node: Node; behind: boolean; negative: boolean }
  | {
      kind: 'assert';
      what: 'lineStart' | 'lineEnd' | 'textStart' | 'textEnd' | 'lastLineEnd' | 'word' | 'notWord';
    }
  | { kind: 'back'; index: number };

/** Flags that a pattern can set for a part of itself. */
export interface Flags {
  ignoreCase: boolean;
  /** The dot matches line ends too: Oniguruma's `m`, others' `s`. */
  dotAll: boolean;
  /** White space in the pattern does not count. */
  extended: boolean;
}

/** More nesting than this is a mistake or an attack. */
const MAX_DEPTH = 200;
/** Larger counts would take too much memory. */
const MAX_REPEAT = 100_000;

/**
 * Parses what tokenizer files use of Oniguruma's syntax (its Ruby flavour): classes with intersections,
 * `\p{..}`, quantifiers greedy, lazy and possessive, groups, look-around, atomic groups, inline flags.
 *
 * @throws TokenizerError that says where the pattern is wrong, or what is not supported.
 */
export function parse(pattern: string): { root: Node; groups: number } {
  const parser = new Parser(pattern);
  const root = parser.parse();
  return { root, groups: parser.groups };
}

/** The fewest and the most UTF-16 units that a node can match. */
export function widthOf(node: Node): readonly [least: number, most: number] {
  switch (node.kind) {
    case 'class':
      return [1, 2];
    case 'sequence':
      return node.nodes.map(widthOf).reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
    case 'choice': {
      const widths = node.nodes.map(widthOf);
      return [Math.min(...widths.map(([least]) => least)), Math.max(...widths.map(([, most]) => most))];
    }
    case 'repeat': {
      const [least, most] = widthOf(node.node);
      return [least * node.min, most === 0 ? 0 : most * node.max];
    }
    case 'group':
    case 'atomic':
      return widthOf(node.node);
    case 'back':
      return [0, Number.POSITIVE_INFINITY];
    default:
      return [0, 0];
  }
}

class Parser {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;
  groups = 0;
  #flags: Flags = { ignoreCase: false, dotAll: false, extended: false };

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#pattern.length) this.#fail('a closing parenthesis without an opening one');
    return node;
  }

  #fail(what: string): never {
    throw new TokenizerError(`Pattern ${describeValue(this.#pattern)}: ${what} at position ${this.#at}.`);
  }

  #peek(text: string): boolean {
    return this.#pattern.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(): Node {
    if (++this.#depth > MAX_DEPTH) this.#fail(`more than ${MAX_DEPTH} nested groups`);
    // Flags set within a group end with it.
    const flags = this.#flags;
    const nodes = [this.#sequence()];
    while (this.#take('|')) nodes.push(this.#sequence());
    this.#flags = flags;
    this.#depth--;
    return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'choice', nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#pattern.length && !this.#peek('|') && !this.#peek(')')) {
      if (this.#flags.extended && /[\s#]/.test(this.#pattern.charAt(this.#at))) {
        if (this.#take('#')) while (this.#at < this.#pattern.length && !this.#peek('\n')) this.#at++;
        else this.#at++;
        continue;
      }
      const node = this.#atom();
      if (node) nodes.push(this.#quantified(node));
    }
    return nodes.length === 0
      ? { kind: 'empty' }
      : nodes.length === 1
        ? (nodes[0] as Node)
        : { kind: 'sequence', nodes };
  }

  #quantified(node: Node): Node {
    for (;;) {
      let min: number;
      let max: number;
      let counted = false;
      if (this.#take('*')) [min, max] = [0, Number.POSITIVE_INFINITY];
      else if (this.#take('+')) [min, max] = [1, Number.POSITIVE_INFINITY];
      else if (this.#take('?')) [min, max] = [0, 1];
      else {
        const match = /^\{(\d*)(,?)(\d*)\}/.exec(this.#pattern.slice(this.#at, this.#at + 16));
        if (!match || (match[1] === '' && match[3] === '')) return node;
        this.#at += match[0].length;
        min = Number(match[1] || 0);
        max = match[2] === '' ? min : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]);
        counted = true;
        if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY))
          this.#fail(`a count above ${MAX_REPEAT}`);
        if (max < min) this.#fail('a count whose end is below its start');
      }
      // In Ruby's flavour `{n,m}+` repeats the repetition.
      const mode = this.#take('?') ? 'lazy' : !counted && this.#take('+') ? 'possessive' : 'greedy';
      node = { kind: 'repeat', node, min, max, mode };
    }
  }

  #atom(): Node | undefined {
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number);
    switch (character) {
      case '(':
        return this.#group();
      case '[':
      case '.':
        return { kind: 'class', test: this.#class() };
      case '^':
        this.#at++;
        return { kind: 'assert', what: 'lineStart' };
      case '$':
        this.#at++;
        return { kind: 'assert', what: 'lineEnd' };
      case '*':
      case '+':
      case '?':
        return this.#fail('a quantifier without anything to repeat');
      case '\\':
        return this.#escape();
      default:
        return { kind: 'class', test: this.#class() };
    }
  }

  #class(): ClassTest {
    const { test, end } = parseClass(this.#pattern, this.#at, this.#flags, (what) => this.#fail(what));
    this.#at = end;
    return test;
  }

  #escape(): Node {
    const next = this.#pattern.charAt(this.#at + 1);
    const assertions = { A: 'textStart', z: 'textEnd', Z: 'lastLineEnd', b: 'word', B: 'notWord' } as const;
    if (next in assertions) {
      this.#at += 2;
      return { kind: 'assert', what: assertions[next as keyof typeof assertions] };
    }
    if (/[1-9]/.test(next)) {
      this.#at += 2;
      const index = Number(next);
      if (index > this.groups) this.#fail(`a reference to group ${index}, which is not there`);
      return { kind: 'back', index };
    }
    if (/[GKRgkXy]/.test(next)) this.#fail(`\\${next}, which is not supported`);
    return { kind: 'class', test: this.#class() };
  }

  #group(): Node | undefined {
    this.#at++;
    if (!this.#take('?')) return this.#capture();
    if (this.#take('#')) {
      const end = this.#pattern.indexOf(')', this.#at);
      if (end < 0) this.#fail('a comment without an end');
      this.#at = end + 1;
      return undefined;
    }
    if (this.#take(':')) return this.#closed(this.#choice());
    if (this.#take('>')) return { kind: 'atomic', node: this.#closed(this.#choice()) };
    if (this.#take('='))
      return { kind: 'look', node: this.#closed(this.#choice()), behind: false, negative: false };
    if (this.#take('!'))
      return { kind: 'look', node: this.#closed(this.#choice()), behind: false, negative: true };
    if (this.#take('<=')) return this.#lookBehind(false);
    if (this.#take('<!')) return this.#lookBehind(true);
    const named = /^<\w+>/.exec(this.#pattern.slice(this.#at, this.#at + 64));
    if (named) {
      this.#at += named[0].length;
      return this.#capture();
    }
    return this.#withFlags();
  }

  #lookBehind(negative: boolean): Node {
    const node = this.#closed(this.#choice());
    if (widthOf(node)[1] === Number.POSITIVE_INFINITY)
      this.#fail('a look-behind without a limit to its length');
    return { kind: 'look', node, behind: true, negative };
  }

  #capture(): Node {
    const index = ++this.groups;
    return { kind: 'group', node: this.#closed(this.#choice()), index };
  }

  #closed(node: Node): Node {
    if (!this.#take(')')) this.#fail('a group without an end');
    return node;
  }

  /** `(?i)` for the rest of the group around it, `(?i:...)` for itself. */
  #withFlags(): Node | undefined {
    const match = /^([imx]*)(?:-([imx]*))?([:)])/.exec(this.#pattern.slice(this.#at, this.#at + 16));
    if (!match) this.#fail('an unknown kind of group');
    this.#at += match[0].length;
    const before = this.#flags;
    const on = match[1] as string;
    const off = match[2] ?? '';
    const flag = (letter: string, old: boolean) =>
      on.includes(letter) ? true : off.includes(letter) ? false : old;
    this.#flags = {
      ignoreCase: flag('i', before.ignoreCase),
      dotAll: flag('m', before.dotAll),
      extended: flag('x', before.extended),
    };
    if (match[3] === ')') return undefined;
    const node = this.#closed(this.#choice());
    this.#flags = before;
    return node;
  }
}
