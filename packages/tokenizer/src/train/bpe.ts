import { TokenizerError } from '../error.js';
import type { JSONPart } from '../format/json.js';
import { allKinds } from '../kinds/all.js';
import { BPE } from '../model/bpe.js';
import { CHARACTER_OF_BYTE } from '../model/byte-alphabet.js';
import { Vocab } from '../model/vocab.js';
import { WordLevel } from '../model/wordlevel.js';
import { WordPiece } from '../model/wordpiece.js';
import { PipelineTokenizer } from '../pipeline/batches.js';
import {
  addedTokens,
  byCodePoint,
  type Corpus,
  countWords,
  Pace,
  type TrainOptions,
  vocabSizeOf,
} from './corpus.js';
import { learnMerges } from './merges.js';

/** What `trainBPE` may be told. */
export interface BPETrainOptions extends TrainOptions {
  /** Work on bytes, with GPT-2's split pattern and alphabet: every text has ids then. Default: true. */
  byteLevel?: boolean;
  /** Pairs that occur less often are not merged. Default: 0, which merges whatever occurs. */
  minFrequency?: number;
  /** At most this many characters as first symbols, the most frequent ones. Default: no limit. */
  limitAlphabet?: number;
  /** Tokens are shorter than this, in first symbols. Default: no limit. */
  maxTokenLength?: number;
  continuingSubwordPrefix?: string;
  endOfWordSuffix?: string;
  /** Stands for unknown characters where `byteLevel` is off; should be one of the special tokens. */
  unkToken?: string;
}

const BYTE_LEVEL = {
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: true,
} satisfies JSONPart;

/**
 * Learns a byte-pair encoding. The same corpus and settings give the same tokenizer on every machine, and
 * that of Hugging Face's `BpeTrainer`.
 *
 * @example
 * ```ts
 * const tokenizer = await trainBPE(text, { vocabSize: 4096, specialTokens: ['<|endoftext|>'] });
 * await writeFile('tokenizer.json', JSON.stringify(tokenizer));
 * ```
 */
export async function trainBPE(corpus: Corpus, options: BPETrainOptions = {}): Promise<PipelineTokenizer> {
  const { byteLevel = true, unkToken } = options;
  const settings: BPETrainOptions = byteLevel
    ? {
        preTokenizer: BYTE_LEVEL,
        decoder: BYTE_LEVEL,
        postProcessor: BYTE_LEVEL,
        initialAlphabet: CHARACTER_OF_BYTE,
        ...options,
      }
    : options;
  const { tokens, merges } = await learn(corpus, settings);
  return assemble(
    new BPE(Vocab.fromTokens(tokens), merges, {
      unkToken,
      continuingSubwordPrefix: settings.continuingSubwordPrefix || undefined,
      endOfWordSuffix: settings.endOfWordSuffix || undefined,
    }),
    settings,
  );
}

async function learn(corpus: Corpus, options: BPETrainOptions) {
  const vocabSize = vocabSizeOf(options, 30_000);
  const {
    minFrequency = 0,
    limitAlphabet = Number.POSITIVE_INFINITY,
    maxTokenLength = Number.POSITIVE_INFINITY,
  } = options;
  for (const [name, value] of Object.entries({ minFrequency, limitAlphabet, maxTokenLength })) {
    if (!(value >= 0)) throw new TokenizerError(`Training: ${name} must not be below 0, but is ${value}.`);
  }
  const pace = new Pace(options);
  const counts = await countWords(corpus, options, pace);
  return learnMerges(
    counts,
    {
      vocabSize,
      minFrequency,
      limitAlphabet,
      maxTokenLength,
      specialTokens: options.specialTokens ?? [],
      initialAlphabet: [...(options.initialAlphabet ?? [])],
      continuingSubwordPrefix: options.continuingSubwordPrefix ?? '',
      endOfWordSuffix: options.endOfWordSuffix ?? '',
    },
    pace,
  );
}

