import { describeValue, TokenizerError } from '../error.js';
import { asArray, asBoolean, asCount, asObject, asString, fail } from '../format/check.js';
import type { JSONPart } from '../format/json.js';
import { CHARACTER_OF_BYTE, utf8Of } from '../model/byte-alphabet.js';
import { CharSet } from '../scan/charset.js';
import { NEWER_PUNCTUATION } from '../scan/newer.js';
import { GPT2_PATTERN, knownScanner } from '../scan/patterns.js';
import type { Scanner } from '../scan/scanner.js';
import { SPACE, WORDS } from '../scan/sets.js';
import { replacer } from './parts.js';
import { type CompileRegex, type Finder, finderOf, scannerOf } from './patterns.js';
import { Edits, type Piece } from './piece.js';
import { scriptRanges } from './scripts.js';
import { asBehavior, characterFinder, runFinder, type SplitBehavior, splitAt, type Take } from './split.js';

/**
 * One step of the second stage, which cuts text into words that the model takes one by one. A step may
 * first change a piece and then say where it comes apart, by a scanner or piece by piece.
 */
export interface Step {
  change?(piece: Piece): Piece;
  /** Cuts without gaps, one piece after the other. */
  scan?: Scanner;
  split?(text: string, start: number, end: number, take: Take): void;
  /** Maps text to the byte-level alphabet, which the model may do instead if this is the last step. */
  bytes?: boolean;
}

/** ASCII's symbols count as punctuation here. */
const PUNCTUATION = /* @__PURE__ */ new CharSet('\\p{P}$+<=>^`|~\\u166d\\u{111c9}', NEWER_PUNCTUATION);
const NUMERIC = /* @__PURE__ */ new CharSet('\\p{N}');

/** The steps of the pre-tokenizer that a file describes. @param path of the field, for errors. */
export function stepsFromJSON(json: unknown, path: string, compile?: CompileRegex): Step[] {
  const part = asObject(json, path);
  const type = asString(part.type, `${path}.type`);
  const splitBy = (find: Finder, behavior: SplitBehavior, invert = false): Step => ({
    split: (text, start, end, take) => splitAt(find, behavior, invert, text, start, end, take),
  });
  switch (type) {
    case 'Sequence':
      return asArray(part.pretokenizers, `${path}.pretokenizers`).flatMap((one, i) =>
        stepsFromJSON(one, `${path}.pretokenizers[${i}]`, compile),
      );
    case 'Split': {
      const behavior = asBehavior(part.behavior, `${path}.behavior`);
      const scan = behavior === 'Isolated' ? scannerOf(part.pattern, `${path}.pattern`) : undefined;
      if (scan) return [{ scan }];
      return [
        splitBy(
          finderOf(part.pattern, `${path}.pattern`, compile),
          behavior,
          asBoolean(part.invert, `${path}.invert`, false),
        ),
      ];
    }
    case 'ByteLevel':
      return byteLevel(
        asBoolean(part.add_prefix_space, `${path}.add_prefix_space`, true),
        asBoolean(part.use_regex, `${path}.use_regex`, true),
      );
    case 'Metaspace':
      return [metaspace(part, path)];
    case 'BertPreTokenizer':
      return [{ split: bertRanges }];
    case 'Whitespace':
      return [
        splitBy(
          runFinder((code) => (SPACE.has(code) ? 0 : WORDS.has(code) ? 1 : 2)),
          'Removed',
          true,
        ),
      ];
    case 'WhitespaceSplit':
      return [
        splitBy(
          characterFinder((code) => SPACE.has(code)),
          'Removed',
        ),
      ];
    case 'Punctuation':
      return [
        splitBy(
          characterFinder((code) => PUNCTUATION.has(code)),
          asBehavior(part.behavior ?? 'Isolated', `${path}.behavior`),
        ),
      ];
    case 'Digits': {
      const single = asBoolean(part.individual_digits, `${path}.individual_digits`, false);
      return [
        splitBy(
          characterFinder((code) => NUMERIC.has(code)),
          single ? 'Isolated' : 'Contiguous',
        ),
      ];
    }
    case 'CharDelimiterSplit':
    case 'Delimiter': {
      const delimiter = oneCharacter(part.delimiter, `${path}.delimiter`);
      return [
        splitBy(
          characterFinder((code) => code === delimiter.codePointAt(0)),
          'Removed',
        ),
      ];
    }
    case 'FixedLength': {
      const length = asCount(part.length ?? 5, `${path}.length`);
      if (length === 0) fail(`${path}.length`, 'at least 1', length);
      return [{ scan: fixedLength(length) }];
    }
    case 'UnicodeScripts':
      return [{ split: scriptRanges }];
    default:
      throw new TokenizerError(
        `tokenizer.json: ${path}.type is ${describeValue(type)}, which is no pre-tokenizer; known are BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, FixedLength, Metaspace, Punctuation, Sequence, Split, UnicodeScripts, Whitespace, WhitespaceSplit.`,
      );
  }
}

