import { describeValue, TokenizerError } from '../error.js';
import type { AddedTokenJSON } from './json.js';

/**
 * Checks for what comes from a stranger's file. Each takes the path of the field, so that the error can
 * name it, and returns the value with its type.
 */

export function fail(path: string, expected: string, value: unknown): never {
  throw new TokenizerError(`tokenizer.json: ${path} must be ${expected}, but is ${describeValue(value)}.`);
}

export function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(path, 'an object', value);
  return value as Record<string, unknown>;
}

export function asArray(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) fail(path, 'an array', value);
  return value;
}

export function asString(value: unknown, path: string): string {
  if (typeof value !== 'string') fail(path, 'a string', value);
  return value;
}

export function asBoolean(value: unknown, path: string, otherwise?: boolean): boolean {
  if (value === undefined && otherwise !== undefined) return otherwise;
  if (typeof value !== 'boolean') fail(path, 'true or false', value);
  return value;
}

/** Ids take memory in proportion to the largest, so a file must not claim more than any vocabulary has. */
export const MAX_ID = (1 << 24) - 1;

export function asId(value: unknown, path: string): number {
  if (asCount(value, path) > MAX_ID) fail(path, `at most ${MAX_ID}`, value);
  return value as number;
}

export function asAddedToken(value: unknown, path: string): AddedTokenJSON {
  const token = asObject(value, path);
  const flag = (name: string, otherwise: boolean) => asBoolean(token[name], `${path}.${name}`, otherwise);
  const special = flag('special', false);
  return {
    id: asId(token.id, `${path}.id`),
    content: asString(token.content, `${path}.content`),
    single_word: flag('single_word', false),
    lstrip: flag('lstrip', false),
    rstrip: flag('rstrip', false),
    normalized: flag('normalized', !special),
    special,
  };
}

export function asOptionalString(value: unknown, path: string): string | undefined {
  return value === null || value === undefined ? undefined : asString(value, path);
}

/** A whole number, not negative. */
export function asCount(value: unknown, path: string): number {
  if (!Number.isInteger(value) || (value as number) < 0) fail(path, 'a whole number', value);
  return value as number;
}

/** A text of one code point. */
export function oneCharacter(value: unknown, path: string): string {
  const text = asString(value, path);
  if (Array.from(text).length !== 1) fail(path, 'one character', value);
  return text;
}
