import type { Scanner } from './scanner.js';

/** Split patterns of known families, and the scanners that take their place. */
export type Scanners = Readonly<Record<string, () => Scanner>>;

/**
 * The scanner for a pattern of the known families, if it is one. These tile the text: each piece starts
 * where the one before ended, whether it matched or lies between two matches.
 */
export function knownScanner(pattern: string, scanners: Scanners = {}): Scanner | undefined {
  // Some files spell line ends as the characters themselves.
  const spelled = pattern.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
  return Object.hasOwn(scanners, spelled) ? scanners[spelled]?.() : undefined;
}

/** What several patterns have in common. */
export const CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
export const SPACES = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
