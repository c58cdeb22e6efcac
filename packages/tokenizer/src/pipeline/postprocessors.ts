import { describeValue } from '../error.js';
import { asArray, asId, asObject, asString, fail } from '../format/check.js';
import type { JSONPart } from '../format/json.js';
import { type Context, choose, partsOf } from './kinds.js';

/** What a template puts one behind the other: a text, by its number, or special tokens. */
export type TemplatePiece =
  | { readonly text: 0 | 1; readonly ids?: undefined; readonly typeId: number }
  | { readonly text?: undefined; readonly ids: readonly number[]; readonly typeId: number };

/** A step of the stage after the model, which puts special tokens around one text or two and numbers them. */
export type PostStep =
  /** `[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1` and the like. */
  | { readonly single: readonly TemplatePiece[]; readonly pair: readonly TemplatePiece[] }
  /** The same tokens before and behind each of the two texts; the second text's tokens get type `typeOfSecond`. */
  | { readonly around: readonly Around[]; readonly typeOfSecond: number }
  /** Takes white space off the ends of offsets. */
  | { readonly trimOffsets: boolean; readonly addPrefixSpace: boolean };

/** The ids before a text and those behind it. */
export type Around = readonly [before: readonly number[], after: readonly number[]];

/** Its steps, one after the other. `postProcess` takes them. */
export type PostProcessor = readonly PostStep[];

/** Builds the post-processor that a file describes. @param path of the field, for errors. */
export function postProcessorFromJSON(json: unknown, path: string, context: Context): PostProcessor {
  const all = partsOf(json, 'processors', path);
  if (all) return all.flatMap(([one, at]) => postProcessorFromJSON(one, at, context));
  // Nearly every file has one.
  if ((json as JSONPart | null)?.type === 'TemplateProcessing') return [template(json as JSONPart, path)];
  const [part, build] = choose(context.kinds, 'postProcessor', json, path);
  return build(part, path, context);
}

/** What the steps put before and behind a single text. */
export function aroundOne(steps: PostProcessor): Around {
  let parts: (readonly number[])[] = [[-1]];
  for (const step of steps) {
    if ('single' in step) parts = step.single.map(({ text, ids }) => ids ?? (parts[text] as number[]));
    else if ('around' in step)
      parts = parts.map((ids, i) => {
        const [before, after] = step.around[i && 1] as Around;
        return [...before, ...ids, ...after];
      });
  }
  const ids = parts.flat();
  const at = ids.indexOf(-1);
  return [ids.slice(0, at), ids.slice(at + 1)];
}

/** `[token, id]`, of which the id counts. */
export function asTokenId(value: unknown, path: string): number {
  const [token, id] = asArray(value, path);
  asString(token, `${path}[0]`);
  return asId(id, `${path}[1]`);
}

function template(part: Record<string, unknown>, path: string): PostStep {
  const tokens = asObject(part.special_tokens, `${path}.special_tokens`);
  const pieces = (field: 'single' | 'pair'): TemplatePiece[] =>
    asArray(part[field], `${path}.${field}`).map((json, i) =>
      templatePiece(json, `${path}.${field}[${i}]`, tokens, path),
    );
  const [single, pair] = [pieces('single'), pieces('pair')];
  if (single.some((piece) => piece.text === 1)) fail(`${path}.single`, 'a template without $B', part.single);
  return { single, pair };
}

function templatePiece(
  json: unknown,
  path: string,
  tokens: Record<string, unknown>,
  root: string,
): TemplatePiece {
  const piece = asObject(json, path);
  if (piece.Sequence !== undefined) {
    const { id, type_id: typeId } = asObject(piece.Sequence, `${path}.Sequence`);
    if (id !== 'A' && id !== 'B') fail(`${path}.Sequence.id`, 'A or B', id);
    return { text: id === 'A' ? 0 : 1, typeId: asId(typeId, `${path}.Sequence.type_id`) };
  }
  const special = asObject(piece.SpecialToken, `${path}.SpecialToken`);
  const name = asString(special.id, `${path}.SpecialToken.id`);
  const where = `${root}.special_tokens[${describeValue(name)}]`;
  const ids = asArray(asObject(tokens[name], where).ids, `${where}.ids`).map((id, i) =>
    asId(id, `${where}.ids[${i}]`),
  );
  return { ids, typeId: asId(special.type_id, `${path}.SpecialToken.type_id`) };
}
