import { describeValue, TokenizerError } from '../error.js';
import type { PaddingOptions, TruncationOptions } from './encoding.js';

/** Checks for what `encodeBatch` is given: a wrong option is an error that names it and changes no result in silence. */

type Given = Readonly<Record<string, unknown>>;

function refuse(name: string, allowed: string, value: unknown): never {
  const given = typeof value === 'number' ? String(value) : describeValue(value);
  throw new TokenizerError(`encodeBatch: ${name} must be ${allowed}, but is ${given}.`);
}

function oneOf(group: string, options: Given, name: string, allowed: readonly string[]): void {
  const value = options[name];
  if (value === undefined || allowed.includes(value as string)) return;
  refuse(`${group}.${name}`, allowed.map((word) => `'${word}'`).join(' or '), value);
}

/** A whole number from `least` on: as large as it likes, since files write 1e30 for "no limit". */
function whole(group: string, options: Given, name: string, least = 0): void {
  const value = options[name];
  if (value === undefined || value === Number.POSITIVE_INFINITY) return;
  if (!Number.isInteger(value) || (value as number) < least)
    refuse(`${group}.${name}`, `a whole number from ${least}`, value);
}

function asOptions(group: string, value: unknown): Given {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(group, 'true, false or an object of options', value);
  return value as Given;
}

export function checkTruncation(truncation: TruncationOptions): TruncationOptions {
  const options = asOptions('truncation', truncation);
  if (options.maxLength === undefined) refuse('truncation.maxLength', 'a whole number from 0', undefined);
  whole('truncation', options, 'maxLength');
  whole('truncation', options, 'stride');
  oneOf('truncation', options, 'strategy', ['longestFirst', 'onlyFirst', 'onlySecond']);
  oneOf('truncation', options, 'direction', ['left', 'right']);
  return truncation;
}

/** The largest length that padding may fill up to: more than any model takes, less than what no memory holds. */
const longest = 2 ** 24;

export function checkPadding(padding: PaddingOptions): PaddingOptions {
  const options = asOptions('padding', padding);
  oneOf('padding', options, 'strategy', ['longest', 'maxLength']);
  oneOf('padding', options, 'direction', ['left', 'right']);
  whole('padding', options, 'padToMultipleOf', 1);
  for (const name of ['maxLength', 'padId', 'padTypeId']) whole('padding', options, name);
  for (const name of ['maxLength', 'padToMultipleOf'])
    if (Number(options[name]) > longest) refuse(`padding.${name}`, `at most ${longest}`, options[name]);
  if (options.padToken !== undefined && typeof options.padToken !== 'string')
    refuse('padding.padToken', 'a string', options.padToken);
  return padding;
}

/** The one or two texts of an input. */
export function textsOf(input: unknown, index: number): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length < 1 || texts.length > 2 || !texts.every((text) => typeof text === 'string'))
    refuse(`input ${index}`, 'a text or a pair of texts', input);
  return texts as readonly string[];
}
