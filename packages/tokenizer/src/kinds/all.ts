import { joinKinds, type Kinds } from '../pipeline/kinds.js';
import { kinds as bertKinds } from './bert.js';
import { kinds as bpeKinds } from './bpe.js';
import { kinds as byteKinds } from './bytes.js';
import { kinds as otherKinds } from './others.js';
import { scannerKinds } from './scanners.js';
import { kinds as sentencePieceKinds } from './sentencepiece.js';
import { kinds as splitKinds } from './splits.js';
import { kinds as unicodeKinds } from './unicode.js';
import { kinds as unigramKinds } from './unigram.js';

/** Every type that a `tokenizer.json` may name. */
export const allKinds: Kinds = /* @__PURE__ */ joinKinds(
  bpeKinds,
  byteKinds,
  scannerKinds,
  splitKinds,
  bertKinds,
  unigramKinds,
  sentencePieceKinds,
  unicodeKinds,
  otherKinds,
);
