/** Files of the common families with next to no vocabulary: each names what a published file of its family names. */

const part = (type: string, fields: object = {}) => ({ type, ...fields });
const byteLevel = part('ByteLevel', { add_prefix_space: false, trim_offsets: true, use_regex: true });
const bytes = part('ByteLevel', { add_prefix_space: false, trim_offsets: false, use_regex: false });
const metaspace = part('Metaspace', { replacement: '▁', prepend_scheme: 'always', split: true });
const space = { String: ' ' };
const mark = { String: '▁' };

const alphabet = Array.from({ length: 256 }, (_, byte) => byte).map((byte, _, all) => {
  const visible = (b: number) => (b > 0x20 && b < 0x7f) || (b > 0xa0 && b !== 0xad);
  const hidden = all.filter((b) => b < byte && !visible(b)).length;
  return String.fromCharCode(visible(byte) ? byte : 0x100 + hidden);
});
const byteVocab = Object.fromEntries(['<s>', 'a', 'b', 'ĠĠ', 'ab'].map((token, id) => [token, id]));
for (const character of alphabet) byteVocab[character] ??= Object.keys(byteVocab).length;
const byteBPE = part('BPE', { vocab: byteVocab, merges: ['a b', 'Ġ Ġ'] });

const around = (first: string, last: string, vocab: Record<string, number>) => {
  const tokens = [first, last].filter(Boolean);
  const token = (id: string) => (id ? [{ SpecialToken: { id, type_id: 0 } }] : []);
  const single = [...token(first), { Sequence: { id: 'A', type_id: 0 } }, ...token(last)];
  return part('TemplateProcessing', {
    single,
    pair: [...single, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: Object.fromEntries(tokens.map((id) => [id, { id, ids: [vocab[id]], tokens: [id] }])),
  });
};

const bertVocab = { '[UNK]': 0, '[CLS]': 1, '[SEP]': 2, ab: 3, a: 4, '##ab': 5, ',': 6, b: 7 };
const llamaVocab = { '<unk>': 0, '<s>': 1, '▁': 2, a: 3, b: 4, ab: 5, '▁ab': 6, '<0x2C>': 7 };
const t5Vocab = { '<pad>': 0, '</s>': 1, '<unk>': 2, '▁': 3, a: 4, b: 5, ab: 6, '▁ab': 7, ',': 8 };

const qwenPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

export const TINY_FILES: Readonly<Record<string, object>> = {
  'GPT-2': {
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: byteBPE,
  },
  Qwen: {
    normalizer: part('NFC'),
    pre_tokenizer: part('Sequence', {
      pretokenizers: [
        part('Split', { pattern: { Regex: qwenPattern }, behavior: 'Isolated', invert: false }),
        bytes,
      ],
    }),
    post_processor: bytes,
    decoder: bytes,
    model: byteBPE,
  },
  BERT: {
    normalizer: part('BertNormalizer', {
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    }),
    pre_tokenizer: part('BertPreTokenizer'),
    post_processor: around('[CLS]', '[SEP]', bertVocab),
    decoder: part('WordPiece', { prefix: '##', cleanup: true }),
    model: part('WordPiece', { unk_token: '[UNK]', vocab: bertVocab }),
  },
  'Llama 2': {
    normalizer: part('Sequence', {
      normalizers: [part('Prepend', { prepend: '▁' }), part('Replace', { pattern: space, content: '▁' })],
    }),
    post_processor: around('<s>', '', llamaVocab),
    decoder: part('Sequence', {
      decoders: [
        part('Replace', { pattern: mark, content: ' ' }),
        part('ByteFallback'),
        part('Fuse'),
        part('Strip', { content: ' ', start: 1, stop: 0 }),
      ],
    }),
    model: part('BPE', {
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: true,
      vocab: llamaVocab,
      merges: ['a b', '▁ ab'],
    }),
  },
  T5: {
    normalizer: part('Precompiled', { precompiled_charsmap: 'AAAAAA==' }),
    pre_tokenizer: part('Sequence', { pretokenizers: [part('WhitespaceSplit'), metaspace] }),
    post_processor: around('', '</s>', t5Vocab),
    decoder: metaspace,
    model: part('Unigram', {
      unk_id: 2,
      vocab: Object.keys(t5Vocab).map((token, id) => [token, -id]),
      byte_fallback: false,
    }),
  },
};
