import type { JSONPart } from '../format/json.js';
import type { Build, Kinds } from '../pipeline/kinds.js';
import { type Normalizer, normalizer } from '../pipeline/normalizers.js';
import { type Form, normalized, unicodeEdits } from '../pipeline/unicode.js';

const form: Build<Normalizer> = (part) => unicodeNormalizer(part as JSONPart, part.type as Form);

/** Unicode's normalization forms. */
export const unicodeKinds: Kinds = { normalizer: { NFC: form, NFD: form, NFKC: form, NFKD: form } };

export function unicodeNormalizer(json: JSONPart, type: Form): Normalizer {
  return normalizer(
    json,
    (text) => normalized(text, type),
    (text, edits) => unicodeEdits(text, type, edits),
  );
}
