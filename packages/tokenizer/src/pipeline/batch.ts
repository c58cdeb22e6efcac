import { TokenizerError } from '../error.js';
import { asCount, asId, asString, fail } from '../format/check.js';
import type { JSONPart } from '../format/json.js';
import { checkPadding, checkTruncation } from './batch-options.js';
import { type Encoding, type PaddingOptions, pad, type TruncationOptions, truncate } from './encoding.js';
import { addedBy, postProcess, type TokenText } from './postprocess.js';
import type { PostProcessor } from './postprocessors.js';

/** What `encodeBatch` may be told. */
export interface BatchOptions {
  /** Let the post-processor add its special tokens. Default: true. */
  addSpecialTokens?: boolean;
  /** Fill up short encodings: `true` as the file says, or to the longest. Default: false. */
  padding?: boolean | PaddingOptions;
  /** Cut long encodings: `true` as the file says. Default: false. */
  truncation?: boolean | TruncationOptions;
  /** Fill in `offsets` and `wordIds`; without them encoding is several times as fast. Default: true. */
  offsets?: boolean;
}

interface Surroundings {
  postProcessor: PostProcessor;
  /** What the file says. */
  truncation: JSONPart | null;
  padding: JSONPart | null;
  tokenToId(token: string): number | undefined;
  textOf: TokenText;
}

/** Cuts, post-processes and pads a batch of single or paired texts. */
export function finishBatch(
  batch: readonly Encoding[][],
  options: BatchOptions,
  around: Surroundings,
): Encoding[] {
  const special = options.addSpecialTokens ?? true;
  const { truncation = false, padding = false } = options;
  const cutting =
    truncation && checkTruncation(truncation === true ? truncationFromFile(around.truncation) : truncation);
  const filling = padding && checkPadding(padding === true ? paddingFromFile(around.padding) : padding);
  const encodings = batch.map((texts) => {
    let parts = texts;
    if (cutting) {
      const added = special ? addedBy(around.postProcessor, texts.length === 2) : 0;
      if (!(cutting.maxLength >= added)) {
        throw new TokenizerError(
          `Truncation: maxLength must be at least the ${added} tokens that are added, but is ${cutting.maxLength}.`,
        );
      }
      parts = truncate(texts, { ...cutting, maxLength: cutting.maxLength - added });
    }
    return postProcess(around.postProcessor, parts, special, around.textOf);
  });
  if (filling) padAll(encodings, filling, around);
  return encodings;
}

function padAll(encodings: Encoding[], padding: PaddingOptions, around: Surroundings): void {
  const {
    strategy = 'longest',
    padToMultipleOf = 1,
    direction = 'right',
    padTypeId = 0,
    padToken = '[PAD]',
  } = padding;
  let length = padding.maxLength ?? 0;
  if (strategy === 'longest') length = Math.max(0, ...encodings.map((encoding) => encoding.inputIds.length));
  else if (padding.maxLength === undefined)
    throw new TokenizerError("Padding: the strategy 'maxLength' needs maxLength.");
  length = Math.ceil(length / padToMultipleOf) * padToMultipleOf;
  const padId = padding.padId ?? around.tokenToId(padToken);
  if (padId === undefined) {
    throw new TokenizerError(
      `Padding: the token ${padToken} is not in the vocabulary; name another with padToken or padId.`,
    );
  }
  for (const encoding of encodings) pad(encoding, length, padId, padTypeId, direction);
}

const STRATEGIES = {
  LongestFirst: 'longestFirst',
  OnlyFirst: 'onlyFirst',
  OnlySecond: 'onlySecond',
} as const;

function truncationFromFile(json: JSONPart | null): TruncationOptions {
  if (!json)
    throw new TokenizerError(
      'Truncation: the tokenizer has no setting of its own; pass { truncation: { maxLength } }.',
    );
  const name = json.strategy ?? 'LongestFirst';
  const strategy = Object.hasOwn(STRATEGIES, String(name))
    ? STRATEGIES[name as keyof typeof STRATEGIES]
    : undefined;
  return {
    maxLength: asCount(json.max_length, 'truncation.max_length'),
    strategy: strategy ?? fail('truncation.strategy', Object.keys(STRATEGIES).join(', '), name),
    stride: asCount(json.stride ?? 0, 'truncation.stride'),
    direction: json.direction === 'Left' ? 'left' : 'right',
  };
}

function paddingFromFile(json: JSONPart | null): PaddingOptions {
  if (!json) return {};
  const fixed = (json.strategy as { Fixed?: unknown } | null | undefined)?.Fixed;
  return {
    ...(fixed === undefined
      ? {}
      : { strategy: 'maxLength', maxLength: asCount(fixed, 'padding.strategy.Fixed') }),
    direction: json.direction === 'Left' ? 'left' : 'right',
    padToMultipleOf: asCount(json.pad_to_multiple_of ?? 1, 'padding.pad_to_multiple_of'),
    padId: asId(json.pad_id, 'padding.pad_id'),
    padTypeId: asCount(json.pad_type_id ?? 0, 'padding.pad_type_id'),
    padToken: asString(json.pad_token, 'padding.pad_token'),
  };
}
