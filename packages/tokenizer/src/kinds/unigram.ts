import { asString } from '../format/check.js';
import { Unigram } from '../model/unigram.js';
import type { Kinds } from '../pipeline/kinds.js';
import { precompiled } from '../pipeline/precompiled.js';

/** The Unigram model, and the normalizer that comes with it. */
export const kinds: Kinds = {
  model: { Unigram: Unigram.fromJSON },
  normalizer: {
    Precompiled: (part, path) =>
      precompiled(
        asString(part.precompiled_charsmap, `${path}.precompiled_charsmap`),
        `${path}.precompiled_charsmap`,
      ),
  },
};
