import type { JSONPart } from '../format/json.js';
import { rangesOf } from '../scan/newer.js';
import { NEWER_MARKS } from '../scan/newer-marks.js';
import { type Normalizer, normalizer } from './normalizers.js';
import type { Edits } from './piece.js';

/** Unicode's normalization forms. */
export type Form = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

/**
 * What else has got a decomposition since Unicode 9, or is part of one: letters by themselves, and blocks that
 * are wholly newer.
 */
const NEWER_LETTERS =
  '\\u32ff\\ua7f1-\\ua7f4\\uab69\\u{105c0}-\\u{105ff}\\u{10780}-\\u{107bf}\\u{11380}-\\u{113ff}\\u{11900}-\\u{1195f}\\u{16100}-\\u{1613f}\\u{16d40}-\\u{16d7f}\\u{1cc00}-\\u{1ccff}\\u{1e030}-\\u{1e06f}\\u{1f16c}\\u{1fb00}-\\u{1fbff}';
let newer: RegExp | undefined;

/** Cuts a text so that every other part is a character that Unicode 9 did not know, or several. */
function cutAtNewer(text: string): string[] {
  newer ??= new RegExp(`([${NEWER_LETTERS}${classOf(NEWER_MARKS)}]+)`, 'u');
  return text.split(newer);
}

function classOf(list: string): string {
  return rangesOf(list)
    .map((code, i) => `${i % 2 ? '-' : ''}\\u{${code.toString(16)}}`)
    .join('');
}

/**
 * The normalized text as Unicode 9 has it: newer characters stay where and as they are. The reference
 * implementation's tables are that old, and ids must not depend on the engine's.
 */
function normalized(text: string, form: Form): string {
  const whole = text.normalize(form);
  if (whole === text) return text;
  const parts = cutAtNewer(text);
  return parts.length === 1 ? whole : parts.map((part, i) => (i % 2 ? part : part.normalize(form))).join('');
}

/**
 * Unicode normalization with the account of what became of each character, which `String.normalize` does
 * not give, in the way of the `unicode-normalization-alignments` crate: of a decomposed character the first
 * part replaces it and the others are added; what is composed swallows its parts.
 */
function unicodeEdits(text: string, form: Form, edits: Edits): void {
  const parts = cutAtNewer(text);
  for (const [i, part] of parts.entries()) {
    if (i % 2 === 0) editPart(part, form, edits);
    else for (const character of part) edits.add(character, 0);
  }
}

function editPart(text: string, form: Form, edits: Edits): void {
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

/** The normalizer to a form of Unicode's. */
export function unicodeNormalizer(json: JSONPart, form: Form): Normalizer {
  return normalizer(
    json,
    (text) => normalized(text, form),
    (text, edits) => unicodeEdits(text, form, edits),
  );
}
