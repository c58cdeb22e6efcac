import { asBoolean } from '../format/check.js';
import type { Kinds } from '../pipeline/kinds.js';
import { finderOf } from '../pipeline/patterns.js';
import { asBehavior, splitBy } from '../pipeline/split.js';

/** Splits by any pattern, and with any behavior; `byteKinds` has those by the patterns that are compiled by hand. */
export const kinds: Kinds = {
  splitter: {
    'Split by others': (part, path, { regex }) => [
      splitBy(
        finderOf(part.pattern, `${path}.pattern`, regex),
        asBehavior(part.behavior, `${path}.behavior`),
        asBoolean(part.invert, `${path}.invert`, false),
      ),
    ],
  },
};
