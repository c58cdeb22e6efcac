import { BPE } from '../model/bpe.js';
import type { Kinds } from '../pipeline/kinds.js';

/** The model of byte-pair encoding, over bytes or characters. */
export const kinds: Kinds = { model: { BPE: BPE.fromJSON } };
