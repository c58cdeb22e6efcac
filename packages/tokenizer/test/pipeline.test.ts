import { Tokenizer as HuggingFace } from '@inkstone/peers/hugging-face';
import { describe, expect, test } from 'vitest';
import { pipelineFromJSON, TokenizerError } from '../src/index.js';
import { compareOver } from './support/compare.js';
import { families } from './support/families.js';

const CHARACTERS = [
  ...new Set(
    ' ▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJéüñßøçàÅ的是一不了在人有我他这中大来上国，。！0123456789\'"!?.,=-_*#/[]<>|',
  ),
];
const PIECES: [string, number][] = [
  ['<unk>', 0],
  ['</s>', 0],
  ...CHARACTERS.map((character, i): [string, number] => [character, -5 - i * 0.013]),
  ['▁the', -3],
  ['ab', -4.1],
  ['abc', -6],
  ['中国', -5.5],
  ['▁▁', -7.3],
  ['--', -4],
  ['----', -6.2],
  ['==', -5],
];
const unigram = { type: 'Unigram', unk_id: 0, vocab: PIECES, byte_fallback: false };
const metaspace = (prepend_scheme: string, split: boolean) => ({
  type: 'Metaspace',
  replacement: '▁',
  prepend_scheme,
  split,
});
const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };
const added = (id: number, content: string, flags: object = {}) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...flags,
});

/** Pipelines that together use every part but those of the published vocabularies. */
const PIPELINES: Record<string, object> = {
  'Metaspace before the first word, added tokens of every kind': {
    pre_tokenizer: metaspace('first', true),
    decoder: metaspace('first', true),
    model: unigram,
    added_tokens: [
      added(1, '</s>', { lstrip: true, rstrip: true, normalized: true }),
      added(PIECES.length, '[MASK]', { single_word: true, normalized: true, special: false }),
    ],
  },
  'NFKC, lower case, strip; no decoder': {
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFKC' },
        { type: 'Lowercase' },
        { type: 'Strip', strip_left: true, strip_right: true },
      ],
    },
    pre_tokenizer: metaspace('always', false),
    model: unigram,
  },
  'Nmt, NFC, no accents; white space, digits, punctuation; BPEDecoder': {
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'Nmt' }, { type: 'NFC' }, { type: 'StripAccents' }],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Whitespace' },
        { type: 'Digits', individual_digits: true },
        { type: 'Punctuation', behavior: 'MergedWithPrevious' },
      ],
    },
    decoder: { type: 'BPEDecoder', suffix: '</w>' },
    model: unigram,
  },
  'fixed length, delimiter; CTC': {
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'FixedLength', length: 5 },
        { type: 'CharDelimiterSplit', delimiter: 'a' },
      ],
    },
    decoder: { type: 'CTC', pad_token: 'a', word_delimiter_token: 'b', cleanup: true },
    model: unigram,
  },
  'ByteLevel as a normalizer': {
    normalizer: { type: 'ByteLevel' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Digits', individual_digits: false }],
    },
    decoder: byteLevel,
    model: unigram,
  },
  'Prepend, ByteLevel with a prefix space, RobertaProcessing': {
    normalizer: { type: 'Prepend', prepend: 'xy' },
    pre_tokenizer: byteLevel,
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['</s>', 1],
      cls: ['<unk>', 0],
      trim_offsets: true,
      add_prefix_space: true,
    },
    decoder: byteLevel,
    model: { type: 'WordLevel', vocab: { '<unk>': 0, '</s>': 1, Ġthe: 2, Ġ: 3 }, unk_token: '<unk>' },
  },
  'RobertaProcessing, added tokens that take spaces along': {
    pre_tokenizer: byteLevel,
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['</s>', 1],
      cls: ['<unk>', 0],
      trim_offsets: true,
      add_prefix_space: false,
    },
    model: { type: 'WordLevel', vocab: { '<unk>': 0, '</s>': 1, Ġthe: 2, Ġ: 3 }, unk_token: '<unk>' },
    added_tokens: [added(1, '</s>', { rstrip: true }), added(4, '[MASK]', { lstrip: true })],
  },
  'BPE with an end-of-word suffix, BertProcessing': {
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['b', 2], cls: ['a', 1] },
    decoder: { type: 'BPEDecoder', suffix: '</w>' },
    model: {
      type: 'BPE',
      vocab: {
        '<unk>': 0,
        a: 1,
        b: 2,
        c: 3,
        'a</w>': 4,
        'b</w>': 5,
        'c</w>': 6,
        ab: 7,
        'abc</w>': 8,
        'bc</w>': 9,
        aa: 10,
        'aab</w>': 11,
        'ab</w>': 12,
      },
      merges: ['a b', 'b c</w>', 'a bc</w>', 'ab c</w>', 'a a', 'a b</w>', 'a ab</w>'],
      unk_token: '<unk>',
      end_of_word_suffix: '</w>',
      fuse_unk: true,
    },
  },
  'added tokens that take white space along, before and after lower case': {
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'WhitespaceSplit' },
    model: unigram,
    added_tokens: [
      added(PIECES.length, '[SEP]', { lstrip: true, rstrip: true, normalized: true }),
      added(PIECES.length + 1, '<bos>', { single_word: true, lstrip: true }),
      added(PIECES.length - 1, '==', { rstrip: true, special: false }),
    ],
  },
};

