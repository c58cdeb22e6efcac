import { describeValue, TokenizerError } from '../error.js';
import type { Finder } from './patterns.js';

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

/** Where the pieces of a text start and end, one after the other: `[start, end, start, end, ...]`. */
export type Ranges = number[];

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
): Ranges {
  const ranges: Ranges = [];
  const isMatch: boolean[] = [];
  // Anchors and look-behind must not see what stands around the piece. A slice copies nothing.
  const piece = text.slice(start, end);
  let at = 0;
  const add = (to: number, matched: boolean) => {
    // Empty matches count too: they decide what is merged with what.
    if (to > at || matched) {
      ranges.push(start + at, start + to);
      isMatch.push(matched !== invert);
    }
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
  return arrange(ranges, isMatch, behavior);
}

function arrange(ranges: Ranges, isMatch: readonly boolean[], behavior: SplitBehavior): Ranges {
  if (behavior === 'Isolated') return ranges;
  const count = isMatch.length;
  const out: Ranges = [];
  if (behavior === 'Removed') {
    for (let i = 0; i < count; i++)
      if (!isMatch[i]) out.push(ranges[2 * i] as number, ranges[2 * i + 1] as number);
    return out;
  }
  if (behavior === 'MergedWithNext') {
    let previous = false;
    for (let i = count - 1; i >= 0; i--) {
      const start = ranges[2 * i] as number;
      // Built backwards: the last range in `out` is the one that follows in the text.
      if (isMatch[i] && !previous && out.length > 0) out[out.length - 1] = start;
      else out.push(ranges[2 * i + 1] as number, start);
      previous = isMatch[i] as boolean;
    }
    return out.reverse();
  }
  let previous = false;
  for (let i = 0; i < count; i++) {
    const matched = isMatch[i] as boolean;
    const joins = behavior === 'Contiguous' ? matched === previous : matched && !previous;
    if (joins && out.length > 0) out[out.length - 1] = ranges[2 * i + 1] as number;
    else out.push(ranges[2 * i] as number, ranges[2 * i + 1] as number);
    previous = matched;
  }
  return out;
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
