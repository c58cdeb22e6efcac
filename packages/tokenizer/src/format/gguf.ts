import { describeValue } from '../error.js';
import { kinds as bertKinds } from '../kinds/bert.js';
import { kinds as byteKinds } from '../kinds/bytes.js';
import { scannerKinds } from '../kinds/scanners.js';
import { kinds as splitKinds } from '../kinds/splits.js';
import { kinds as unicodeKinds } from '../kinds/unicode.js';
import { BPE, mergesFromJSON } from '../model/bpe.js';
import { Vocab } from '../model/vocab.js';
import { WordPiece } from '../model/wordpiece.js';
import { PipelineTokenizer } from '../pipeline/batches.js';
import { joinKinds } from '../pipeline/kinds.js';
import type { CompileRegex } from '../pipeline/patterns.js';
import { CL100K_PATTERN, QWEN_PATTERN } from '../scan/cl100k.js';
import { GPT2_PATTERN } from '../scan/gpt2.js';
import { O200K_PATTERN } from '../scan/o200k.js';
import { type AddedTokenJSON, type JSONPart, plainToken } from './json.js';
import { ByteReader } from './reader.js';
import { PIECE, pipelineOf } from './sentencepiece.js';

/** What `tokenizerFromGGUF` may be told. */
export interface GGUFOptions {
  /** The split pattern, where the file names one that is not known here. */
  pattern?: string;
  regex?: CompileRegex;
}

/** The split patterns by `tokenizer.ggml.pre`, as llama.cpp names them. */
const PATTERNS: Readonly<Record<string, string>> = {
  'gpt-2': GPT2_PATTERN,
  default: GPT2_PATTERN,
  'llama-bpe': CL100K_PATTERN,
  llama3: CL100K_PATTERN,
  'llama-v3': CL100K_PATTERN,
  qwen2: QWEN_PATTERN,
  'gpt-4o': O200K_PATTERN,
};

/**
 * The tokenizer inside a GGUF file (llama.cpp's format), version 2 or 3. Only the file's start, with the
 * metadata, is needed.
 *
 * @throws TokenizerError for a file that is cut off or broken, or has a tokenizer of an unknown kind.
 */
export function tokenizerFromGGUF(bytes: Uint8Array, options: GGUFOptions = {}): PipelineTokenizer {
  const reader = new ByteReader(bytes, 'GGUF file');
  const meta = readMetadata(reader);
  const tokens = textsOf(reader, meta, 'tokens');
  const types =
    (meta.get('tokenizer.ggml.token_type') as number[] | undefined) ?? tokens.map(() => PIECE.normal);
  const kind = meta.get('tokenizer.ggml.model');
  switch (kind) {
    case 'gpt2':
      return byteLevel(reader, meta, tokens, types, options);
    case 'llama':
    case 't5': {
      const scores =
        (meta.get('tokenizer.ggml.scores') as number[] | undefined) ?? tokens.map((_, id) => -id);
      return pipelineOf(
        {
          pieces: tokens.map((text, id) => ({
            text,
            score: scores[id] ?? 0,
            type: types[id] ?? PIECE.normal,
          })),
          isBPE: kind === 'llama',
          byteFallback: types.includes(PIECE.byte),
          charsmap: Uint8Array.from(
            (meta.get('tokenizer.ggml.precompiled_charsmap') as number[] | undefined) ?? [],
          ),
          addDummyPrefix: meta.get('tokenizer.ggml.add_space_prefix') !== false,
          removeExtraWhitespaces: meta.get('tokenizer.ggml.remove_extra_whitespaces') === true,
        },
        {
          addBosToken: meta.get('tokenizer.ggml.add_bos_token') === true,
          addEosToken: meta.get('tokenizer.ggml.add_eos_token') === true,
          ...(options.regex ? { regex: options.regex } : {}),
        },
      );
    }
    case 'bert':
      return bert(tokens, types, meta);
    default:
      return reader.fail(
        `tokenizer.ggml.model ${describeValue(kind)}, which is none of gpt2, llama, t5, bert,`,
      );
  }
}

type Value = number | boolean | string | Value[];
type Metadata = Map<string, Value>;

/** Bytes of each number type by its code; 7 is a boolean, 8 text, 9 an array. */
const SIZES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

function readMetadata(reader: ByteReader): Metadata {
  if (reader.text(4) !== 'GGUF') reader.fail('no GGUF signature');
  const version = reader.u32();
  if (version !== 2 && version !== 3) reader.fail(`version ${version}, where 2 or 3 is known,`);
  reader.u64();
  const count = reader.u64();
  const meta: Metadata = new Map();
  for (let i = 0; i < count; i++) {
    const key = reader.text(reader.u64());
    const type = reader.u32();
    // What is not about the tokenizer is passed over.
    const value = readValue(reader, type, key.startsWith('tokenizer.'), 0);
    if (value !== undefined) meta.set(key, value);
  }
  return meta;
}

