import { joinKinds, type Kinds } from '../pipeline/kinds.js';
import { bertKinds } from './bert.js';
import { bpeKinds } from './bpe.js';
import { byteKinds } from './bytes.js';
import { otherKinds } from './others.js';
import { scannerKinds } from './scanners.js';
import { sentencePieceKinds } from './sentencepiece.js';
import { unicodeKinds } from './unicode.js';
import { unigramKinds } from './unigram.js';

/** Every type that a `tokenizer.json` may name. */
export const allKinds: Kinds = /* @__PURE__ */ joinKinds(
  bpeKinds,
  byteKinds,
  scannerKinds,
  bertKinds,
  unigramKinds,
  sentencePieceKinds,
  unicodeKinds,
  otherKinds,
);