function assemble(model: PipelineTokenizer['model'], options: TrainOptions): PipelineTokenizer {
  return new PipelineTokenizer({
    model,
    kinds: allKinds,
    normalizer: options.normalizer,
    preTokenizer: options.preTokenizer,
    postProcessor: options.postProcessor,
    decoder: options.decoder,
    addedTokens: addedTokens(options.specialTokens),
    regex: options.regex,
  });
}

/** What `trainWordPiece` may be told. */
export interface WordPieceTrainOptions extends TrainOptions {
  minFrequency?: number;
  limitAlphabet?: number;
  /** Default: `##`. */
  continuingSubwordPrefix?: string;
  /** Default: `[UNK]`. */
  unkToken?: string;
  /** Turn text to lower case and take accents off. Default: true. */
  lowercase?: boolean;
}

/** BERT's special tokens, in the order of its vocabularies. */
const BERT_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/**
 * Learns a WordPiece vocabulary for BERT's pipeline, by byte-pair merging as Hugging Face's `WordPieceTrainer`.
 * (Its own result depends on the order of a randomly seeded hash table; this one's does not.)
 */
export async function trainWordPiece(
  corpus: Corpus,
  options: WordPieceTrainOptions = {},
): Promise<PipelineTokenizer> {
  const { continuingSubwordPrefix = '##', unkToken = '[UNK]', lowercase = true } = options;
  const specialTokens = options.specialTokens ?? BERT_TOKENS;
  const settings: BPETrainOptions = {
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    preTokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: continuingSubwordPrefix, cleanup: true },
    postProcessor: bertTemplate(specialTokens),
    ...options,
    specialTokens,
    continuingSubwordPrefix,
  };
  const { tokens } = await learn(corpus, settings);
  return assemble(new WordPiece(Vocab.fromTokens(tokens), { unkToken, continuingSubwordPrefix }), settings);
}

/** `[CLS] $A [SEP] $B [SEP]`, where both are among the special tokens. */
function bertTemplate(specialTokens: readonly string[]): JSONPart | null {
  const cls = specialTokens.indexOf('[CLS]');
  const sep = specialTokens.indexOf('[SEP]');
  if (cls < 0 || sep < 0) return null;
  const token = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const text = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  return {
    type: 'TemplateProcessing',
    single: [token('[CLS]', 0), text('A', 0), token('[SEP]', 0)],
    pair: [token('[CLS]', 0), text('A', 0), token('[SEP]', 0), text('B', 1), token('[SEP]', 1)],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [cls], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [sep], tokens: ['[SEP]'] },
    },
  };
}

/** What `trainWordLevel` may be told. */
export interface WordLevelTrainOptions extends TrainOptions {
  minFrequency?: number;
  /** Stands for words that are not in the vocabulary. Default: `<unk>`, which becomes the first special token. */
  unkToken?: string;
}

/** Takes the most frequent words as the vocabulary, of equally frequent ones the first by code point. */
export async function trainWordLevel(
  corpus: Corpus,
  options: WordLevelTrainOptions = {},
): Promise<PipelineTokenizer> {
  const { minFrequency = 0, unkToken = '<unk>' } = options;
  const given = options.specialTokens ?? [];
  const specialTokens = given.includes(unkToken) ? given : [unkToken, ...given];
  const settings: TrainOptions = { preTokenizer: { type: 'Whitespace' }, ...options, specialTokens };
  const vocabSize = vocabSizeOf(settings, 30_000);
  const counts = await countWords(corpus, settings, new Pace(settings));
  const words = [...counts]
    .filter(([word, count]) => count >= minFrequency && !specialTokens.includes(word))
    .sort(([a, m], [b, n]) => n - m || byCodePoint(a, b))
    .map(([word]) => word);
  const vocab = Vocab.fromTokens([...specialTokens, ...words].slice(0, vocabSize));
  return assemble(new WordLevel(vocab, unkToken), settings);
}
