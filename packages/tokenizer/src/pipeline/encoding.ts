import { TokenizerError } from '../error.js';

/** An encoded text, or pair of texts: a row per token in each field. */
export interface Encoding {
  inputIds: number[];
  /** Which of the texts of a pair a token belongs to, as the model wants to know it. */
  tokenTypeIds: number[];
  /** 1 for tokens, 0 for padding. */
  attentionMask: number[];
  /** 1 for what the post-processor or padding added, 0 for tokens of the text. */
  specialTokensMask: number[];
  /** From where to where in the text each token comes, in characters (code points); `[0, 0]` for added ones. */
  offsets: [start: number, end: number][];
  /** The number of the word that each token belongs to, `null` for added ones. */
  wordIds: (number | null)[];
  /** 0 or 1 for the text that each token belongs to, `null` for added ones. */
  sequenceIds: (number | null)[];
  /** What truncation cut off, in pieces of the same length. */
  overflowing: Encoding[];
}

/** An encoding of these ids, all of one type; `special` is 1 for added tokens. */
export function encodingOf(
  ids: readonly number[],
  typeId = 0,
  special = 0,
  offsets: [number, number][] = ids.map(() => [0, 0]),
  wordIds: (number | null)[] = ids.map(() => null),
): Encoding {
  return {
    inputIds: [...ids],
    tokenTypeIds: ids.map(() => typeId),
    attentionMask: ids.map(() => 1),
    specialTokensMask: ids.map(() => special),
    offsets,
    wordIds,
    sequenceIds: ids.map(() => null),
    overflowing: [],
  };
}

/** An encoding whose columns are made of those of others. */
function byColumn(make: (column: Exclude<keyof Encoding, 'overflowing'>) => unknown[]): Encoding {
  const encoding = encodingOf([]);
  const columns: Record<string, unknown[]> = { ...encoding };
  for (const column in encoding) if (column !== 'overflowing') columns[column] = make(column as 'inputIds');
  return columns as unknown as Encoding;
}

function slice(encoding: Encoding, start: number, end: number): Encoding {
  return byColumn((column) => encoding[column].slice(start, end));
}

function joined(left: Encoding, right: Encoding): Encoding {
  return byColumn((column) => [...left[column], ...right[column]]);
}

/** Puts encodings one behind the other. Where both sides have overflow, every combination is kept. */
export function concat(encodings: readonly Encoding[]): Encoding {
  let all = encodingOf([]);
  for (const next of encodings) {
    const overflowing: Encoding[] = [];
    for (const mine of all.overflowing) {
      overflowing.push(joined(mine, next));
      for (const theirs of next.overflowing) overflowing.push(joined(mine, theirs));
    }
    for (const theirs of next.overflowing) overflowing.push(joined(all, theirs));
    all = { ...joined(all, next), overflowing };
  }
  return all;
}

/** How to cut what is too long. */
export interface TruncationOptions {
  /** The most tokens that an encoding may have, added ones included. */
  maxLength: number;
  /** Which text of a pair to cut: the longer one, down to equal length, or always the same. Default: `longestFirst`. */
  strategy?: 'longestFirst' | 'onlyFirst' | 'onlySecond';
  /** How many tokens the pieces of the overflow share with the one before. Default: 0. */
  stride?: number;
  /** Which side to cut off. Default: `right`. */
  direction?: 'left' | 'right';
}

/** Cuts an encoding to `maxLength`; the rest goes to `overflowing`, in pieces that overlap by `stride`. */
export function cut(
  encoding: Encoding,
  maxLength: number,
  stride: number,
  direction: 'left' | 'right',
): Encoding {
  const length = encoding.inputIds.length;
  if (maxLength >= length) return encoding;
  if (maxLength <= 0) return { ...encodingOf([]), overflowing: [encoding] };
  if (stride >= maxLength) {
    throw new TokenizerError(
      `Truncation: stride must be less than the ${maxLength} tokens that are left for the text, but is ${stride}.`,
    );
  }
  const parts: Encoding[] = [];
  const step = maxLength - stride;
  for (let from = 0, to = 0; to < length; from += step) {
    to = Math.min(from + maxLength, length);
    parts.push(
      direction === 'right' ? slice(encoding, from, to) : slice(encoding, length - to, length - from),
    );
  }
  const [first, ...overflowing] = parts as [Encoding, ...Encoding[]];
  return { ...first, overflowing };
}

/** Cuts one or two encodings so that they come to at most `maxLength` together. */
export function truncate(encodings: readonly Encoding[], options: TruncationOptions): Encoding[] {
  const { maxLength, strategy = 'longestFirst', stride = 0, direction = 'right' } = options;
  const lengths = encodings.map((encoding) => encoding.inputIds.length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total <= maxLength) return [...encodings];
  const first = lengths[0] as number;
  const second = lengths[1];
  let targets = [maxLength, maxLength];
  if (maxLength <= 0) {
    targets = [0, 0];
  } else if (strategy === 'longestFirst') {
    if (second !== undefined) {
      let shorter = Math.min(first, second);
      let longer = shorter > maxLength ? shorter : Math.max(shorter, maxLength - shorter);
      if (shorter + longer > maxLength) {
        shorter = Math.floor(maxLength / 2);
        longer = shorter + (maxLength % 2);
      }
      targets = first > second ? [longer, shorter] : [shorter, longer];
    }
  } else {
    const which = strategy === 'onlyFirst' ? 0 : 1;
    const length = lengths[which];
    if (length === undefined)
      throw new TokenizerError('Truncation: strategy onlySecond needs a pair of texts.');
    const left = length - (total - maxLength);
    if (left <= 0) {
      throw new TokenizerError(
        `Truncation: the text to cut has ${length} tokens, too few to bring ${total} down to ${maxLength}; use the strategy longestFirst.`,
      );
    }
    targets = lengths;
    targets[which] = left;
  }
  return encodings.map((encoding, i) => cut(encoding, targets[i] as number, stride, direction));
}

/** How to fill up what is too short. */
export interface PaddingOptions {
  /** To the longest of the batch, or to `maxLength`. Default: `longest`. */
  strategy?: 'longest' | 'maxLength';
  maxLength?: number;
  /** Round the length up to a multiple. Default: 1. */
  padToMultipleOf?: number;
  /** Default: `right`. */
  direction?: 'left' | 'right';
  /** The id to fill with. Default: that of `padToken`. */
  padId?: number;
  padTypeId?: number;
  padToken?: string;
}

/** Fills an encoding and its overflow up to `length` in place. */
export function pad(
  encoding: Encoding,
  length: number,
  padId: number,
  padTypeId: number,
  direction: 'left' | 'right',
): void {
  for (const part of encoding.overflowing) pad(part, length, padId, padTypeId, direction);
  const missing = length - encoding.inputIds.length;
  if (missing <= 0) return;
  const filling = encodingOf(new Array<number>(missing).fill(padId), padTypeId, 1);
  filling.attentionMask.fill(0);
  const full = direction === 'left' ? joined(filling, encoding) : joined(encoding, filling);
  Object.assign(encoding, full, { overflowing: encoding.overflowing });
}
