import { describeValue } from '../error.js';
import { asArray, asId, asObject, asString, fail } from '../format/check.js';
import type { JSONPart } from '../format/json.js';
import { concat, type Encoding, encodingOf } from './encoding.js';
import { type Context, choose, partsOf } from './kinds.js';

/** The stage after the model: puts special tokens around one text or two, and numbers them. */
export interface PostProcessor {
  /** How many tokens it adds. */
  added(isPair: boolean): number;
  process(encodings: Encoding[], addSpecialTokens: boolean): Encoding[];
}

/** What a post-processor needs to know of the tokenizer. */
export type TokenText = (id: number) => string;

/** Numbers the texts, lets the post-processor work and puts the parts together. */
export function postProcess(
  processor: PostProcessor | undefined,
  encodings: Encoding[],
  addSpecialTokens: boolean,
): Encoding {
  for (const [i, encoding] of encodings.entries()) {
    for (const part of [encoding, ...encoding.overflowing]) {
      part.sequenceIds.fill(i);
      part.tokenTypeIds.fill(i);
    }
  }
  return concat(processor ? processor.process(encodings, addSpecialTokens) : encodings);
}

/** Builds the post-processor that a file describes. @param path of the field, for errors. */
export function postProcessorFromJSON(json: unknown, path: string, context: Context): PostProcessor {
  const all = partsOf(json, 'processors', path);
  if (all) return sequence(all.map(([one, at]) => postProcessorFromJSON(one, at, context)));
  // Nearly every file has one.
  if ((json as JSONPart | null)?.type === 'TemplateProcessing') return template(json as JSONPart, path);
  const [part, build] = choose(context.kinds, 'postProcessor', json, path);
  return build(part, path, context);
}

/** `[token, id]`, of which the id counts. */
export function asTokenId(value: unknown, path: string): number {
  const [token, id] = asArray(value, path);
  asString(token, `${path}[0]`);
  return asId(id, `${path}[1]`);
}

/** One after the other. */
export function sequence(all: readonly PostProcessor[]): PostProcessor {
  return {
    added: (isPair) => all.reduce((sum, one) => sum + one.added(isPair), 0),
    process: (encodings, special) => all.reduce((parts, one) => one.process(parts, special), encodings),
  };
}

/** Does the same to an encoding and to its overflow. */
export function withOverflow(encoding: Encoding, change: (part: Encoding) => Encoding): Encoding {
  return { ...change(encoding), overflowing: encoding.overflowing.map(change) };
}

/** `before` and `after` each of the two texts; the second text's tokens get type `typeOfSecond`. */
export function fixed(
  first: [number[], number[]],
  second: [number[], number[]],
  typeOfSecond: number,
): PostProcessor {
  const count = (tokens: number[][]) => tokens.flat().length;
  return {
    added: (isPair) => count(first) + (isPair ? count(second) : 0),
    process(encodings, special) {
      return encodings.map((encoding, i) => {
        const typeId = i === 0 ? 0 : typeOfSecond;
        const [before, after] = i === 0 ? first : second;
        return withOverflow(encoding, (part) => {
          part.tokenTypeIds.fill(typeId);
          if (!special) return part;
          return concat([
            encodingOf(before, typeId, 1),
            { ...part, overflowing: [] },
            encodingOf(after, typeId, 1),
          ]);
        });
      });
    },
  };
}

type TemplatePiece = { text: 0 | 1; typeId: number } | { ids: number[]; typeId: number };

/** `[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1` and the like. */
function template(part: Record<string, unknown>, path: string): PostProcessor {
  const tokens = asObject(part.special_tokens, `${path}.special_tokens`);
  const pieces = (field: 'single' | 'pair'): TemplatePiece[] =>
    asArray(part[field], `${path}.${field}`).map((json, i) =>
      templatePiece(json, `${path}.${field}[${i}]`, tokens, path),
    );
  const single = pieces('single');
  const pair = pieces('pair');
  const count = (all: TemplatePiece[]) =>
    all.reduce((sum, piece) => sum + ('ids' in piece ? piece.ids.length : 0), 0);
  if (single.some((piece) => 'text' in piece && piece.text === 1))
    fail(`${path}.single`, 'a template without $B', part.single);
  return {
    added: (isPair) => count(isPair ? pair : single),
    process(encodings, special) {
      const out: Encoding[] = [];
      for (const piece of encodings.length === 2 ? pair : single) {
        if ('ids' in piece) {
          if (special) out.push(encodingOf(piece.ids, piece.typeId, 1));
          continue;
        }
        const encoding = encodings[piece.text] as Encoding;
        // The overflow keeps the type of its text, as in the reference implementation.
        out.push({ ...encoding, tokenTypeIds: encoding.tokenTypeIds.map(() => piece.typeId) });
      }
      return out;
    },
  };
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
