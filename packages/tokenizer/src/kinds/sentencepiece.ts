import { asBoolean, asCount, asString, fail, oneCharacter } from '../format/check.js';
import type { JSONPart } from '../format/json.js';
import { type Decoder, each, whole } from '../pipeline/decoders.js';
import type { Kinds } from '../pipeline/kinds.js';
import { type Normalizer, normalizer } from '../pipeline/normalizers.js';
import { inParts } from '../pipeline/parts.js';
import { finderOf } from '../pipeline/patterns.js';
import { Edits, type Piece } from '../pipeline/piece.js';
import { prepended } from '../pipeline/prepended.js';
import type { Step } from '../pipeline/pretokenizers.js';
import { characterFinder, splitAt, splitBy } from '../pipeline/split.js';
import { Utf8Decoder } from '../pipeline/utf8.js';
import { SPACE } from '../scan/sets.js';

/** What the files of SentencePiece's models are made of besides the model: Llama 2, Gemma, T5. */
export const sentencePieceKinds: Kinds = {
  normalizer: {
    Strip: (part, path) =>
      stripped(
        part as JSONPart,
        asBoolean(part.strip_left, `${path}.strip_left`),
        asBoolean(part.strip_right, `${path}.strip_right`),
      ),
    Replace: (part, path, { regex }) =>
      replace(
        part as JSONPart,
        finderOf(part.pattern, `${path}.pattern`, regex),
        asString(part.content, `${path}.content`),
        part.pattern,
      ),
    Prepend: (part, path) => prepend(part as JSONPart, asString(part.prepend, `${path}.prepend`)),
  },
  preTokenizer: {
    Metaspace: (part, path) => [marks(part, path)],
    WhitespaceSplit: () => [
      splitBy(
        characterFinder((code) => SPACE.has(code)),
        'Removed',
      ),
    ],
  },
  decoder: {
    Fuse: () => [each((token) => token), true],
    ByteFallback: (_part, _path, _context, fused) => whole(byteFallback, fused),
    Metaspace(part, path, _, fused) {
      const never = part.prepend_scheme === 'never' || part.add_prefix_space === false;
      return whole(metaspace(asString(part.replacement, `${path}.replacement`), never), fused);
    },
    Replace(part, path, { regex }, fused) {
      const find = finderOf(part.pattern, `${path}.pattern`, regex);
      const content = asString(part.content, `${path}.content`);
      return whole(
        each((token) => replaceAll(token, find, content)),
        fused,
      );
    },
    Strip(part, path, _, fused) {
      const content = asString(part.content, `${path}.content`);
      const start = asCount(part.start, `${path}.start`);
      const stop = asCount(part.stop, `${path}.stop`);
      return fused
        ? [stripStream(content, start, stop), true]
        : [each((token) => strip(token, content, start, stop)), false];
    },
  },
};

function stripped(json: JSONPart, left: boolean, right: boolean): Normalizer {
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

/**
 * Replaces every occurrence of a text that is not empty. (`replaceAll` takes over thirty bytes for each, outside of
 * the heap.)
 */
function replacer(literal: string, content: string): (text: string) => string {
  const replace = (text: string) => text.split(literal).join(content);
  const all = literal.length === 1 ? inParts(replace) : replace;
  return (text) => (text.includes(literal) ? all(text) : text);
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

function marks(part: Record<string, unknown>, path: string): Step {
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

const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/** `<0x..>` tokens to text, run by run; a run that is not UTF-8 becomes one U+FFFD per byte. */
const byteFallback: Decoder = (emit) => {
  let run: number[] = [];
  const flush = () => {
    if (run.length === 0) return;
    const text = new Utf8Decoder().whole(run);
    if (text !== undefined) emit(text);
    else for (const _ of run) emit('\ufffd');
    run = [];
  };
  return {
    push(token) {
      const byte = BYTE_TOKEN.exec(token);
      if (byte) {
        run.push(Number.parseInt(byte[1] as string, 16));
        return;
      }
      flush();
      emit(token);
    },
    end: flush,
  };
};

function metaspace(mark: string, never: boolean): Decoder {
  return (emit) => {
    let first = true;
    return {
      push(token) {
        emit(token.replaceAll(mark, first && !never ? '' : ' '));
        first = false;
      },
      end() {},
    };
  };
}

function replaceAll(text: string, find: ReturnType<typeof finderOf>, content: string): string {
  let changed = '';
  let at = 0;
  for (let match = find(text, 0, text.length); match; match = find(text, at, text.length)) {
    changed += text.slice(at, match[0]) + content;
    at = match[1];
    if (match[0] === match[1]) break;
  }
  return changed + text.slice(at);
}

function strip(token: string, content: string, start: number, stop: number): string {
  let from = 0;
  for (let i = 0; i < start && token.startsWith(content, from); i++) from += content.length;
  let to = token.length;
  for (let i = 0; i < stop && to > from && token.endsWith(content, to); i++) to -= content.length;
  return token.slice(from, to);
}

/** The same on one token that comes in parts: holds back what the end might still take away. */
function stripStream(content: string, start: number, stop: number): Decoder {
  return (emit) => {
    let left = start;
    let held = '';
    return {
      push(token) {
        held += token;
        while (left > 0 && held.startsWith(content)) {
          held = held.slice(content.length);
          left--;
        }
        if (held === '') return;
        left = 0;
        let keep = held.length;
        for (let i = 0; i < stop && keep > 0 && held.endsWith(content, keep); i++) keep -= content.length;
        if (keep > 0) emit(held.slice(0, keep));
        held = held.slice(keep);
      },
      end() {
        emit(strip(held, content, 0, stop));
        held = '';
      },
    };
  };
}
