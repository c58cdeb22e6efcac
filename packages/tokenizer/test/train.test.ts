import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer as HuggingFace } from '@inkstone/peers/hugging-face';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TokenizerJSON } from '../src/index.js';
import { lines, trainBPE, trainUnigram, trainWordLevel, trainWordPiece } from '../src/train.js';
import { randomFrom } from './support/strings.js';

/** Made-up text with the statistics that matter: frequent and rare words, ties, punctuation, Chinese, emoji. */
function corpus(words: number, lexiconSize = 400): string {
  const random = randomFrom(7);
  const syllables = [
    'ka',
    'to',
    'mi',
    'ra',
    'sen',
    'lo',
    'pu',
    'ing',
    'er',
    'th',
    'é',
    '春',
    '天',
    '来',
    '了',
    '🦙',
  ];
  const lexicon = Array.from({ length: lexiconSize }, () =>
    Array.from(
      { length: 1 + Math.floor(random() * 4) },
      () => syllables[Math.floor(random() * syllables.length)],
    ).join(''),
  );
  let text = '';
  for (let i = 0; i < words; i++) {
    text +=
      lexicon[Math.floor(lexicon.length * random() ** 3)] +
      (random() < 0.1 ? '.\n' : random() < 0.1 ? ', ' : ' ');
  }
  return text;
}

const text = corpus(20_000);
const asLines = text.match(/[^\n]*\n|[^\n]+$/g) as string[];
let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-train-'));
  file = join(folder, 'corpus.txt');
  writeFileSync(file, text);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Trains Hugging Face's library on the corpus, with its trainer's defaults, which are all that its binding offers. */
function theirs(parts: Partial<TokenizerJSON> & Pick<TokenizerJSON, 'model'>): {
  tokenizer: HuggingFace;
  json: TokenizerJSON;
} {
  const empty = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
  };
  const tokenizer = HuggingFace.fromString(JSON.stringify({ ...empty, ...parts }));
  tokenizer.train([file]);
  const saved = join(folder, 'saved.json');
  tokenizer.save(saved);
  return { tokenizer, json: JSON.parse(readFileSync(saved, 'utf8')) };
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
const bert = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};

describe('trainBPE', () => {
  test("gives the vocabulary and the merges of Hugging Face's trainer", async () => {
    const { json } = theirs({
      pre_tokenizer: byteLevel,
      decoder: byteLevel,
      model: { type: 'BPE', vocab: {}, merges: [] },
    });
    const ours = (await trainBPE(asLines, { initialAlphabet: [] })).toJSON();
    expect(ours.model.vocab).toEqual(json.model.vocab);
    expect(ours.model.merges).toEqual(json.model.merges);
  });

  test('the same without bytes, and with words split at white space', async () => {
    const parts = { pre_tokenizer: { type: 'Whitespace' }, model: { type: 'BPE', vocab: {}, merges: [] } };
    const ours = (await trainBPE(asLines, { byteLevel: false, preTokenizer: parts.pre_tokenizer })).toJSON();
    const { json } = theirs(parts);
    expect(ours.model.vocab).toEqual(json.model.vocab);
    expect(ours.model.merges).toEqual(json.model.merges);
  });

  test('a smaller vocabulary is the start of a larger', async () => {
    const small = await trainBPE(asLines, { vocabSize: 400, specialTokens: ['<|endoftext|>'] });
    const large = await trainBPE(asLines, { vocabSize: 600, specialTokens: ['<|endoftext|>'] });
    expect(small.vocabSize).toBe(400);
    expect([...large.getVocab()].slice(0, 400)).toEqual([...small.getVocab()]);
    expect(small.encode('<|endoftext|>')).toEqual([0]);
    expect(small.decode(small.encode(text))).toBe(text);
  });

  test('takes streams by lines, whatever their chunks', async () => {
    async function* chunks() {
      for (let i = 0; i < text.length; i += 1000) yield text.slice(i, i + 1000);
    }
    const streamed = await trainBPE(lines(chunks()), { vocabSize: 500 });
    expect(streamed.toJSON()).toEqual((await trainBPE(asLines, { vocabSize: 500 })).toJSON());
  });

  test('keeps to minimum frequency, alphabet limit and token length', async () => {
    const frequent = await trainBPE('aaab aaab ab', {
      byteLevel: false,
      preTokenizer: { type: 'WhitespaceSplit' },
      minFrequency: 3,
    });
    expect([...frequent.getVocab().keys()]).toEqual(['a', 'b', 'aa', 'ab']);
    const limited = await trainBPE('aaaa bbb cc d', {
      byteLevel: false,
      limitAlphabet: 2,
      vocabSize: 3,
      preTokenizer: { type: 'WhitespaceSplit' },
    });
    expect([...limited.getVocab().keys()].slice(0, 2)).toEqual(['a', 'b']);
    const short = await trainBPE(asLines, { vocabSize: 2000, maxTokenLength: 4 });
    expect(Math.max(...[...short.getVocab().keys()].map((token) => token.length))).toBeLessThan(4);
  });

  test('can be watched and stopped', async () => {
    const controller = new AbortController();
    const stages: string[] = [];
    const endless = (function* () {
      for (;;) yield text;
    })();
    const training = trainBPE(endless, {
      signal: controller.signal,
      onProgress: ({ stage }) => {
        stages.push(stage);
        controller.abort(new Error('enough'));
      },
    });
    await expect(training).rejects.toThrow('enough');
    expect(stages).toContain('count words');
  });

  test('refuses sizes that make no sense', async () => {
    await expect(trainBPE('a', { vocabSize: 1, specialTokens: ['x'] })).rejects.toThrow('vocabSize must be');
    await expect(trainBPE('a', { minFrequency: -1 })).rejects.toThrow('minFrequency');
  });
});

