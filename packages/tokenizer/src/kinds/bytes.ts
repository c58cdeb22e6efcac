import { asBoolean, asObject } from '../format/check.js';
import type { JSONPart } from '../format/json.js';
import { BYTE_OF_CODE, CHARACTER_OF_BYTE, utf8Of } from '../model/byte-alphabet.js';
import { chain, type Decoder, joinAll } from '../pipeline/decoders.js';
import type { Encoding } from '../pipeline/encoding.js';
import type { Kinds } from '../pipeline/kinds.js';
import { type Normalizer, perCharacter } from '../pipeline/normalizers.js';
import { finderOf } from '../pipeline/patterns.js';
import {
  asTokenId,
  fixed,
  type PostProcessor,
  sequence,
  type TokenText,
  withOverflow,
} from '../pipeline/postprocessors.js';
import { prepended } from '../pipeline/prepended.js';
import type { Step } from '../pipeline/pretokenizers.js';
import { asBehavior, splitBy } from '../pipeline/split.js';
import { Utf8Decoder } from '../pipeline/utf8.js';
import { gpt2Scanner, gpt2Scanners } from '../scan/gpt2.js';
import { knownScanner } from '../scan/known.js';
import { SPACE } from '../scan/sets.js';

/** What the files of byte-level BPE are made of besides the model: GPT-2, Llama 3, Qwen, DeepSeek, RoBERTa. */
export const byteKinds: Kinds = {
  normalizer: { ByteLevel: (part) => inByteAlphabet(part as JSONPart) },
  scanner: gpt2Scanners,
  preTokenizer: {
    Split(part, path, { regex, kinds }) {
      const behavior = asBehavior(part.behavior, `${path}.behavior`);
      const { Regex } = asObject(part.pattern, `${path}.pattern`);
      const scan =
        behavior === 'Isolated' && typeof Regex === 'string' ? knownScanner(Regex, kinds.scanner) : undefined;
      if (scan) return [{ scan }];
      const find = finderOf(part.pattern, `${path}.pattern`, regex);
      return [splitBy(find, behavior, asBoolean(part.invert, `${path}.invert`, false))];
    },
    ByteLevel: (part, path) =>
      byteSteps(
        asBoolean(part.add_prefix_space, `${path}.add_prefix_space`, true),
        asBoolean(part.use_regex, `${path}.use_regex`, true),
      ),
  },
  postProcessor: {
    ByteLevel: trimmed,
    RobertaProcessing(part, path, context) {
      const [cls, sep] = [asTokenId(part.cls, `${path}.cls`), asTokenId(part.sep, `${path}.sep`)];
      return sequence([trimmed(part, path, context), fixed([[cls], [sep]], [[sep], [sep]], 0)]);
    },
  },
  decoder: {
    ByteLevel: (_part, _path, _context, fused) => [fused ? chain([joinAll, bytesToText]) : bytesToText, true],
  },
};

function byteSteps(addPrefixSpace: boolean, useRegex: boolean): Step[] {
  const words: Step = {};
  if (addPrefixSpace) words.change = (piece) => (piece.text.startsWith(' ') ? piece : prepended(piece, ' '));
  if (useRegex) words.scan = gpt2Scanner();
  const bytes: Step = { bytes: true, change: inByteAlphabet({}).apply };
  return addPrefixSpace || useRegex ? [words, bytes] : [bytes];
}

function inByteAlphabet(part: JSONPart): Normalizer {
  return perCharacter(part, (character) => {
    const bytes: number[] = [];
    utf8Of(character, 0, character.length, bytes);
    return bytes.map((byte) => CHARACTER_OF_BYTE[byte]).join('');
  });
}

function trimmed(
  part: Record<string, unknown>,
  path: string,
  { textOf = () => '' }: { textOf?: TokenText },
): PostProcessor {
  return trimming(
    asBoolean(part.trim_offsets, `${path}.trim_offsets`, true),
    asBoolean(part.add_prefix_space, `${path}.add_prefix_space`, true),
    textOf,
  );
}

/** Takes white space off the ends of offsets. Byte-level tokens write a space as `Ġ`. */
function trimming(trimOffsets: boolean, addPrefixSpace: boolean, textOf: TokenText): PostProcessor {
  const isSpace = (character: string | undefined) =>
    character === 'Ġ' || (character !== undefined && SPACE.has(character.charCodeAt(0)));
  const trim = (part: Encoding): Encoding => {
    for (const [i, offset] of part.offsets.entries()) {
      const token = textOf(part.inputIds[i] as number);
      let leading = 0;
      while (isSpace(token[leading])) leading++;
      let trailing = 0;
      while (isSpace(token[token.length - 1 - trailing])) trailing++;
      if (leading > 0) {
        // A single space at the start of the text may be the one that was added: it has no place to give up.
        if (addPrefixSpace && leading === 1 && (i === 0 || offset[0] === 0)) leading = 0;
        offset[0] = Math.min(offset[0] + leading, offset[1]);
      }
      if (trailing > 0 && offset[1] >= trailing) offset[1] = Math.max(offset[1] - trailing, offset[0]);
    }
    return part;
  };
  return {
    added: () => 0,
    process: (encodings) =>
      trimOffsets ? encodings.map((encoding) => withOverflow(encoding, trim)) : encodings,
  };
}

/** Tokens in GPT-2's alphabet of bytes; a token with any other character stands for itself. */
const bytesToText: Decoder = (emit) => {
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
