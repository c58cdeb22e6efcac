import { describeValue, TokenizerError } from '../error.js';
import { asArray, asBoolean, asId, asObject, asString, fail } from '../format/check.js';
import { SPACE } from '../scan/sets.js';
import { addedEncoding, concat, type Encoding } from './encoding.js';

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
export function postProcessorFromJSON(json: unknown, path: string, textOf: TokenText): PostProcessor {
  const part = asObject(json, path);
  const type = asString(part.type, `${path}.type`);
  switch (type) {
    case 'Sequence':
      return sequence(
        asArray(part.processors, `${path}.processors`).map((one, i) =>
          postProcessorFromJSON(one, `${path}.processors[${i}]`, textOf),
        ),
      );
    case 'ByteLevel':
      return byteLevel(
        asBoolean(part.trim_offsets, `${path}.trim_offsets`, true),
        asBoolean(part.add_prefix_space, `${path}.add_prefix_space`, true),
        textOf,
      );
    case 'TemplateProcessing':
      return template(part, path);
    case 'BertProcessing': {
      const [cls, sep] = [asTokenId(part.cls, `${path}.cls`), asTokenId(part.sep, `${path}.sep`)];
      return fixed([[cls], [sep]], [[], [sep]], 1);
    }
    case 'RobertaProcessing': {
      const [cls, sep] = [asTokenId(part.cls, `${path}.cls`), asTokenId(part.sep, `${path}.sep`)];
      const trim = byteLevel(
        asBoolean(part.trim_offsets, `${path}.trim_offsets`, true),
        asBoolean(part.add_prefix_space, `${path}.add_prefix_space`, true),
        textOf,
      );
      return sequence([trim, fixed([[cls], [sep]], [[sep], [sep]], 0)]);
    }
    default:
      throw new TokenizerError(
        `tokenizer.json: ${path}.type is ${describeValue(type)}, which is no post-processor; known are BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing.`,
      );
  }
}

function asTokenId(value: unknown, path: string): number {
  const [token, id] = asArray(value, path);
  asString(token, `${path}[0]`);
  return asId(id, `${path}[1]`);
}

function sequence(all: readonly PostProcessor[]): PostProcessor {
  return {
    added: (isPair) => all.reduce((sum, one) => sum + one.added(isPair), 0),
    process: (encodings, special) => all.reduce((parts, one) => one.process(parts, special), encodings),
  };
}

/** Does the same to an encoding and to its overflow. */
function withOverflow(encoding: Encoding, change: (part: Encoding) => Encoding): Encoding {
  return { ...change(encoding), overflowing: encoding.overflowing.map(change) };
}

/** `before` and `after` each of the two texts; the second text's tokens get type `typeOfSecond`. */
function fixed(
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
            addedEncoding(before, typeId),
            { ...part, overflowing: [] },
            addedEncoding(after, typeId),
          ]);
        });
      });
    },
  };
}

/** Takes white space off the ends of offsets. Byte-level tokens write a space as `Ġ`. */
function byteLevel(trimOffsets: boolean, addPrefixSpace: boolean, textOf: TokenText): PostProcessor {
  const isSpace = (character: string | undefined) =>
    character === 'Ġ' || (character !== undefined && SPACE.has(character.charCodeAt(0)));
  const trim = (part: Encoding): Encoding => {
    for (const [i, offset] of part.offsets.entries()) {
      const token = textOf(part.inputIds[i] as number);
      let leading = 0;
      while (isSpace(token[leading])) leading++;
      let trailing = 0;
      while (isSpace(token[token.length - 1 - trailing])) trailing++;
      if (leading > 0) {
        // A single space at the start of the text may be the one that was added: it has no place to give up.
        if (addPrefixSpace && leading === 1 && (i === 0 || offset[0] === 0)) leading = 0;
        offset[0] = Math.min(offset[0] + leading, offset[1]);
      }
      if (trailing > 0 && offset[1] >= trailing) offset[1] = Math.max(offset[1] - trailing, offset[0]);
    }
    return part;
  };
  return {
    added: () => 0,
    process: (encodings) =>
      trimOffsets ? encodings.map((encoding) => withOverflow(encoding, trim)) : encodings,
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
          if (special) out.push(addedEncoding(piece.ids, piece.typeId));
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
