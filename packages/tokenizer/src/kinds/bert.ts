import { asBoolean, asString } from '../format/check.js';
import { WordPiece } from '../model/wordpiece.js';
import { cleanUp, type Decoder, whole } from '../pipeline/decoders.js';
import type { Build, Kinds } from '../pipeline/kinds.js';
import { type Normalizer, perCharacter } from '../pipeline/normalizers.js';
import type { Change } from '../pipeline/piece.js';
import { asTokenId } from '../pipeline/postprocessors.js';
import type { Take } from '../pipeline/split.js';
import { unicodeNormalizer } from '../pipeline/unicode.js';
import { CharSet } from '../scan/charset.js';
import { NEWER_MARKS } from '../scan/newer-marks.js';
import { PUNCTUATION } from '../scan/punctuation.js';
import { SPACE } from '../scan/sets.js';

const bertNormalizer: Build<Normalizer> = (part, path) => bert(part, path);

/** What BERT's files are made of. */
export const kinds: Kinds = {
  model: { WordPiece: WordPiece.fromJSON },
  normalizer: {
    BertNormalizer: bertNormalizer,
    Bert: bertNormalizer,
    Lowercase: () => [lowercase],
    StripAccents: () => [without(MARK, '\\p{M}')],
  },
  preTokenizer: { BertPreTokenizer: () => [{ split: bertRanges }] },
  postProcessor: {
    BertProcessing(part, path) {
      const [cls, sep] = [asTokenId(part.cls, `${path}.cls`), asTokenId(part.sep, `${path}.sep`)];
      const around = [
        [[cls], [sep]],
        [[], [sep]],
      ] as const;
      return [{ around, typeOfSecond: 1 }];
    },
  },
  decoder: {
    WordPiece: (part, path, _context, fused) =>
      whole(
        wordPiece(asString(part.prefix, `${path}.prefix`), asBoolean(part.cleanup, `${path}.cleanup`)),
        fused,
      ),
  },
};

/**
 * Lists as in `newer.ts`: marks that came with Unicode 9, and so are newer to BERT's accents alone, and format
 * characters that are newer than BERT's tables.
 */
const MARKS_OF_UNICODE_9 = '1qs,d,338,1,12t,0,rey,0,6w,0,kn5,0,e2,e,1ka,3q,12kq,16,1sq,6';
const NEWER_FORMAT_CHARACTERS = '1ow,1,29,0,1g4r,0,6zn,f';

const MARK = /* @__PURE__ */ new CharSet('\\p{M}', NEWER_MARKS);
/** The last two have become spacing marks since. */
const NONSPACING = '\\p{Mn}\\u1734\\u{1171e}';

const NONSPACING_MARK = /* @__PURE__ */ new CharSet(NONSPACING, NEWER_MARKS, MARKS_OF_UNICODE_9);

function codeOf(character: string): number {
  return character.codePointAt(0) as number;
}

/** Character by character, so without the one rule that looks at neighbours: a final sigma stays a sigma. */
const lowercase = /* @__PURE__ */ perCharacter(
  (c) => (c === 'Σ' ? 'σ' : c.toLowerCase()),
  (text) => text.replaceAll('Σ', 'σ').toLowerCase(),
);

/** Drops the characters of a set; `inside` is a class in a regular expression that has all of them. */
function without(set: CharSet, inside: string): Change {
  const drop = (c: string) => (set.has(codeOf(c)) ? '' : c);
  const found = new RegExp(`[${inside}]`, 'gu');
  return perCharacter(drop, (text) => text.replace(found, drop));
}

const BERT_REMOVED = '\\0\\ufffd\\p{Cc}\\p{Cf}\\p{Co}';

const CHINESE =
  '\\u{4e00}-\\u{9fff}\\u{3400}-\\u{4dbf}\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2b73f}\\u{2b740}-\\u{2b81f}\\u{2b920}-\\u{2ceaf}\\u{f900}-\\u{faff}\\u{2f800}-\\u{2fa1f}';

/** BERT's: control characters go, white space becomes a space, Chinese characters stand alone, accents go, lower case. */
function bert(json: Record<string, unknown>, path: string): Normalizer {
  const steps: Change[] = [];
  const removed = new CharSet(BERT_REMOVED, NEWER_FORMAT_CHARACTERS);
  const chinese = new CharSet(CHINESE);
  const lowers = asBoolean(json.lowercase, `${path}.lowercase`);
  const accents = json.strip_accents ?? lowers;
  if (asBoolean(json.clean_text, `${path}.clean_text`)) {
    const clean = (c: string) => {
      const code = codeOf(c);
      if (code === 9 || code === 10 || code === 13) return ' ';
      return removed.has(code) ? '' : SPACE.has(code) ? ' ' : c;
    };
    // All but the plain space, which stays as it is and is too frequent to look at.
    const other = new RegExp(
      `[${BERT_REMOVED}\\t-\\r\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]`,
      'gu',
    );
    steps.push(perCharacter(clean, (text) => text.replace(other, clean)));
  }
  if (asBoolean(json.handle_chinese_chars, `${path}.handle_chinese_chars`)) {
    const apart = new RegExp(`[${CHINESE}]`, 'gu');
    steps.push(
      perCharacter(
        (c) => (chinese.has(codeOf(c)) ? ` ${c} ` : c),
        (text) => text.replace(apart, ' $& '),
      ),
    );
  }
  if (asBoolean(accents, `${path}.strip_accents`)) {
    steps.push(...unicodeNormalizer('NFD'), without(NONSPACING_MARK, NONSPACING));
  }
  if (lowers) steps.push(lowercase);
  return steps;
}

/** For the Basic Multilingual Plane: 1 for other characters, 2 for white space, 3 for punctuation, 0 not looked up yet. */
const kindOfCode = /* @__PURE__ */ new Uint8Array(0x10000);

/** White space removed, each punctuation character on its own; in one pass, since BERT's texts pass here character by character. */
function bertRanges(text: string, start: number, end: number, take: Take): void {
  let from = start;
  for (let i = start; i < end; ) {
    let code = text.charCodeAt(i);
    let kind = kindOfCode[code] as number;
    let width = 1;
    if (kind === 0) {
      code = text.codePointAt(i) as number;
      if (code > 0xffff) width = 2;
      kind = SPACE.has(code) ? 2 : PUNCTUATION.has(code) ? 3 : 1;
      if (width === 1) kindOfCode[code] = kind;
    }
    if (kind > 1) {
      if (from < i) take(from, i);
      if (kind === 3) take(i, i + width);
      from = i + width;
    }
    i += width;
  }
  if (from < end) take(from, end);
}

function wordPiece(prefix: string, cleanup: boolean): Decoder {
  return (emit) => {
    let first = true;
    return {
      push(token) {
        const text = first ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
        first = false;
        emit(cleanup ? cleanUp(text) : text);
      },
      end() {},
    };
  };
}
