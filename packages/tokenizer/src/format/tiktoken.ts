import { describeValue, TokenizerError } from '../error.js';
import { kinds as byteKinds } from '../kinds/bytes.js';
import { scannerKinds } from '../kinds/scanners.js';
import { kinds as splitKinds } from '../kinds/splits.js';
import { BPE } from '../model/bpe.js';
import { CHARACTER_OF_BYTE } from '../model/byte-alphabet.js';
import { Vocab } from '../model/vocab.js';
import { PipelineTokenizer } from '../pipeline/batches.js';
import { joinKinds } from '../pipeline/kinds.js';
import type { CompileRegex } from '../pipeline/patterns.js';
import { CL100K_PATTERN } from '../scan/cl100k.js';
import { GPT2_PATTERN } from '../scan/gpt2.js';
import { O200K_PATTERN } from '../scan/o200k.js';
import { MAX_ID } from './check.js';
import { plainToken } from './json.js';
import { impliedMerges } from './merges-of-scores.js';

/** The encodings whose pattern and special tokens are known by name. */
export type TiktokenName = 'gpt2' | 'r50k_base' | 'p50k_base' | 'cl100k_base' | 'o200k_base';

/** What `tokenizerFromTiktoken` may be told. */
export interface TiktokenOptions {
  /** The split pattern. Default: that of the named encoding. */
  pattern?: string;
  /** Special tokens and their ids. Default: those of the named encoding. */
  specialTokens?: Readonly<Record<string, number>>;
  /** For a pattern that is not built in: `compileRegex` from `@inkstone/tokenizer/regex`. */
  regex?: CompileRegex;
}

const GPT2 = { pattern: GPT2_PATTERN, specialTokens: { '<|endoftext|>': 50256 } };

const NAMED: Readonly<Record<TiktokenName, { pattern: string; specialTokens: Record<string, number> }>> = {
  gpt2: GPT2,
  r50k_base: GPT2,
  p50k_base: GPT2,
  cl100k_base: {
    pattern: CL100K_PATTERN,
    specialTokens: {
      '<|endoftext|>': 100257,
      '<|fim_prefix|>': 100258,
      '<|fim_middle|>': 100259,
      '<|fim_suffix|>': 100260,
      '<|endofprompt|>': 100276,
    },
  },
  o200k_base: {
    pattern: O200K_PATTERN,
    specialTokens: { '<|endoftext|>': 199999, '<|endofprompt|>': 200018 },
  },
};

/**
 * The tokenizer of a tiktoken rank file: lines of a token's bytes in base64, a space and its rank, which is
 * both its id and how early it is merged.
 *
 * @param ranks the file's text.
 * @param encoding its name; with another name, `options` must bring pattern and special tokens.
 */
export function tokenizerFromTiktoken(
  ranks: string,
  encoding: TiktokenName | string,
  options: TiktokenOptions = {},
): PipelineTokenizer {
  const named = Object.hasOwn(NAMED, encoding) ? NAMED[encoding as TiktokenName] : undefined;
  const pattern = options.pattern ?? named?.pattern;
  if (pattern === undefined) {
    throw new TokenizerError(
      `tokenizerFromTiktoken: ${describeValue(encoding)} is not one of ${Object.keys(NAMED).join(', ')}; pass its pattern.`,
    );
  }
  const vocab = readRanks(ranks);
  const merges = impliedMerges(vocab);
  const special = Object.entries(options.specialTokens ?? named?.specialTokens ?? {});
  // In the vocabulary too, since there may be a gap between its ids and theirs.
  for (const [token, id] of special) vocab.set(token, id);
  return new PipelineTokenizer({
    model: new BPE(vocab, merges, { ignoreMerges: true }),
    kinds: joinKinds(byteKinds, scannerKinds, splitKinds),
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    postProcessor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    addedTokens: special.map(([content, id]) => plainToken(id, content)),
    regex: options.regex,
  });
}

function readRanks(text: string): Vocab {
  const vocab = new Vocab();
  const token: number[] = [];
  let line = 0;
  for (const entry of text.split('\n')) {
    line++;
    const trimmed = entry.trim();
    if (trimmed === '') continue;
    const space = trimmed.indexOf(' ');
    const rank = trimmed.slice(space + 1);
    const id = space > 0 && /^\d{1,8}$/.test(rank) ? Number(rank) : -1;
    if (id < 0 || id > MAX_ID) {
      throw new TokenizerError(
        `tiktoken file: line ${line} must be base64, a space and a rank, but is ${describeValue(entry)}.`,
      );
    }
    const length = tokenOf(trimmed, space, token);
    if (length < 0) {
      const encoded = describeValue(trimmed.slice(0, space));
      throw new TokenizerError(`tiktoken file: line ${line}: ${encoded} is not base64.`);
    }
    if (vocab.find(token, 0, length) >= 0)
      throw new TokenizerError(`tiktoken file: line ${line} has a token that was there before.`);
    if (vocab.token(id) !== undefined)
      throw new TokenizerError(`tiktoken file: line ${line} has the rank ${id}, which was there before.`);
    vocab.add(token, 0, length, id);
  }
  return vocab;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** The value of each digit of base64 by its code, -1 for other characters. */
const VALUE_OF_DIGIT = /* @__PURE__ */ Int8Array.from({ length: 128 }, (_, code) =>
  DIGITS.indexOf(String.fromCharCode(code)),
);

/** Reads the base64 in `text[0, end)` into the UTF-8 of its bytes in the byte-level alphabet; how much, or -1. */
function tokenOf(text: string, end: number, token: number[]): number {
  let digits = end;
  while (digits > end - 2 && text.charCodeAt(digits - 1) === 0x3d) digits--;
  if (digits % 4 === 1 || (digits < end && end % 4 !== 0)) return -1;
  let bits = 0;
  let length = 0;
  for (let i = 0; i < digits; i++) {
    const value = VALUE_OF_DIGIT[text.charCodeAt(i)] ?? -1;
    if (value < 0) return -1;
    bits = (bits << 6) | value;
    if (i % 4 === 0) continue;
    const byte = (bits >> (6 - 2 * (i % 4))) & 0xff;
    const code = (CHARACTER_OF_BYTE[byte] as string).charCodeAt(0);
    if (code >= 0x80) token[length++] = 0xc0 | (code >> 6);
    token[length++] = code < 0x80 ? code : 0x80 | (code & 0x3f);
  }
  return length;
}