/** For the Basic Multilingual Plane: 1 for other characters, 2 for white space, 3 for punctuation, 0 not looked up yet. */
const bertKinds = /* @__PURE__ */ new Uint8Array(0x10000);

/** White space removed, each punctuation character on its own; in one pass, since BERT's texts pass here character by character. */
function bertRanges(text: string, start: number, end: number, take: Take): void {
  let from = start;
  for (let i = start; i < end; ) {
    let code = text.charCodeAt(i);
    let kind = bertKinds[code] as number;
    let width = 1;
    if (kind === 0) {
      code = text.codePointAt(i) as number;
      if (code > 0xffff) width = 2;
      kind = SPACE.has(code) ? 2 : PUNCTUATION.has(code) ? 3 : 1;
      if (width === 1) bertKinds[code] = kind;
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

function oneCharacter(value: unknown, path: string): string {
  const text = asString(value, path);
  if (Array.from(text).length !== 1) fail(path, 'one character', value);
  return text;
}

function byteLevel(addPrefixSpace: boolean, useRegex: boolean): Step[] {
  const words: Step = {};
  if (addPrefixSpace) words.change = (piece) => (piece.text.startsWith(' ') ? piece : prepended(piece, ' '));
  if (useRegex) words.scan = knownScanner(GPT2_PATTERN) as Scanner;
  const bytes: Step = { bytes: true, change: inByteAlphabet };
  return addPrefixSpace || useRegex ? [words, bytes] : [bytes];
}

function inByteAlphabet(piece: Piece): Piece {
  const edits = new Edits();
  for (const character of piece.text) {
    const bytes: number[] = [];
    utf8Of(character, 0, character.length, bytes);
    for (const [i, byte] of bytes.entries()) edits.add(CHARACTER_OF_BYTE[byte] as string, i > 0 ? 1 : 0);
  }
  return edits.applyTo(piece);
}

/** Puts characters before a text; they count as coming from where its first character came from. */
function prepended(piece: Piece, added: string): Piece {
  if (piece.text === '') return piece;
  const text = added + piece.text;
  if (!piece.starts || !piece.ends) return { text };
  const starts = new Int32Array(text.length).fill(piece.starts[0] as number, 0, added.length);
  const ends = new Int32Array(text.length).fill(piece.ends[0] as number, 0, added.length);
  starts.set(piece.starts, added.length);
  ends.set(piece.ends, added.length);
  return { text, starts, ends };
}

function metaspace(part: Record<string, unknown>, path: string): Step {
  const mark = oneCharacter(part.replacement, `${path}.replacement`);
  let scheme = part.prepend_scheme ?? 'always';
  if (scheme !== 'always' && scheme !== 'never' && scheme !== 'first') {
    fail(`${path}.prepend_scheme`, 'always, never or first', scheme);
  }
  if (part.add_prefix_space === false) {
    if (part.prepend_scheme !== undefined && scheme !== 'never') {
      fail(`${path}.prepend_scheme`, 'never, as add_prefix_space is false', scheme);
    }
    scheme = 'never';
  }
  const isMark = characterFinder((code) => code === mark.codePointAt(0));
  const step: Step = {
    change(piece) {
      const marked = withMarks(piece, mark);
      if (scheme === 'never' || marked.text.startsWith(mark)) return marked;
      // Without places the pipeline keeps pieces that are not at the start of the text away from `first`.
      if (scheme === 'first' && (piece.starts?.[0] ?? 0) !== 0) return marked;
      return prepended(marked, mark);
    },
  };
  if (asBoolean(part.split ?? true, `${path}.split`)) {
    step.split = (text, start, end, take) => splitAt(isMark, 'MergedWithNext', false, text, start, end, take);
  }
  return step;
}

function withMarks(piece: Piece, mark: string): Piece {
  if (mark.length === 1) return { ...piece, text: replacer(' ', mark)(piece.text) };
  const edits = new Edits();
  for (const character of piece.text) edits.add(character === ' ' ? mark : character, 0);
  return edits.applyTo(piece);
}

/** Whether the steps look at where in the text a piece comes from, so that they need its places. */
export function needsPlaces(json: JSONPart | null): boolean {
  if (json === null) return false;
  if (Array.isArray(json.pretokenizers))
    return json.pretokenizers.some((one) => needsPlaces(one as JSONPart));
  return json.type === 'Metaspace' && json.prepend_scheme === 'first';
}

function fixedLength(length: number): Scanner {
  return (text, start, end) => {
    let at = start;
    for (let i = 0; i < length && at < end; i++) at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
    return Math.min(at, end);
  };
}
