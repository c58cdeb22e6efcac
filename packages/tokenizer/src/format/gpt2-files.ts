import { TokenizerError } from '../error.js';
import { kinds as byteKinds } from '../kinds/bytes.js';
import { BPE, mergesFromJSON } from '../model/bpe.js';
import { Vocab } from '../model/vocab.js';
import { PipelineTokenizer } from '../pipeline/batches.js';
import { plainToken } from './json.js';

/** GPT-2's `vocab.json` and `merges.txt`, from before `tokenizer.json`. */

/** What `gpt2Tokenizer` may be told. */
export interface GPT2Options {
  /** Put a space before a text that does not start with one. Default: false. */
  addPrefixSpace?: boolean;
  /** Tokens that stand for themselves in text. Default: `<|endoftext|>`, if it is in the vocabulary. */
  specialTokens?: readonly string[];
}

/** GPT-2's tokenizer (also RoBERTa's, without its template) from `vocab.json` and `merges.txt`. */
export function gpt2Tokenizer(
  vocabJSON: string,
  mergesText: string,
  options: GPT2Options = {},
): PipelineTokenizer {
  let parsed: unknown;
  try {
    parsed = JSON.parse(vocabJSON);
  } catch (error) {
    throw new TokenizerError(`vocab.json: not JSON (${(error as Error).message}).`);
  }
  const vocab = Vocab.fromJSON(parsed, 'vocab.json');
  const merges = mergesText.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'));
  const tokens = options.specialTokens ?? (vocab.get('<|endoftext|>') !== undefined ? ['<|endoftext|>'] : []);
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: options.addPrefixSpace ?? false,
    trim_offsets: true,
    use_regex: true,
  };
  let next = vocab.size;
  return new PipelineTokenizer({
    kinds: byteKinds,
    model: new BPE(vocab, mergesFromJSON(merges)),
    preTokenizer: byteLevel,
    postProcessor: { ...byteLevel, trim_offsets: false },
    decoder: byteLevel,
    addedTokens: tokens.map((content) => plainToken(vocab.get(content) ?? next++, content)),
  });
}
