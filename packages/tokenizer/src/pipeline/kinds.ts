import { describeValue, TokenizerError } from '../error.js';
import { asArray, asObject, asString } from '../format/check.js';
import type { Model } from '../model/model.js';
import type { Scanners } from '../scan/known.js';
import type { Decoder } from './decoders.js';
import type { Normalizer } from './normalizers.js';
import type { CompileRegex } from './patterns.js';
import type { PostProcessor } from './postprocessors.js';
import type { Step } from './pretokenizers.js';

/** What builders may use. */
export interface Context {
  readonly kinds: Kinds;
  readonly regex?: CompileRegex | undefined;
}

/** Makes the part that a file describes. `path` is the field's, for errors. */
export type Build<T> = (part: Record<string, unknown>, path: string, context: Context) => T;

type Table<T> = Readonly<Record<string, T>>;

/**
 * What a pipeline can be made of: for each stage the types that a file may name, and how to make them. Only what is
 * in the tables takes part in a program, so a bundle has no more kinds than it names, or than its files ask for.
 */
export interface Kinds {
  readonly model?: Table<(json: unknown) => Model>;
  readonly normalizer?: Table<Build<Normalizer>>;
  /** By the patterns whose place they take. */
  readonly scanner?: Scanners;
  readonly preTokenizer?: Table<Build<Step[]>>;
  /** Splits by patterns that have no scanner. */
  readonly splitter?: Table<Build<Step[]>>;
  readonly postProcessor?: Table<Build<PostProcessor>>;
  /** Takes and gives whether the tokens before and behind it are one, in parts. */
  readonly decoder?: Table<
    (
      part: Record<string, unknown>,
      path: string,
      context: Context,
      fused: boolean,
    ) => readonly [Decoder, fused: boolean]
  >;
}

export type Stage = Exclude<keyof Kinds, 'scanner' | 'splitter'>;

/** What the stages are called in errors. */
const NAMES: Readonly<Record<Stage, string>> = {
  model: 'model',
  normalizer: 'normalizer',
  preTokenizer: 'pre-tokenizer',
  postProcessor: 'post-processor',
  decoder: 'decoder',
};

/** The part, checked to be an object, and what its type asks for. */
export function choose<S extends Stage>(
  kinds: Kinds,
  stage: S,
  json: unknown,
  path: string,
): [part: Record<string, unknown>, build: NonNullable<Kinds[S]>[string]] {
  const part = asObject(json, path);
  const type = asString(part.type, `${path}.type`);
  const table = (kinds[stage] ?? {}) as NonNullable<Kinds[S]>;
  if (kinds[stage] === undefined && type !== 'Sequence')
    throw new TokenizerError(
      `PipelineTokenizer: ${path}.type is ${describeValue(type)}, and no ${NAMES[stage]} is among the kinds given; pass kinds: allKinds.`,
    );
  if (!Object.hasOwn(table, type)) {
    const known = [...Object.keys(table), ...(stage === 'model' ? [] : ['Sequence'])].sort().join(', ');
    throw new TokenizerError(
      `tokenizer.json: ${path}.type is ${describeValue(type)}, which is no ${NAMES[stage]}; known are ${known}.`,
    );
  }
  return [part, table[type] as NonNullable<Kinds[S]>[string]];
}

/** The parts of a `Sequence` with their paths; `undefined` for a part of any other type. */
export function partsOf(
  json: unknown,
  list: string,
  path: string,
): [part: unknown, path: string][] | undefined {
  const part = json as Record<string, unknown> | null;
  if (part?.type !== 'Sequence') return undefined;
  return asArray(part[list], `${path}.${list}`).map((one, i) => [one, `${path}.${list}[${i}]`]);
}

/** All that any of them has. */
export function joinKinds(...all: readonly Kinds[]): Kinds {
  const joined: Record<string, object> = {};
  for (const kinds of all)
    for (const [stage, table] of Object.entries(kinds)) joined[stage] = { ...joined[stage], ...table };
  return joined;
}
