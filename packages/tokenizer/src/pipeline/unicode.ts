import { rangesOf } from '../scan/newer.js';
import { NEWER_MARKS } from '../scan/newer-marks.js';
import type { Normalizer } from './normalizers.js';
import type { Form } from './piece.js';

/**
 * What else has got a decomposition since Unicode 9, or is part of one: letters by themselves, and blocks that
 * are wholly newer.
 */
const NEWER_LETTERS =
  '\\u32ff\\ua7f1-\\ua7f4\\uab69\\u{105c0}-\\u{105ff}\\u{10780}-\\u{107bf}\\u{11380}-\\u{113ff}\\u{11900}-\\u{1195f}\\u{16100}-\\u{1613f}\\u{16d40}-\\u{16d7f}\\u{1cc00}-\\u{1ccff}\\u{1e030}-\\u{1e06f}\\u{1f16c}\\u{1fb00}-\\u{1fbff}';
let newer: RegExp | undefined;

/** Cuts a text so that every other part is a character that Unicode 9 did not know, or several. */
function cutAtNewer(text: string): string[] {
  newer ??= new RegExp(`([${NEWER_LETTERS}${classOf(NEWER_MARKS)}]+)`, 'u');
  return text.split(newer);
}

function classOf(list: string): string {
  return rangesOf(list)
    .map((code, i) => `${i % 2 ? '-' : ''}\\u{${code.toString(16)}}`)
    .join('');
}

/**
 * The normalizer to a form of Unicode's, as Unicode 9 has it: newer characters stay where and as they are. The
 * reference implementation's tables are that old, and ids must not depend on the engine's.
 */
export function unicodeNormalizer(form: Form): Normalizer {
  return [
    {
      form,
      cut: cutAtNewer,
      normalize(text) {
        const whole = text.normalize(form);
        if (whole === text) return text;
        const parts = cutAtNewer(text);
        return parts.length === 1
          ? whole
          : parts.map((part, i) => (i % 2 ? part : part.normalize(form))).join('');
      },
    },
  ];
}
