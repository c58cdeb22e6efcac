import { describeValue, TokenizerError } from '../error.js';
import { asArray, asBoolean, asObject, asString } from '../format/check.js';
import type { JSONPart } from '../format/json.js';
import { CHARACTER_OF_BYTE, utf8Of } from '../model/byte-alphabet.js';
import { CharSet } from '../scan/charset.js';
import { MARKS_OF_UNICODE_9, NEWER_FORMAT_CHARACTERS, NEWER_MARKS } from '../scan/newer.js';
import { SPACE } from '../scan/sets.js';
import { inParts, replacer } from './parts.js';
import { type CompileRegex, finderOf } from './patterns.js';
import { Edits, type Piece } from './piece.js';
import { precompiled } from './precompiled.js';
import { normalized, unicodeEdits } from './unicode.js';

/** The first stage: changes text before it is split. */
export interface Normalizer {
  /** The changed text alone. */
  normalize(text: string): string;
  /** The changed text with the places its characters came from. */
  apply(piece: Piece): Piece;
  toJSON(): JSONPart;
}

/** A normalizer from its two forms: a quick one, and one that tells what became of each character. */
function normalizer(
  json: JSONPart,
  normalize: (text: string) => string,
  edit: (text: string, edits: Edits) => void,
): Normalizer {
  return {
    normalize,
    apply(piece) {
      if (!piece.starts) return { text: normalize(piece.text) };
      const edits = new Edits();
      edit(piece.text, edits);
      return edits.applyTo(piece);
    },
    toJSON: () => json,
  };
}

/** One that maps each character to some number of others, maybe none. */
function perCharacter(
  json: JSONPart,
  map: (character: string) => string,
  normalize?: (text: string) => string,
): Normalizer {
  const edit = (text: string, edits: Edits) => {
    for (const character of text) {
      const mapped = map(character);
      if (mapped === '') edits.drop();
      let first = true;
      for (const part of mapped) {
        edits.add(part, first ? 0 : 1);
        first = false;
      }
    }
  };
  return normalizer(json, inParts(normalize ?? ((text) => Array.from(text, map).join(''))), edit);
}

