import type { Build, Kinds } from '../pipeline/kinds.js';
import type { Normalizer } from '../pipeline/normalizers.js';
import type { Form } from '../pipeline/piece.js';
import { unicodeNormalizer } from '../pipeline/unicode.js';

const form: Build<Normalizer> = (part) => unicodeNormalizer(part.type as Form);

/** Unicode's normalization forms. */
export const kinds: Kinds = { normalizer: { NFC: form, NFD: form, NFKC: form, NFKD: form } };
