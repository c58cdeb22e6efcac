import { describeValue, TokenizerError } from '../error.js';
import { asArray, asBoolean, asCount, asObject, asString } from '../format/check.js';
import { BYTE_OF_CODE, utf8Of } from '../model/byte-alphabet.js';
import { type CompileRegex, finderOf } from './patterns.js';
import { Utf8Decoder } from './utf8.js';

/**
 * The last stage: tokens back to text. A decoder takes tokens one by one and passes on what it is sure of,
 * so that whole texts and streams take the same path and cannot differ.
 */
export interface DecodeStep {
  push(token: string): void;
  /** No more tokens come: passes on what was held back. */
  end(): void;
}

/** Makes a step that passes its tokens on to `emit`. */
export type Decoder = (emit: (token: string) => void) => DecodeStep;

/**
 * Builds the decoder that a file describes.
 *
 * Some steps make one token of all. What follows those gets that token in parts: `fused` says so, and steps
 * that cannot work on parts hold them back until the end.
 */
export function decoderFromJSON(json: unknown, path: string, compile?: CompileRegex): Decoder {
  return build(json, path, compile, false)[0];
}

function build(
  json: unknown,
  path: string,
  compile: CompileRegex | undefined,
  fused: boolean,
): [Decoder, fused: boolean] {
  const part = asObject(json, path);
  const type = asString(part.type, `${path}.type`);
  const whole = (decoder: Decoder): [Decoder, boolean] => [
    fused ? chain([joinAll, decoder]) : decoder,
    fused,
  ];
  switch (type) {
    case 'Sequence': {
      const steps: Decoder[] = [];
      for (const [i, one] of asArray(part.decoders, `${path}.decoders`).entries()) {
        const [step, nowFused] = build(one, `${path}.decoders[${i}]`, compile, fused);
        steps.push(step);
        fused = nowFused;
      }
      return [chain(steps), fused];
    }
    case 'Fuse':
      return [each((token) => token), true];
    case 'ByteLevel':
      return [fused ? chain([joinAll, byteLevel]) : byteLevel, true];
    case 'ByteFallback':
      return whole(byteFallback);
    case 'WordPiece':
      return whole(
        wordPiece(asString(part.prefix, `${path}.prefix`), asBoolean(part.cleanup, `${path}.cleanup`)),
      );
    case 'Metaspace': {
      const never = part.prepend_scheme === 'never' || part.add_prefix_space === false;
      return whole(metaspace(asString(part.replacement, `${path}.replacement`), never));
    }
    case 'BPEDecoder':
      return whole(bpe(asString(part.suffix, `${path}.suffix`)));
    case 'CTC':
      return whole(
        ctc(
          asString(part.pad_token, `${path}.pad_token`),
          asString(part.word_delimiter_token, `${path}.word_delimiter_token`),
          asBoolean(part.cleanup, `${path}.cleanup`),
        ),
      );
    case 'Replace': {
      const find = finderOf(part.pattern, `${path}.pattern`, compile);
      const content = asString(part.content, `${path}.content`);
      return whole(each((token) => replaceAll(token, find, content)));
    }
    case 'Strip': {
      const content = asString(part.content, `${path}.content`);
      const start = asCount(part.start, `${path}.start`);
      const stop = asCount(part.stop, `${path}.stop`);
      return fused
        ? [stripStream(content, start, stop), true]
        : [each((token) => strip(token, content, start, stop)), false];
    }
    default:
      throw new TokenizerError(
        `tokenizer.json: ${path}.type is ${describeValue(type)}, which is no decoder; known are BPEDecoder, ByteFallback, ByteLevel, CTC, Fuse, Metaspace, Replace, Sequence, Strip, WordPiece.`,
      );
  }
}

/** Tokens with a space between, as without any decoder. */
export const spaced: Decoder = (emit) => {
  let first = true;
  return {
    push(token) {
      emit(first ? token : ` ${token}`);
      first = false;
    },
    end() {},
  };
};

function chain(steps: readonly Decoder[]): Decoder {
  return (emit) => {
    const made: DecodeStep[] = [];
    for (let i = steps.length - 1; i >= 0; i--) {
      const next = made[0];
      made.unshift((steps[i] as Decoder)(next ? (token) => next.push(token) : emit));
    }
    return {
      push: (token) => (made[0] ? made[0].push(token) : emit(token)),
      end: () => {
        for (const step of made) step.end();
      },
    };
  };
}

function each(change: (token: string) => string): Decoder {
  return (emit) => ({ push: (token) => emit(change(token)), end() {} });
}

/** Holds everything back and passes it on as one. */
const joinAll: Decoder = (emit) => {
  let all = '';
  return {
    push(token) {
      all += token;
    },
    end() {
      emit(all);
      all = '';
    },
  };
};

/** Tokens in GPT-2's alphabet of bytes; a token with any other character stands for itself. */
const byteLevel: Decoder = (emit) => {
  const decoder = new Utf8Decoder();
  return {
    push(token) {
      const bytes: number[] = [];
      for (let i = 0; i < token.length; i++) {
        const byte = BYTE_OF_CODE[token.charCodeAt(i)] ?? -1;
        if (byte < 0) {
          utf8Of(token, 0, token.length, bytes);
          break;
        }
        bytes[i] = byte;
      }
      const text = decoder.push(bytes);
      if (text !== '') emit(text);
    },
    end() {
      const text = decoder.end();
      if (text !== '') emit(text);
    },
  };
};

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

/** Undoes the spaces that splitting put before punctuation, in the order of the reference implementation. */
export function cleanUp(text: string): string {
  return text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
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
