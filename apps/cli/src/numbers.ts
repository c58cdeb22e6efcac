/** Numbers on the command line. What is out of range is refused with the range. */
import { InvalidArgumentError } from 'commander';

/** A parser of whole numbers from `least` to `most`, both allowed. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

/** Which numbers are allowed, and how that is said. */
interface Range {
  readonly words: string;
  readonly holds: (value: number) => boolean;
}

export const positive: Range = { words: 'a number above 0', holds: (value) => value > 0 };
export const atLeastZero: Range = { words: 'a number from 0 on', holds: (value) => value >= 0 };
export const share: Range = {
  words: 'a number from 0 to below 1',
  holds: (value) => value >= 0 && value < 1,
};

/** A parser of decimal numbers such as `0.001` and `1e-3`. */
export function decimal(range: Range): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && range.holds(value)) return value;
    throw new InvalidArgumentError(`It must be ${range.words}.`);
  };
}
