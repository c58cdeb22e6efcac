import type { Scanner } from '../scan/scanner.js';
import { type Context, choose, partsOf } from './kinds.js';
import type { Piece } from './piece.js';
import type { Take } from './split.js';

/**
 * One step of the second stage, which cuts text into words that the model takes one by one. A step may
 * first change a piece and then say where it comes apart, by a scanner or piece by piece.
 */
export interface Step {
  change?(piece: Piece): Piece;
  /** Cuts without gaps, one piece after the other. */
  scan?: Scanner;
  split?(text: string, start: number, end: number, take: Take): void;
  /** Maps text to the byte-level alphabet, which the model may do instead if this is the last step. */
  bytes?: boolean;
  /** Looks at where in the text a piece comes from. */
  places?: boolean;
}

/** The steps of the pre-tokenizer that a file describes. @param path of the field, for errors. */
export function stepsFromJSON(json: unknown, path: string, context: Context): Step[] {
  const all = partsOf(json, 'pretokenizers', path);
  if (all) return all.flatMap(([one, at]) => stepsFromJSON(one, at, context));
  const [part, build] = choose(context.kinds, 'preTokenizer', json, path);
  return build(part, path, context);
}
