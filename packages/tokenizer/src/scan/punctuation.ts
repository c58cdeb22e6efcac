import { CharSet } from './charset.js';
import { NEWER_PUNCTUATION } from './newer-classes.js';

/** ASCII's symbols count as punctuation here. */
export const PUNCTUATION = /* @__PURE__ */ new CharSet('\\p{P}$+<=>^`|~\\u166d\\u{111c9}', NEWER_PUNCTUATION);
