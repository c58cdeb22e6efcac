import { CharSet, WHITE_SPACE, WORD } from './charset.js';
import { NEWER_CHARACTERS } from './newer.js';

/** Sets that more than one stage asks; their tables are made at the first question. */

export const SPACE = /* @__PURE__ */ new CharSet(WHITE_SPACE);
/** The characters of words, as Rust's regular expressions know them. */
export const WORDS = /* @__PURE__ */ new CharSet(WORD, NEWER_CHARACTERS);
