import { SPACE } from '../scan/sets.js';
import { concat, type Encoding, encodingOf } from './encoding.js';
import type { Around, PostProcessor, PostStep, TemplatePiece } from './postprocessors.js';

/** The text of a token. */
export type TokenText = (id: number) => string;

/** How many tokens the steps add to a text or a pair. */
export function addedBy(steps: PostProcessor, isPair: boolean): number {
  let sum = 0;
  for (const step of steps) {
    if ('single' in step) for (const { ids } of step[isPair ? 'pair' : 'single']) sum += ids?.length ?? 0;
    if ('around' in step) sum += step.around.slice(0, isPair ? 2 : 1).flat(2).length;
  }
  return sum;
}

/** Numbers the texts, lets the steps work and puts the parts together. */
export function postProcess(
  steps: PostProcessor,
  encodings: Encoding[],
  addSpecialTokens: boolean,
  textOf: TokenText,
): Encoding {
  for (const [i, encoding] of encodings.entries()) {
    for (const part of [encoding, ...encoding.overflowing]) {
      part.sequenceIds.fill(i);
      part.tokenTypeIds.fill(i);
    }
  }
  return concat(steps.reduce((parts, step) => process(step, parts, addSpecialTokens, textOf), encodings));
}

function process(step: PostStep, encodings: Encoding[], special: boolean, textOf: TokenText): Encoding[] {
  if ('single' in step) return fill(encodings.length === 2 ? step.pair : step.single, encodings, special);
  if ('around' in step)
    return encodings.map((encoding, i) =>
      withOverflow(encoding, (part) =>
        put(step.around[i && 1] as Around, i && step.typeOfSecond, part, special),
      ),
    );
  if (!step.trimOffsets) return encodings;
  return encodings.map((encoding) =>
    withOverflow(encoding, (part) => trim(part, step.addPrefixSpace, textOf)),
  );
}

function fill(
  pieces: readonly TemplatePiece[],
  encodings: readonly Encoding[],
  special: boolean,
): Encoding[] {
  const out: Encoding[] = [];
  for (const { ids, text, typeId } of pieces) {
    if (ids) {
      if (special) out.push(encodingOf(ids, typeId, 1));
      continue;
    }
    const encoding = encodings[text] as Encoding;
    // The overflow keeps the type of its text, as in the reference implementation.
    out.push({ ...encoding, tokenTypeIds: encoding.tokenTypeIds.map(() => typeId) });
  }
  return out;
}

/** Does the same to an encoding and to its overflow. */
function withOverflow(encoding: Encoding, change: (part: Encoding) => Encoding): Encoding {
  return { ...change(encoding), overflowing: encoding.overflowing.map(change) };
}

function put([before, after]: Around, typeId: number, part: Encoding, special: boolean): Encoding {
  part.tokenTypeIds.fill(typeId);
  if (!special) return part;
  return concat([encodingOf(before, typeId, 1), { ...part, overflowing: [] }, encodingOf(after, typeId, 1)]);
}

/** Byte-level tokens write a space as `Ġ`. */
function isSpace(character: string | undefined): boolean {
  return character === 'Ġ' || (character !== undefined && SPACE.has(character.charCodeAt(0)));
}

function trim(part: Encoding, addPrefixSpace: boolean, textOf: TokenText): Encoding {
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
}