describe('trainWordPiece', () => {
  test("encodes as compactly as Hugging Face's, whose own result depends on a random seed", async () => {
    const { tokenizer } = theirs({
      normalizer: bert,
      pre_tokenizer: { type: 'BertPreTokenizer' },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: {},
      },
    });
    const ours = await trainWordPiece(asLines, { specialTokens: [] });
    const expected = (await tokenizer.encode(text)).getLength();
    expect(Math.abs(ours.encode(text).length / expected - 1)).toBeLessThan(0.005);
  });

  test('puts special tokens first and around texts', async () => {
    const tokenizer = await trainWordPiece(asLines, { vocabSize: 200 });
    expect(tokenizer.encode('')).toEqual([2, 3]);
    expect(tokenizer.vocabSize).toBe(200);
  });
});

describe('trainUnigram', () => {
  // The binding's trainer always makes 8,000 pieces: the small corpus stays below that, the large one is pruned.
  test.each([
    ['nothing is pruned', 400, 20_000],
    ['much is pruned', 40_000, 150_000],
  ])("gives the pieces of Hugging Face's trainer where %s", async (_, lexiconSize, words) => {
    const normalizer = { type: 'Replace', pattern: { String: '\n' }, content: ' ' };
    const sample = corpus(words, lexiconSize);
    writeFileSync(file, sample);
    const { json } = theirs({
      normalizer,
      pre_tokenizer: metaspace,
      decoder: metaspace,
      model: { type: 'Unigram', vocab: [['<unk>', 0]], unk_id: 0 },
    });
    writeFileSync(file, text);
    const ours = (
      await trainUnigram(sample.match(/[^\n]*\n|[^\n]+$/g) as string[], { normalizer, unkToken: null })
    ).toJSON();
    const expected = new Map(json.model.vocab as [string, number][]);
    const pieces = new Map(ours.model.vocab as [string, number][]);
    expect(pieces.size === 8000).toBe(lexiconSize > 400);
    expect([...pieces.keys()].sort()).toEqual([...expected.keys()].sort());
    // Characters that no piece needs get made-up scores, in the order of a randomly seeded hash table.
    for (const [piece, score] of pieces)
      expect(Math.abs(score - (expected.get(piece) as number))).toBeLessThan(0.01);
  });

  test('makes a vocabulary of the size asked for, with every character in it', async () => {
    const tokenizer = await trainUnigram(asLines, { vocabSize: 200, specialTokens: ['<s>', '</s>'] });
    expect(tokenizer.vocabSize).toBe(200);
    expect(tokenizer.tokenToId('<unk>')).toBe(0);
    for (const character of new Set(text.replaceAll(' ', '')))
      expect(tokenizer.tokenToId(character)).toBeDefined();
    const line = (asLines[3] as string).trimEnd();
    expect(tokenizer.decode(tokenizer.encode(line))).toBe(line);
  });

  test('refuses a vocabulary too small for the alphabet', async () => {
    await expect(trainUnigram(asLines, { vocabSize: 5 })).rejects.toThrow('different characters');
  });
});

describe('trainWordLevel', () => {
  test('takes the most frequent words, ties by code point', async () => {
    const tokenizer = await trainWordLevel('b a c a. b', { vocabSize: 4 });
    expect([...tokenizer.getVocab().keys()]).toEqual(['<unk>', 'a', 'b', '.']);
    expect(tokenizer.encode('a zebra b')).toEqual([1, 0, 2]);
  });
});

test('half a character is an error where a vocabulary has no bytes, and bytes where it has', async () => {
  // A text that was read in chunks, and cut between the halves of a character.
  const cut = ['whole', 'half \ud83d'];
  const trainers = [
    trainWordPiece,
    trainUnigram,
    trainWordLevel,
    (texts: string[]) => trainBPE(texts, { byteLevel: false }),
  ];
  for (const train of trainers)
    await expect(train(cut)).rejects.toThrow('text 1 of the corpus has the lone surrogate U+D83D');
  const ofBytes = await trainBPE(cut);
  expect(ofBytes.decode(ofBytes.encode('a \ud83d'))).toBe('a \ud83d');
  HuggingFace.fromString(JSON.stringify(ofBytes));
});
