import { TokenizerError } from '../error.js';
import { joinKinds, type Kinds } from '../pipeline/kinds.js';
import { Pipeline } from '../pipeline/pipeline.js';
import type { Tokenizer } from '../tokenizer.js';
import { asObject } from './check.js';
import { contentOf, type LoadOptions, modelOf, pipelineOf } from './file.js';

/** The parts of this package that are fetched when a file names a type, or a split pattern, that they have. */
export const PARTS: readonly (readonly [names: RegExp, fetch: () => Promise<Kinds>])[] = [
  [/^BPE$/, async () => (await import('../kinds/bpe.js')).kinds],
  [/^(Split|ByteLevel|RobertaProcessing)$/, async () => (await import('../kinds/bytes.js')).kinds],
  [/^Split by others$/, async () => (await import('../kinds/splits.js')).kinds],
  [
    /^(Strip|Replace|Prepend|Metaspace|WhitespaceSplit|Fuse|ByteFallback)$/,
    async () => (await import('../kinds/sentencepiece.js')).kinds,
  ],
  [/^(Unigram|Precompiled)$/, async () => (await import('../kinds/unigram.js')).kinds],
  [/^NFK?[CD]$/, async () => (await import('../kinds/unicode.js')).kinds],
  [/^(WordPiece|Bert.*|Lowercase|StripAccents)$/, async () => (await import('../kinds/bert.js')).kinds],
  [
    /^(WordLevel|Nmt|Whitespace|Punctuation|Digits|CharDelimiterSplit|Delimiter|FixedLength|UnicodeScripts|BPEDecoder|CTC)$/,
    async () => (await import('../kinds/others.js')).kinds,
  ],
  [/^\(\?i:'s|^'\(\?i:/, async () => (await import('../scan/cl100k.js')).kinds],
  [/\\p\{Lu}/, async () => (await import('../scan/o200k.js')).kinds],
  [/^\\p\{N}\{1,3}$|^\[[一!]/, async () => (await import('../scan/deepseek.js')).kinds],
];

/** The kinds of all of these parts. */
async function fetched(parts: typeof PARTS): Promise<Kinds> {
  return joinKinds(...(await Promise.all(parts.map(([, fetch]) => fetch()))));
}

/** From this many bytes on, about 0.1 s for the general parser, it is worth to fetch a quicker one. */
const LARGE = 1 << 22;

/** What the loaders that fetch parts may be told. */
export interface LoadOnDemandOptions extends LoadOptions {
  /**
   * Fetch what `encodeBatch` needs too: a pipeline is then a `PipelineTokenizer`. (Characters and dictionaries have no
   * batches.) Default: false.
   */
  batches?: boolean;
}

/**
 * The tokenizer that a `tokenizer.json` describes, with only the code that this file needs: a bundler puts the rest
 * into parts that are never fetched. (`tokenizerFromJSON` has all of it at hand, and so need not be awaited.)
 *
 * @param json the file's content: its bytes, which is the quickest, its text, or what `JSON.parse` makes of it.
 * @throws TokenizerError that names the field that is wrong, or the type that is not known.
 *
 * @example
 * ```ts
 * const tokenizer = await loadTokenizerFile(new Uint8Array(await (await fetch('tokenizer.json')).arrayBuffer()));
 * ```
 */
export async function loadTokenizerFile(
  json: unknown,
  options: LoadOnDemandOptions = {},
): Promise<Tokenizer> {
  const length = (json as { length?: number } | null)?.length ?? 0;
  const scan = length < LARGE ? undefined : (await import('./scan.js')).scanBPE;
  const file = asObject(contentOf(json, scan), 'the file');
  const { normalizer, pre_tokenizer, post_processor, decoder } = file;
  const model = modelOf(file);
  const words = model.type === 'WordLevel' ? await import('./words.js') : undefined;
  const found = words?.wordsFromJSON(file);
  if (found) return found;
  const names = namesIn([{ type: model.type }, normalizer, pre_tokenizer, post_processor, decoder]);
  if (options.regex) names.push('Split by others');
  const kinds = await fetched(PARTS.filter(([pattern]) => names.some((name) => pattern.test(name))));
  const Made =
    options.batches || names.includes('first')
      ? (await import('../pipeline/batches.js')).PipelineTokenizer
      : Pipeline;
  try {
    return pipelineOf(Made, file, kinds, options);
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    // The words for what is wrong must not depend on what was fetched.
    return pipelineOf(Made, file, await fetched(PARTS), options);
  }
}

/** The types, split patterns and schemes in a list of parts, and in the lists inside them. */
function namesIn(parts: unknown): string[] {
  if (!Array.isArray(parts)) return [];
  return parts.flatMap((part) => [
    String(part?.type),
    String(part?.pattern?.Regex),
    String(part?.prepend_scheme),
    part?.type === 'Split' && part.behavior !== 'Isolated' ? 'Split by others' : '',
    ...Object.values(part ?? {}).flatMap(namesIn),
  ]);
}
