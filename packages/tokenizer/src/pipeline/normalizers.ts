import { type Context, choose, partsOf } from './kinds.js';
import { inParts } from './parts.js';
import type { Change } from './piece.js';

/** The first stage: changes text before it is split; one change after the other. */
export type Normalizer = readonly Change[];

/** Maps each character to some number of others, maybe none. `normalize` does the same to a text, if that is quicker. */
export function perCharacter(
  map: (character: string) => string,
  normalize = (text: string) => Array.from(text, map).join(''),
): Change {
  return {
    normalize: inParts(normalize),
    edit(text, edits) {
      for (const character of text) {
        const mapped = map(character);
        if (mapped === '') edits.drop();
        let change: 0 | 1 = 0;
        for (const part of mapped) {
          edits.add(part, change);
          change = 1;
        }
      }
    },
  };
}

/** Builds the normalizer that a file describes. @param path of the field, for errors. */
export function normalizerFromJSON(json: unknown, path: string, context: Context): Normalizer {
  const all = partsOf(json, 'normalizers', path);
  if (all) return all.flatMap(([one, at]) => normalizerFromJSON(one, at, context));
  const [part, build] = choose(context.kinds, 'normalizer', json, path);
  return build(part, path, context);
}
