import type { Piece } from './piece.js';

/** Puts characters before a text; they count as coming from where its first character came from. */
export function prepended(piece: Piece, added: string): Piece {
  if (piece.text === '') return piece;
  const text = added + piece.text;
  if (!piece.starts || !piece.ends) return { text };
  const starts = new Int32Array(text.length).fill(piece.starts[0] as number, 0, added.length);
  const ends = new Int32Array(text.length).fill(piece.ends[0] as number, 0, added.length);
  starts.set(piece.starts, added.length);
  ends.set(piece.ends, added.length);
  return { text, starts, ends };
}
