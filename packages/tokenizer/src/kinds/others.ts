import { asBoolean, asCount, asString, fail, oneCharacter } from '../format/check.js';
import { WordLevel } from '../model/wordlevel.js';
import { cleanUp, type Decoder, whole } from '../pipeline/decoders.js';
import type { Build, Kinds } from '../pipeline/kinds.js';
import { perCharacter } from '../pipeline/normalizers.js';
import type { Step } from '../pipeline/pretokenizers.js';
import { scriptRanges } from '../pipeline/scripts.js';
import { asBehavior, characterFinder, runFinder, splitBy } from '../pipeline/split.js';
import { CharSet } from '../scan/charset.js';
import { PUNCTUATION } from '../scan/punctuation.js';
import type { Scanner } from '../scan/scanner.js';
import { SPACE, WORDS } from '../scan/sets.js';

const NUMERIC = /* @__PURE__ */ new CharSet('\\p{N}');

const delimiter: Build<Step[]> = (part, path) => {
  const code = oneCharacter(part.delimiter, `${path}.delimiter`).codePointAt(0);
  return [
    splitBy(
      characterFinder((other) => other === code),
      'Removed',
    ),
  ];
};

/** What few files name. */
export const kinds: Kinds = {
  model: { WordLevel: WordLevel.fromJSON },
  normalizer: { Nmt: () => [perCharacter(nmt)] },
  preTokenizer: {
    Whitespace: () => [
      splitBy(
        runFinder((code) => (SPACE.has(code) ? 0 : WORDS.has(code) ? 1 : 2)),
        'Removed',
        true,
      ),
    ],
    Punctuation: (part, path) => [
      splitBy(
        characterFinder((code) => PUNCTUATION.has(code)),
        asBehavior(part.behavior ?? 'Isolated', `${path}.behavior`),
      ),
    ],
    Digits: (part, path) => [
      splitBy(
        characterFinder((code) => NUMERIC.has(code)),
        asBoolean(part.individual_digits, `${path}.individual_digits`, false) ? 'Isolated' : 'Contiguous',
      ),
    ],
    CharDelimiterSplit: delimiter,
    Delimiter: delimiter,
    FixedLength(part, path) {
      const length = asCount(part.length ?? 5, `${path}.length`);
      if (length === 0) fail(`${path}.length`, 'at least 1', length);
      return [{ scan: fixedLength(length) }];
    },
    UnicodeScripts: () => [{ split: scriptRanges }],
  },
  decoder: {
    BPEDecoder: (part, path, _context, fused) => whole(bpe(asString(part.suffix, `${path}.suffix`)), fused),
    CTC: (part, path, _context, fused) =>
      whole(
        ctc(
          asString(part.pad_token, `${path}.pad_token`),
          asString(part.word_delimiter_token, `${path}.word_delimiter_token`),
          asBoolean(part.cleanup, `${path}.cleanup`),
        ),
        fused,
      ),
  },
};

/** The rules of SentencePiece's `nmt` set: control characters go, odd spaces become spaces. */
function nmt(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code === 0x09 || code === 0x0a || code === 0x0c || code === 0x0d) return ' ';
  if ((code >= 0x01 && code <= 0x1f) || code === 0x7f || code === 0x8f || code === 0x9f) return '';
  if (code >= 0x200b && code <= 0x200f) return ' ';
  return [0x1680, 0x2028, 0x2029, 0x2581, 0xfeff, 0xfffd].includes(code) ? ' ' : character;
}

function fixedLength(length: number): Scanner {
  return (text, start, end) => {
    let at = start;
    for (let i = 0; i < length && at < end; i++) at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
    return Math.min(at, end);
  };
}

/** The suffix marks where words end; the last token is known only at the end. */
function bpe(suffix: string): Decoder {
  return (emit) => {
    let held: string | undefined;
    return {
      push(token) {
        if (held !== undefined) emit(suffix === '' ? held : held.replaceAll(suffix, ' '));
        held = token;
      },
      end() {
        if (held !== undefined) emit(suffix === '' ? held : held.replaceAll(suffix, ''));
        held = undefined;
      },
    };
  };
}

function ctc(pad: string, delimiter: string, cleanup: boolean): Decoder {
  return (emit) => {
    let last: string | undefined;
    return {
      push(token) {
        if (token === last) return;
        last = token;
        let text = pad === '' ? token : token.replaceAll(pad, '');
        if (cleanup) text = cleanUp(text).replaceAll(delimiter, ' ');
        if (text !== '') emit(text);
      },
      end() {},
    };
  };
}
