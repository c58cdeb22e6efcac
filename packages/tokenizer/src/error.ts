/** Every error that this package throws on purpose: the message names the thing, its value and what is allowed. */
export class TokenizerError extends Error {
  override readonly name = 'TokenizerError';
}

/** A character for an error message: itself and its code point, `'春' (U+6625)`. */
export function describeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return code >= 0xd800 && code <= 0xdfff
    ? `the lone surrogate ${name}`
    : `${JSON.stringify(character)} (${name})`;
}

/** A value from a stranger's file for an error message, cut short. */
export function describeValue(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
