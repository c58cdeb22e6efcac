import { TokenizerError } from '../error.js';
import { asObject, asString, fail } from '../format/check.js';

/** Finds the next match in `text[from, end)`: where it starts and ends, or `undefined`. */
export type Finder = (
  text: string,
  from: number,
  end: number,
) => readonly [start: number, end: number] | undefined;

/**
 * Compiles a pattern in Oniguruma's syntax, as `tokenizer.json` has them. This package's own, whose matching
 * time is bounded, is `compileRegex` from `@inkstone/tokenizer/regex`.
 */
export type CompileRegex = (pattern: string) => Finder;

/** What a `pattern` field asks for: a literal text, or a regular expression. */
export function finderOf(json: unknown, path: string, compile: CompileRegex | undefined): Finder {
  const pattern = asObject(json, path);
  if (pattern.String !== undefined) return literalFinder(asString(pattern.String, `${path}.String`));
  if (pattern.Regex === undefined) fail(path, 'an object with String or Regex', json);
  const source = asString(pattern.Regex, `${path}.Regex`);
  if (/^[^\\^$.*+?()[\]{}|]+$/.test(source)) return literalFinder(source);
  if (source === ' {2,}') return spacesFinder;
  if (compile) return compile(source);
  throw new TokenizerError(
    `tokenizer.json: ${path} is the regular expression ${source}, which is not one of the built-in ones. To load this file pass { regex: compileRegex } from '@inkstone/tokenizer/regex'.`,
  );
}

/** ` {2,}`, which the files of SentencePiece models use to squeeze spaces. */
const spacesFinder: Finder = (text, from, end) => {
  const start = text.slice(from, end).indexOf('  ');
  if (start < 0) return undefined;
  let stop = from + start + 2;
  while (stop < end && text.charCodeAt(stop) === 0x20) stop++;
  return [from + start, stop];
};

function literalFinder(literal: string): Finder {
  return (text, from, end) => {
    // A slice costs nothing and keeps the search from running on behind `end`.
    const at = literal === '' ? -1 : text.slice(from, end).indexOf(literal);
    return at < 0 ? undefined : [from + at, from + at + literal.length];
  };
}
