import { describeValue, TokenizerError } from '../error.js';
import type { Finder } from './patterns.js';
import type { Step } from './pretokenizers.js';

/** What becomes of the matches of a split pattern. */
export type SplitBehavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

const BEHAVIORS: readonly string[] = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
];

export function asBehavior(value: unknown, path: string): SplitBehavior {
  // Older files have it in lower case with underscores.
  const behavior = BEHAVIORS.find(
    (name) => name.toLowerCase() === String(value).replaceAll('_', '').toLowerCase(),
  );
  if (behavior) return behavior as SplitBehavior;
  throw new TokenizerError(
    `tokenizer.json: ${path} must be one of ${BEHAVIORS.join(', ')}, but is ${describeValue(value)}.`,
  );
}

/** Takes a piece of a text, from where to where it reaches. */
export type Take = (start: number, end: number) => void;

/**
 * Splits `text[start, end)` at the matches of a pattern.
 *
 * @param invert swaps what matches and what lies between.
 */
export function splitAt(
  find: Finder,
  behavior: SplitBehavior,
  invert: boolean,
  text: string,
  start: number,
  end: number,
  take: Take,
): void {
  // Anchors and look-behind must not see what stands around the piece. A slice copies nothing.
  const piece = text.slice(start, end);
  const arranged = arrange(behavior, (from, to) => take(start + from, start + to));
  let at = 0;
  const add = (to: number, matched: boolean) => {
    // Empty matches count too: they decide what is merged with what.
    if (to > at || matched) arranged(at, to, matched !== invert);
    at = to;
  };
  let from = 0;
  while (from <= piece.length) {
    const match = find(piece, from, piece.length);
    if (!match) break;
    add(match[0], false);
    add(match[1], true);
    // After an empty match look on behind the next character.
    from = match[1] > match[0] ? match[1] : match[1] + ((piece.codePointAt(match[1]) ?? 0) > 0xffff ? 2 : 1);
  }
  add(piece.length, false);
  arranged(piece.length, piece.length, undefined);
}

/** Takes matches and what lies between, one behind the other, and `undefined` at the end; passes on what the behavior makes of them. */
function arrange(
  behavior: SplitBehavior,
  take: Take,
): (start: number, end: number, matched: boolean | undefined) => void {
  if (behavior === 'Isolated' || behavior === 'Removed') {
    return (start, end, matched) => {
      if (matched !== undefined && !(matched && behavior === 'Removed')) take(start, end);
    };
  }
  // The range that waits for what follows: it may become part of it.
  let first = 0;
  let last = -1;
  let previous = false;
  return (start, end, matched) => {
    const joins =
      last >= 0 &&
      (behavior === 'Contiguous'
        ? matched === previous
        : behavior === 'MergedWithPrevious'
          ? matched && !previous
          : previous && matched === false);
    if (!joins) {
      if (last >= 0) take(first, last);
      first = start;
    }
    last = end;
    previous = matched ?? false;
  };
}

/** A finder of single characters that a test picks out. */
export function characterFinder(test: (code: number) => boolean): Finder {
  return (text, from, end) => {
    for (let i = from; i < end; ) {
      const code = text.codePointAt(i) as number;
      const width = code > 0xffff ? 2 : 1;
      if (test(code)) return [i, i + width];
      i += width;
    }
    return undefined;
  };
}

/** A finder of the longest runs of one kind of character: `kindOf` gives 0 for characters of no run. */
export function runFinder(kindOf: (code: number) => number): Finder {
  return (text, from, end) => {
    let start = -1;
    let kind = 0;
    let i = from;
    for (; i < end; i += (text.codePointAt(i) as number) > 0xffff ? 2 : 1) {
      const found = kindOf(text.codePointAt(i) as number);
      if (start >= 0 && found !== kind) break;
      if (start < 0 && found !== 0) {
        start = i;
        kind = found;
      }
    }
    return start < 0 ? undefined : [start, i];
  };
}

/** The step that splits at the matches of a pattern. */
export function splitBy(find: Finder, behavior: SplitBehavior, invert = false): Step {
  return { split: (text, start, end, take) => splitAt(find, behavior, invert, text, start, end, take) };
}
