import type { Edits } from './piece.js';

/**
 * Unicode normalization with the account of what became of each character, which `String.normalize` does
 * not give, in the way of the `unicode-normalization-alignments` crate: of a decomposed character the first
 * part replaces it and the others are added; what is composed swallows its parts.
 */
export function unicodeEdits(text: string, form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD', edits: Edits): void {
  const normalized = text.normalize(form);
  if (normalized === text) {
    for (const character of text) edits.add(character, 0);
    return;
  }
  const apart = form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD';
  // Canonical ordering moves characters, but never two equal ones past each other: so the n-th of a kind
  // before is the n-th of its kind after.
  const changes = new Map<string, number[]>();
  for (const character of text) {
    let change = 0;
    for (const part of character.normalize(apart)) {
      const list = changes.get(part);
      if (list) list.push(change);
      else changes.set(part, [change]);
      change = 1;
    }
  }
  const taken = new Map<string, number>();
  const take = (part: string): number => {
    const n = taken.get(part) ?? 0;
    taken.set(part, n + 1);
    return changes.get(part)?.[n] ?? 0;
  };
  if (form === apart) {
    for (const character of normalized) edits.add(character, take(character));
    return;
  }
  for (const character of normalized) {
    let change = 0;
    let first = true;
    for (const part of character.normalize('NFD')) {
      change += first ? take(part) : take(part) - 1;
      first = false;
    }
    edits.add(character, change);
  }
}
