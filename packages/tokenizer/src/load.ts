import { CharTokenizer } from './char.js';
import { DictionaryTokenizer } from './dictionary.js';
import { describeValue, TokenizerError } from './error.js';
import { asAddedToken, asArray, asObject } from './format/check.js';
import type { JSONPart } from './format/json.js';
import { scanBPE } from './format/scan.js';
import { BPE } from './model/bpe.js';
import type { Model } from './model/model.js';
import { Unigram } from './model/unigram.js';
import { WordLevel } from './model/wordlevel.js';
import { WordPiece } from './model/wordpiece.js';
import type { CompileRegex } from './pipeline/patterns.js';
import { PipelineTokenizer } from './pipeline/pipeline.js';
import type { Tokenizer } from './tokenizer.js';

/** What the loaders may be told. */
export interface LoadOptions {
  /** For regular expressions that are not built in: `compileRegex` from `@inkstone/tokenizer/regex`. */
  regex?: CompileRegex | undefined;
}

/**
 * The tokenizer that a `tokenizer.json` describes.
 *
 * @param json the file's content: its bytes, which is the quickest, its text, or what `JSON.parse` makes of it.
 * @throws TokenizerError that names the field that is wrong, or the type that is not known.
 */
export function tokenizerFromJSON(json: unknown, options: LoadOptions = {}): Tokenizer {
  const file = contentOf(json);
  if (CharTokenizer.isCharJSON(file)) return CharTokenizer.fromJSON(file);
  return DictionaryTokenizer.fromJSON(file) ?? pipelineFromJSON(file, options);
}

/** The same where only a pipeline will do, with its offsets and batches: any file but a character tokenizer's. */
export function pipelineFromJSON(json: unknown, options: LoadOptions = {}): PipelineTokenizer {
  const file = asObject(contentOf(json), 'the file');
  if (file.version !== undefined && file.version !== '1.0') {
    throw new TokenizerError(`tokenizer.json: version must be "1.0", but is ${describeValue(file.version)}.`);
  }
  const part = (field: string): JSONPart | null =>
    file[field] === undefined || file[field] === null ? null : (asObject(file[field], field) as JSONPart);
  return new PipelineTokenizer({
    model: modelFromJSON(file.model),
    normalizer: part('normalizer'),
    preTokenizer: part('pre_tokenizer'),
    postProcessor: part('post_processor'),
    decoder: part('decoder'),
    truncation: part('truncation'),
    padding: part('padding'),
    addedTokens: asArray(file.added_tokens ?? [], 'added_tokens').map((token, i) =>
      asAddedToken(token, `added_tokens[${i}]`),
    ),
    regex: options.regex,
  });
}

function modelFromJSON(json: unknown): Model {
  const model = asObject(json, 'model');
  switch (model.type ?? guessType(model)) {
    case 'BPE':
      return BPE.fromJSON(model);
    case 'WordPiece':
      return WordPiece.fromJSON(model);
    case 'WordLevel':
      return WordLevel.fromJSON(model);
    case 'Unigram':
      return Unigram.fromJSON(model);
    default:
      throw new TokenizerError(
        `tokenizer.json: model.type is ${describeValue(model.type)}, which is no model; known are BPE, Unigram, WordLevel, WordPiece.`,
      );
  }
}

/** Old files do not name the type. */
function guessType(model: Record<string, unknown>): string | undefined {
  if (model.merges !== undefined) return 'BPE';
  if (Array.isArray(model.vocab)) return 'Unigram';
  if (model.max_input_chars_per_word !== undefined) return 'WordPiece';
  return model.unk_token !== undefined ? 'WordLevel' : undefined;
}

/** What a file says, however it comes. */
function contentOf(json: unknown): unknown {
  if (json instanceof Uint8Array) return scanBPE(json) ?? parse(new TextDecoder().decode(json));
  if (typeof json !== 'string') return json;
  // Lone surrogates, which bytes cannot hold, are for the general parser.
  const isText = json.length > 1 << 16 && !/[\ud800-\udfff]/u.test(json);
  return (isText ? scanBPE(new TextEncoder().encode(json)) : undefined) ?? parse(json);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TokenizerError(`tokenizer.json: not JSON (${(error as Error).message}).`);
  }
}