const file = (parts: object) =>
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

describe.each(Object.entries(PIPELINES))('%s', (_, parts) => {
  test('ids, offsets, words and text are those of the reference', async () => {
    expect(await compareOver(file(parts), { count: 2000, seed: 4 })).toEqual([]);
  });
});

/** On bytes, so that the ids tell every character, and over all characters of Unicode, each among marks. */
describe.each(['NFC', 'NFD', 'NFKC', 'NFKD'])('%s', (type) => {
  const gpt2 = JSON.parse(families['GPT-2']?.() as string);
  const json = JSON.stringify({ ...gpt2, normalizer: { type } });
  const ours = pipelineFromJSON(json);
  const theirs = HuggingFace.fromString(json);

  test('is that of the reference, whatever Unicode the engine has', async () => {
    const texts: string[] = [];
    for (let code = 0; code < 0x110000; code++) {
      const character = String.fromCodePoint(code);
      if (/[\p{Cn}\p{Cs}\p{Co}\p{Unified_Ideograph}]|[가-힣]/u.test(character)) continue;
      if (texts.length === 0 || (texts.at(-1) as string).length > 2000) texts.push('');
      texts.push(`${texts.pop()}a${character}\u0323\u0301${character}.`);
    }
    const encodings = await theirs.encodeBatch(texts);
    for (const [i, text] of texts.entries()) expect(ours.encode(text)).toEqual(encodings[i]?.getIds());
  });

  test('over random texts too', async () => {
    expect(await compareOver(json, { count: 1000, seed: 6 })).toEqual([]);
  });
});

describe('text that is not valid', () => {
  test('survives a round trip through bytes, also in a stream', () => {
    const tokenizer = pipelineFromJSON(families['GPT-2']?.() as string);
    const text = 'a\ud800b\udfff 春\ud83d';
    const ids = tokenizer.encode(text);
    expect(tokenizer.decode(ids)).toBe(text);
    const stream = tokenizer.decodeStream();
    expect(ids.map((id) => stream.step(id)).join('') + stream.flush()).toBe(text);
  });

  test('is an error where there are no bytes, with its place', () => {
    const tokenizer = pipelineFromJSON(file({ model: unigram }));
    expect(() => tokenizer.encode('春\ud800')).toThrow('the lone surrogate U+D800 at position 1');
  });
});

describe('streams', () => {
  test('never emit half a character', () => {
    const tokenizer = pipelineFromJSON(families['GPT-2']?.() as string);
    const stream = tokenizer.decodeStream();
    const pieces = tokenizer.encode('🦙春é').map((id) => stream.step(id));
    expect(pieces.join('')).toBe('🦙春é');
    expect(pieces.some((piece) => piece.includes('\ufffd'))).toBe(false);
    expect(pieces.filter((piece) => piece === '').length).toBeGreaterThan(0);
  });

  test('give up what can become no character, and start afresh after flush', () => {
    const tokenizer = pipelineFromJSON(families['GPT-2']?.() as string);
    const start = tokenizer.encode('🦙')[0] as number;
    const stream = tokenizer.decodeStream();
    expect(stream.step(start)).toBe('');
    expect(stream.flush()).toBe('\ufffd');
    expect(stream.step(tokenizer.encode('a'))).toBe('a');
  });
});