function readValue(reader: ByteReader, type: number, wanted: boolean, depth: number): Value | undefined {
  if (type === 8) {
    const length = reader.u64();
    if (wanted) return reader.text(length);
    reader.skip(length);
    return undefined;
  }
  if (type === 9) return readArray(reader, wanted, depth);
  const size = SIZES[type];
  if (size === undefined) return reader.fail(`value type ${type}, which is none of GGUF's,`);
  if (!wanted) {
    reader.skip(size);
    return undefined;
  }
  if (type === 4) return reader.u32();
  if (type === 5) return reader.i32();
  if (type === 6) return reader.f32();
  if (type === 10 || type === 11) return reader.u64();
  const at = reader.skip(size);
  const byte = reader.bytes[at] as number;
  if (type === 7) return byte !== 0;
  return type === 1 ? (byte << 24) >> 24 : type === 0 ? byte : byte | ((reader.bytes[at + 1] ?? 0) << 8);
}

function readArray(reader: ByteReader, wanted: boolean, depth: number): Value[] | undefined {
  if (depth > 4) reader.fail('arrays nested too deep');
  const type = reader.u32();
  const count = reader.u64();
  const size = SIZES[type];
  // Even an empty text takes eight bytes, so a count that the file cannot hold is found before anything is stored.
  const least = (size ?? 8) * count;
  if (least > reader.end - reader.at) reader.fail(`an array of ${count}, more than the file holds,`);
  if (!wanted && size !== undefined) {
    reader.skip(size * count);
    return undefined;
  }
  const values: Value[] = [];
  for (let i = 0; i < count; i++) {
    const value = readValue(reader, type, wanted, depth + 1);
    if (value !== undefined) values.push(value);
  }
  return values;
}

function textsOf(reader: ByteReader, meta: Metadata, field: string): string[] {
  const values = meta.get(`tokenizer.ggml.${field}`);
  if (!Array.isArray(values) || values.some((value) => typeof value !== 'string')) {
    return reader.fail(`tokenizer.ggml.${field}, which must be an array of texts, is not one`);
  }
  return values as string[];
}

function addedOf(tokens: readonly string[], types: readonly number[]): AddedTokenJSON[] {
  return tokens.flatMap((content, id) => {
    const type = types[id];
    if (type !== PIECE.control && type !== PIECE.userDefined) return [];
    return [plainToken(id, content, type === PIECE.control)];
  });
}

/** `before` and `after` the text by the ids that the metadata names. */
function templateOf(meta: Metadata, tokens: readonly string[], first: string, last: string): JSONPart | null {
  const special_tokens: JSONPart = {};
  const token = (flag: string, field: string, type_id: number): JSONPart[] => {
    const id = meta.get(`tokenizer.ggml.${field}_token_id`);
    const content = typeof id === 'number' ? tokens[id] : undefined;
    if (meta.get(`tokenizer.ggml.${flag}`) !== true || typeof id !== 'number' || content === undefined)
      return [];
    special_tokens[content] = { id: content, ids: [id], tokens: [content] };
    return [{ SpecialToken: { id: content, type_id } }];
  };
  const part = (id: string, type_id: number): JSONPart[] => [
    ...token('add_bos_token', first, type_id),
    { Sequence: { id, type_id } },
    ...token('add_eos_token', last, type_id),
  ];
  const single = part('A', 0);
  if (single.length === 1) return null;
  return { type: 'TemplateProcessing', single, pair: [...single, ...part('B', 1)], special_tokens };
}

function byteLevel(
  reader: ByteReader,
  meta: Metadata,
  tokens: readonly string[],
  types: readonly number[],
  options: GGUFOptions,
): PipelineTokenizer {
  const pre = meta.get('tokenizer.ggml.pre') ?? 'default';
  const pattern =
    options.pattern ?? (typeof pre === 'string' && Object.hasOwn(PATTERNS, pre) ? PATTERNS[pre] : undefined);
  if (pattern === undefined)
    return reader.fail(
      `tokenizer.ggml.pre ${describeValue(pre)}, whose pattern is not known (pass { pattern }),`,
    );
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return new PipelineTokenizer({
    kinds: joinKinds(byteKinds, scannerKinds, splitKinds, unicodeKinds),
    model: new BPE(Vocab.fromTokens(tokens), mergesFromJSON(textsOf(reader, meta, 'merges')), {
      ignoreMerges: pre === 'llama-bpe' || pre === 'gpt-4o',
    }),
    normalizer: pre === 'qwen2' ? { type: 'NFC' } : null,
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
        bytes,
      ],
    },
    postProcessor: templateOf(meta, tokens, 'bos', 'eos'),
    decoder: bytes,
    addedTokens: addedOf(tokens, types),
    regex: options.regex,
  });
}

/** GGUF writes word starts with `▁` and nothing before continuing pieces; the model wants it the other way round. */
function bert(tokens: readonly string[], types: readonly number[], meta: Metadata): PipelineTokenizer {
  const pieces = tokens.map((token, id) => {
    if (types[id] === PIECE.control || /^\[.*\]$/.test(token)) return token;
    return token.startsWith('▁') ? token.slice(1) : `##${token}`;
  });
  const withBounds = new Map(meta);
  withBounds.set('tokenizer.ggml.add_bos_token', true).set('tokenizer.ggml.add_eos_token', true);
  const cls = meta.has('tokenizer.ggml.cls_token_id') ? 'cls' : 'bos';
  const sep = meta.has('tokenizer.ggml.seperator_token_id') ? 'seperator' : 'eos';
  return new PipelineTokenizer({
    kinds: bertKinds,
    model: new WordPiece(Vocab.fromTokens(pieces)),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    preTokenizer: { type: 'BertPreTokenizer' },
    postProcessor: templateOf(withBounds, pieces, cls, sep),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    addedTokens: addedOf(pieces, types),
  });
}
