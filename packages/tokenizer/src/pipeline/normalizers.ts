import type { JSONPart } from '../format/json.js';
import { type Context, choose, partsOf } from './kinds.js';
import { inParts } from './parts.js';
import { Edits, type Piece } from './piece.js';

/** The first stage: changes text before it is split. */
export interface Normalizer {
  /** The changed text alone. */
  normalize(text: string): string;
  /** The changed text with the places its characters came from. */
  apply(piece: Piece): Piece;
  toJSON(): JSONPart;
}

/** A normalizer from its two forms: a quick one, and one that tells what became of each character. */
export function normalizer(
  json: JSONPart,
  normalize: (text: string) => string,
  edit: (text: string, edits: Edits) => void,
): Normalizer {
  return {
    normalize,
    apply(piece) {
      if (!piece.starts) return { text: normalize(piece.text) };
      const edits = new Edits();
      edit(piece.text, edits);
      return edits.applyTo(piece);
    },
    toJSON: () => json,
  };
}

/** One that maps each character to some number of others, maybe none. */
export function perCharacter(
  json: JSONPart,
  map: (character: string) => string,
  normalize?: (text: string) => string,
): Normalizer {
  const edit = (text: string, edits: Edits) => {
    for (const character of text) {
      const mapped = map(character);
      if (mapped === '') edits.drop();
      let first = true;
      for (const part of mapped) {
        edits.add(part, first ? 0 : 1);
        first = false;
      }
    }
  };
  return normalizer(json, inParts(normalize ?? ((text) => Array.from(text, map).join(''))), edit);
}

/** Builds the normalizer that a file describes. @param path of the field, for errors. */
export function normalizerFromJSON(json: unknown, path: string, context: Context): Normalizer {
  const all = partsOf(json, 'normalizers', path);
  if (all) return normalizerSequence(all.map(([one, at]) => normalizerFromJSON(one, at, context)));
  const [part, build] = choose(context.kinds, 'normalizer', json, path);
  return build(part, path, context);
}

/** One after the other. */
export function normalizerSequence(all: readonly Normalizer[]): Normalizer {
  return {
    normalize: (text) => all.reduce((changed, one) => one.normalize(changed), text),
    apply: (piece) => all.reduce((changed, one) => one.apply(changed), piece),
    toJSON: () => ({ type: 'Sequence', normalizers: all.map((one) => one.toJSON()) }),
  };
}