/** Builds the normalizer that a file describes. @param path of the field, for errors. */
export function normalizerFromJSON(json: unknown, path: string, compile?: CompileRegex): Normalizer {
  const part = asObject(json, path);
  const type = asString(part.type, `${path}.type`);
  const plain = part as JSONPart;
  switch (type) {
    case 'Sequence': {
      const all = asArray(part.normalizers, `${path}.normalizers`);
      return sequence(all.map((one, i) => normalizerFromJSON(one, `${path}.normalizers[${i}]`, compile)));
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return normalizer(
        plain,
        (text) => normalized(text, type),
        (text, edits) => unicodeEdits(text, type, edits),
      );
    case 'Lowercase':
      return lowercase(plain);
    case 'StripAccents':
      return perCharacter(
        plain,
        (c) => (MARK.has(codeOf(c)) ? '' : c),
        (text) => text.replace(/\p{M}/gu, (c) => (MARK.has(codeOf(c)) ? '' : c)),
      );
    case 'Strip':
      return strip(
        plain,
        asBoolean(part.strip_left, `${path}.strip_left`),
        asBoolean(part.strip_right, `${path}.strip_right`),
      );
    case 'Replace':
      return replace(
        plain,
        finderOf(part.pattern, `${path}.pattern`, compile),
        asString(part.content, `${path}.content`),
        part.pattern,
      );
    case 'Prepend':
      return prepend(plain, asString(part.prepend, `${path}.prepend`));
    case 'Nmt':
      return perCharacter(plain, nmt);
    case 'ByteLevel':
      return perCharacter(plain, byteLevel);
    case 'Precompiled':
      return precompiled(
        asString(part.precompiled_charsmap, `${path}.precompiled_charsmap`),
        `${path}.precompiled_charsmap`,
      );
    case 'BertNormalizer':
    case 'Bert':
      return bert(plain, path);
    default:
      throw new TokenizerError(
        `tokenizer.json: ${path}.type is ${describeValue(type)}, which is no normalizer; known are BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, Sequence, Strip, StripAccents.`,
      );
  }
}

const MARK = /* @__PURE__ */ new CharSet('\\p{M}', NEWER_MARKS);
/** The last two have become spacing marks since. */
const NONSPACING = '\\p{Mn}\\u1734\\u{1171e}';
const NONSPACING_MARK = /* @__PURE__ */ new CharSet(NONSPACING, NEWER_MARKS, MARKS_OF_UNICODE_9);

function codeOf(character: string): number {
  return character.codePointAt(0) as number;
}

function sequence(all: readonly Normalizer[]): Normalizer {
  return {
    normalize: (text) => all.reduce((changed, one) => one.normalize(changed), text),
    apply: (piece) => all.reduce((changed, one) => one.apply(changed), piece),
    toJSON: () => ({ type: 'Sequence', normalizers: all.map((one) => one.toJSON()) }),
  };
}

/** Character by character, so without the one rule that looks at neighbours: a final sigma stays a sigma. */
function lowercase(json: JSONPart): Normalizer {
  return perCharacter(json, (c) => (c === 'Σ' ? 'σ' : c.toLowerCase()), lower);
}

function lower(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}

function strip(json: JSONPart, left: boolean, right: boolean): Normalizer {
  const bounds = (text: string): [number, number] => {
    let start = 0;
    let end = text.length;
    // All white space lies in the Basic Multilingual Plane.
    while (left && start < end && SPACE.has(text.charCodeAt(start))) start++;
    while (right && end > start && SPACE.has(text.charCodeAt(end - 1))) end--;
    return [start, end];
  };
  return normalizer(
    json,
    (text) => text.slice(...bounds(text)),
    (text, edits) => {
      const [start, end] = bounds(text);
      edits.skipped = start;
      for (const character of text.slice(start, end)) edits.add(character, 0);
    },
  );
}

function replace(
  json: JSONPart,
  find: ReturnType<typeof finderOf>,
  content: string,
  pattern: unknown,
): Normalizer {
  const literal = (pattern as { String?: string }).String;
  const all = literal ? replacer(literal, content) : undefined;
  const added = Array.from(content);
  const edit = (text: string, edits: Edits) => {
    let at = 0;
    const keep = (to: number) => {
      for (const character of text.slice(at, to)) edits.add(character, 0);
    };
    for (let match = find(text, 0, text.length); match; match = find(text, match[1], text.length)) {
      keep(match[0]);
      for (let n = Array.from(text.slice(...match)).length; n > 0; n--) edits.drop();
      for (const character of added) edits.add(character, 1);
      at = match[1];
      if (match[0] === match[1]) break;
    }
    keep(text.length);
  };
  return normalizer(
    json,
    (text) => {
      if (all) return all(text);
      const edits = new Edits();
      edit(text, edits);
      return edits.characters.join('');
    },
    edit,
  );
}

function prepend(json: JSONPart, added: string): Normalizer {
  return normalizer(
    json,
    (text) => (text === '' ? text : added + text),
    (text, edits) => {
      const prefix = text === '' ? [] : Array.from(added);
      let first = true;
      // The first added character takes the place of the text's first, which then counts as added.
      for (const character of prefix) {
        edits.add(character, first ? 0 : 1);
        first = false;
      }
      for (const character of text) {
        edits.add(character, prefix.length > 0 && edits.characters.length === prefix.length ? 1 : 0);
      }
    },
  );
}

/** The rules of SentencePiece's `nmt` set: control characters go, odd spaces become spaces. */
function nmt(character: string): string {
  const code = codeOf(character);
  if (code === 0x09 || code === 0x0a || code === 0x0c || code === 0x0d) return ' ';
  if ((code >= 0x01 && code <= 0x1f) || code === 0x7f || code === 0x8f || code === 0x9f) return '';
  if (code >= 0x200b && code <= 0x200f) return ' ';
  return [0x1680, 0x2028, 0x2029, 0x2581, 0xfeff, 0xfffd].includes(code) ? ' ' : character;
}

function byteLevel(character: string): string {
  const bytes: number[] = [];
  utf8Of(character, 0, character.length, bytes);
  return bytes.map((byte) => CHARACTER_OF_BYTE[byte]).join('');
}

const BERT_REMOVED = '\\0\\ufffd\\p{Cc}\\p{Cf}\\p{Co}';
const CHINESE =
  '\\u{4e00}-\\u{9fff}\\u{3400}-\\u{4dbf}\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2b73f}\\u{2b740}-\\u{2b81f}\\u{2b920}-\\u{2ceaf}\\u{f900}-\\u{faff}\\u{2f800}-\\u{2fa1f}';

/** BERT's: control characters go, white space becomes a space, Chinese characters stand alone, accents go, lower case. */
function bert(json: JSONPart, path: string): Normalizer {
  const steps: Normalizer[] = [];
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
    steps.push(perCharacter(json, clean, (text) => text.replace(other, clean)));
  }
  if (asBoolean(json.handle_chinese_chars, `${path}.handle_chinese_chars`)) {
    const apart = new RegExp(`[${CHINESE}]`, 'gu');
    steps.push(
      perCharacter(
        json,
        (c) => (chinese.has(codeOf(c)) ? ` ${c} ` : c),
        (text) => text.replace(apart, ' $& '),
      ),
    );
  }
  if (asBoolean(accents, `${path}.strip_accents`)) {
    const nonspacing = new RegExp(`[${NONSPACING}]`, 'gu');
    steps.push(
      normalizer(
        json,
        (text) => normalized(text, 'NFD'),
        (text, edits) => unicodeEdits(text, 'NFD', edits),
      ),
    );
    steps.push(
      perCharacter(
        json,
        (c) => (NONSPACING_MARK.has(codeOf(c)) ? '' : c),
        (text) => text.replace(nonspacing, (c) => (NONSPACING_MARK.has(codeOf(c)) ? '' : c)),
      ),
    );
  }
  if (lowers) steps.push(lowercase(json));
  return { ...sequence(steps), toJSON: () => json };
}
