import { asBoolean, asCount, asString, fail, oneCharacter } from '../format/check.js';
import { type Decoder, each, whole } from '../pipeline/decoders.js';
import type { Kinds } from '../pipeline/kinds.js';
import { inParts } from '../pipeline/parts.js';
import { finderOf } from '../pipeline/patterns.js';
import { type Change, type Edits, prepending } from '../pipeline/piece.js';
import type { Step } from '../pipeline/pretokenizers.js';
import { characterFinder, splitAt, splitBy } from '../pipeline/split.js';
import { Utf8Decoder } from '../pipeline/utf8.js';
import { SPACE } from '../scan/sets.js';

/** What the files of SentencePiece's models are made of besides the model: Llama 2, Gemma, T5. */
export const kinds: Kinds = {
  normalizer: {
    Strip: (part, path) => [
      stripped(
        asBoolean(part.strip_left, `${path}.strip_left`),
        asBoolean(part.strip_right, `${path}.strip_right`),
      ),
    ],
    Replace: (part, path, { regex }) => [
      replace(
        finderOf(part.pattern, `${path}.pattern`, regex),
        asString(part.content, `${path}.content`),
        part.pattern,
      ),
    ],
    Prepend: (part, path) => [prepending(asString(part.prepend, `${path}.prepend`))],
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

function stripped(left: boolean, right: boolean): Change {
  const bounds = (text: string): [number, number] => {
    let start = 0;
    let end = text.length;
    // All white space lies in the Basic Multilingual Plane.
    while (left && start < end && SPACE.has(text.charCodeAt(start))) start++;
    while (right && end > start && SPACE.has(text.charCodeAt(end - 1))) end--;
    return [start, end];
  };
  return {
    normalize: (text) => text.slice(...bounds(text)),
    edit(text, edits) {
      const [start, end] = bounds(text);
      for (let i = 0; i < start; i++) edits.drop();
      for (const character of text.slice(start, end)) edits.add(character, 0);
    },
  };
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

function replace(find: ReturnType<typeof finderOf>, content: string, pattern: unknown): Change {
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
  return { normalize: all ?? ((text) => replaceAll(text, find, content)), edit };
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
  const marked: Change = {
    normalize: replacer(' ', mark),
    // A mark that takes two units leaves no unit its place.
    edit:
      mark.length === 1
        ? undefined
        : (text, edits) => {
            for (const character of text) edits.add(character === ' ' ? mark : character, 0);
          },
  };
  const before = prepending(mark);
  const step: Step = {
    places: scheme === 'first',
    change(piece) {
      const changed = piece.change(marked);
      if (scheme === 'never' || changed.text.startsWith(mark)) return changed;
      return scheme === 'first' && piece.start !== 0 ? changed : changed.change(before);
    },
  };
  if (asBoolean(part.split ?? true, `${path}.split`)) {
    step.split = (text, start, end, take) => splitAt(isMark, 'MergedWithNext', false, text, start, end, take);
  }
  return step;
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
