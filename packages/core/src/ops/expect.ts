/** What arguments must be: each check throws an Error that names the function, the argument, its value and what is allowed. */
import { type DType, isFloatingPoint } from '../backend/dtype.js';
import { type Shape, showShape } from '../graph/shape.js';

const bad = (name: string, option: string, value: unknown, allowed: string): Error =>
  new Error(`${name}: ${option} is ${value}, but must be ${allowed}`);

/** A whole number from `least` (1) to `most`. */
export function expectWhole(name: string, option: string, value: number, least = 1, most = Infinity): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw bad(name, option, value, `a whole number from ${least} ${most === Infinity ? 'on' : `to ${most}`}`);
}

/** A number from `least` to below `below`. */
export function expectNumber(name: string, option: string, value: number, least = 0, below = Infinity): void {
  if (!(value >= least && value < below))
    throw bad(
      name,
      option,
      value,
      below === Infinity ? `a number from ${least} on` : `from ${least} to below ${below}`,
    );
}

/** A probability or a share. */
export function expectShare(name: string, option: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw bad(name, option, value, 'between 0 and 1');
}

/** One of some words (null among them, where it is one). */
export function expectOneOf<T>(name: string, option: string, value: T, words: readonly T[]): void {
  if (words.includes(value)) return;
  const quoted = words.map((word) => (word === null ? 'null' : `'${word}'`));
  throw bad(name, option, `'${value}'`, `${quoted.slice(0, -1).join(', ')} or ${quoted[quoted.length - 1]}`);
}

const needed = (name: string, what: string, got: string): Error =>
  new Error(`${name}: ${what} is needed, not ${got}`);

export function expectFloat(name: string, dtype: DType): void {
  if (!isFloatingPoint(dtype)) throw needed(name, 'a floating point dtype', dtype);
}

export function expectMask(name: string, dtype: DType): void {
  if (dtype !== 'bool') throw needed(name, 'a mask of dtype bool', dtype);
}

export function expectIndices(name: string, dtype: DType): void {
  if (dtype !== 'int32') throw needed(name, 'an index of dtype int32', dtype);
}

/** @param most how many dimensions there may be, if more than two. */
export function expectMatrix(name: string, shape: Shape, most = 2): void {
  if (shape.length < 2 || shape.length > most) throw needed(name, 'a matrix', `shape ${showShape(shape)}`);
}
