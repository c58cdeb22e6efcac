import { TokenizerError } from '../error.js';
import { choose, type Kinds } from '../pipeline/kinds.js';
import type { CompileRegex } from '../pipeline/patterns.js';
import type { Pipeline, PipelineParts } from '../pipeline/pipeline.js';
import { asAddedToken, asArray, asObject, fail } from './check.js';
import type { JSONPart } from './json.js';

/** What the loaders may be told. */
export interface LoadOptions {
  /** For regular expressions that are not built in: `compileRegex` from `@inkstone/tokenizer/regex`. */
  regex?: CompileRegex | undefined;
}

/** The pipeline that the content of a `tokenizer.json` describes, of the class given. */
export function pipelineOf<P extends Pipeline>(
  Made: new (parts: PipelineParts) => P,
  json: unknown,
  kinds: Kinds,
  options: LoadOptions,
): P {
  const file = asObject(json, 'the file');
  if ((file.version ?? '1.0') !== '1.0') fail('version', '"1.0"', file.version);
  const part = (field: string): JSONPart | null =>
    file[field] === undefined || file[field] === null ? null : (asObject(file[field], field) as JSONPart);
  return new Made({
    model: choose(kinds, 'model', modelOf(file), 'model')[1](file.model),
    kinds,
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

/** The model, with its type. */
export function modelOf(file: Record<string, unknown>): Record<string, unknown> {
  const model = asObject(file.model, 'model');
  return { ...model, type: model.type ?? guessType(model) };
}

/** Old files do not name the type. */
function guessType(model: Record<string, unknown>): string | undefined {
  if (model.merges !== undefined) return 'BPE';
  if (Array.isArray(model.vocab)) return 'Unigram';
  if (model.max_input_chars_per_word !== undefined) return 'WordPiece';
  return model.unk_token !== undefined ? 'WordLevel' : undefined;
}

/** Reads a file's content without making an object for each token; `undefined` where it cannot. */
export type Scan = (bytes: Uint8Array) => unknown;

/** What a file says, however it comes. */
export function contentOf(json: unknown, scan?: Scan): unknown {
  const text = typeof json === 'string';
  if (!text && !(json instanceof Uint8Array)) return json;
  // Lone surrogates, which bytes cannot hold, are for the general parser.
  const scanned =
    scan && (!text || !/[\ud800-\udfff]/u.test(json))
      ? scan(text ? new TextEncoder().encode(json) : json)
      : undefined;
  return scanned ?? parse(text ? json : new TextDecoder().decode(json));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TokenizerError(`tokenizer.json: not JSON (${(error as Error).message}).`);
  }
}
