import type { Scanner } from '../scan/scanner.js';
import type { Piece } from './piece.js';
import type { Step } from './pretokenizers.js';

/** Takes a word, `piece.text[start, end)`. */
export type Visit = (piece: Piece, start: number, end: number) => void;

/** Runs text through the steps, one after the other, and hands the words to `visit`. */
export function pretokenize(
  steps: readonly Step[],
  piece: Piece,
  start: number,
  end: number,
  visit: Visit,
  at = 0,
): void {
  if (start >= end) return;
  const step = steps[at];
  if (!step) {
    visit(piece, start, end);
    return;
  }
  if (step.change) {
    piece = step.change(piece.slice(start, end));
    start = 0;
    end = piece.text.length;
  }
  if (step.scan) {
    while (start < end) {
      const stop = step.scan(piece.text, start, end);
      pretokenize(steps, piece, start, stop, visit, at + 1);
      start = stop;
    }
  } else if (step.split) {
    step.split(piece.text, start, end, (from, to) => pretokenize(steps, piece, from, to, visit, at + 1));
  } else {
    pretokenize(steps, piece, start, end, visit, at + 1);
  }
}

/** The steps as plain scanners, if they are nothing more: then words need no objects. */
export function onlyScanners(steps: readonly Step[]): Scanner[] | undefined {
  const scanners = steps.map((step) => (step.change || step.split ? undefined : step.scan));
  return scanners.includes(undefined) ? undefined : (scanners as Scanner[]);
}