describe('hostile files', () => {
  const valid = () => JSON.parse(file({ model: { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'a' } }));
  const bpe = (vocab: unknown, merges: unknown) => file({ model: { type: 'BPE', vocab, merges } });
  const cases: [string, string | object, string][] = [
    ['cut off', file({ model: unigram }).slice(0, 500), 'not JSON'],
    ['no model', file({}), 'model must be an object, but is nothing'],
    ['an unknown model', file({ model: { type: 'GPT' } }), 'model.type is "GPT"'],
    ['an unknown version', { ...valid(), version: '2.0' }, 'version must be "1.0"'],
    ['an unknown normalizer', { ...valid(), normalizer: { type: 'Magic' } }, 'normalizer.type is "Magic"'],
    [
      'an unknown step',
      { ...valid(), pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'X' }] } },
      'pre_tokenizer.pretokenizers[0].type is "X"',
    ],
    [
      'an unknown post-processor',
      { ...valid(), post_processor: { type: 'X' } },
      'post_processor.type is "X"',
    ],
    ['an unknown decoder', { ...valid(), decoder: { type: 'X' } }, 'decoder.type is "X"'],
    ['a number for a normalizer', { ...valid(), normalizer: 3 }, 'normalizer must be an object'],
    [
      'a text for a flag',
      { ...valid(), normalizer: { type: 'Strip', strip_left: 'no', strip_right: true } },
      'normalizer.strip_left must be true or false',
    ],
    [
      'a merge that names a missing token',
      bpe({ a: 0, b: 1 }, ['a b']),
      'merge 0, ["a","b"], needs the token "ab"',
    ],
    ['a merge of three', bpe({ a: 0 }, ['a a a']), 'model.merges[0] must be two tokens'],
    ['an id twice', bpe({ a: 0, b: 0 }, []), 'have the same id, 0'],
    ['an id that would take a gigabyte', bpe({ a: 1_000_000_000 }, []), 'model.vocab["a"]'],
    ['an id that is nearly all gap', bpe({ a: 0, b: 9_000_000 }, []), 'below 65540, with 2 tokens'],
    ['a negative id', bpe({ a: -1 }, []), 'model.vocab["a"] must be a whole number'],
    ['an added token behind a gap', { ...valid(), added_tokens: [added(7, 'x')] }, 'its id must be 1'],
    ['an added token twice', { ...valid(), added_tokens: [added(1, 'x'), added(2, 'x')] }, 'occurs twice'],
    [
      'a template with a token of its own',
      {
        ...valid(),
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: 'q', type_id: 0 } }],
          pair: [],
          special_tokens: {},
        },
      },
      'special_tokens["q"] must be an object',
    ],
    [
      'rules that are not base64',
      { ...valid(), normalizer: { type: 'Precompiled', precompiled_charsmap: '???' } },
      'is not base64',
    ],
    [
      'rules longer than they are',
      { ...valid(), normalizer: { type: 'Precompiled', precompiled_charsmap: '////fw==' } },
      'the trie should take 2147483647 bytes, but only 0 are there',
    ],
    [
      'a dropout that is no probability',
      file({ model: { type: 'BPE', vocab: {}, merges: [], dropout: 2 } }),
      'dropout must be from 0 to 1',
    ],
    [
      'an unknown id out of range',
      file({ model: { type: 'Unigram', vocab: [['a', 0]], unk_id: 5 } }),
      'unkId',
    ],
  ];
  test.each(cases)('%s', (_, json, message) => {
    // Processor time: other programs do not count.
    const start = process.cpuUsage().user;
    expect(() => pipelineFromJSON(json)).toThrow(TokenizerError);
    expect(() => pipelineFromJSON(json)).toThrow(message);
    expect((process.cpuUsage().user - start) / 1000).toBeLessThan(2000);
  });
});
