import { asBoolean, asObject, fail } from '../format/check.js';
import { BYTE_OF_CODE, CHARACTER_OF_BYTE, utf8Of } from '../model/byte-alphabet.js';
import { chain, type Decoder, joinAll } from '../pipeline/decoders.js';
import type { Kinds } from '../pipeline/kinds.js';
import { perCharacter } from '../pipeline/normalizers.js';
import { type Change, prepending } from '../pipeline/piece.js';
import { asTokenId, type PostProcessor } from '../pipeline/postprocessors.js';
import type { Step } from '../pipeline/pretokenizers.js';
import { Utf8Decoder } from '../pipeline/utf8.js';
import { gpt2Scanner, gpt2Scanners } from '../scan/gpt2.js';
import { knownScanner } from '../scan/known.js';

/** What the files of byte-level BPE are made of besides the model: GPT-2, Llama 3, Qwen, DeepSeek, RoBERTa. */
export const kinds: Kinds = {
  normalizer: { ByteLevel: () => [inByteAlphabet()] },
  scanner: gpt2Scanners,
  preTokenizer: {
    Split(part, path, context) {
      const { Regex } = asObject(part.pattern, `${path}.pattern`);
      const { scanner, splitter } = context.kinds;
      const scan =
        part.behavior === 'Isolated' && typeof Regex === 'string' ? knownScanner(Regex, scanner) : undefined;
      if (scan) return [{ scan }];
      const build = splitter?.['Split by others'] ?? fail(`${path}.pattern`, 'a built-in one', part.pattern);
      return build(part, path, context);
    },
    ByteLevel: (part, path) =>
      byteSteps(
        asBoolean(part.add_prefix_space, `${path}.add_prefix_space`, true),
        asBoolean(part.use_regex, `${path}.use_regex`, true),
      ),
  },
  postProcessor: {
    ByteLevel: trimmed,
    RobertaProcessing(part, path) {
      const [cls, sep] = [asTokenId(part.cls, `${path}.cls`), asTokenId(part.sep, `${path}.sep`)];
      const around = [
        [[cls], [sep]],
        [[sep], [sep]],
      ] as const;
      return [...trimmed(part, path), { around, typeOfSecond: 0 }];
    },
  },
  decoder: {
    ByteLevel: (_part, _path, _context, fused) => [fused ? chain([joinAll, bytesToText]) : bytesToText, true],
  },
};

function byteSteps(addPrefixSpace: boolean, useRegex: boolean): Step[] {
  const words: Step = {};
  const space = prepending(' ');
  const alphabet = inByteAlphabet();
  if (addPrefixSpace) words.change = (piece) => (piece.text.startsWith(' ') ? piece : piece.change(space));
  if (useRegex) words.scan = gpt2Scanner();
  const bytes: Step = { bytes: true, change: (piece) => piece.change(alphabet) };
  return addPrefixSpace || useRegex ? [words, bytes] : [bytes];
}

function inByteAlphabet(): Change {
  return perCharacter((character) => {
    const bytes: number[] = [];
    utf8Of(character, 0, character.length, bytes);
    return bytes.map((byte) => CHARACTER_OF_BYTE[byte]).join('');
  });
}

function trimmed(part: Record<string, unknown>, path: string): PostProcessor {
  const trimOffsets = asBoolean(part.trim_offsets, `${path}.trim_offsets`, true);
  const addPrefixSpace = asBoolean(part.add_prefix_space, `${path}.add_prefix_space`, true);
  return [{ trimOffsets, addPrefixSpace }];
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
