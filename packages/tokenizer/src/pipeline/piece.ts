/**
 * A text on its way through the pipeline. Where the caller wants to know places in the original, `starts`
 * and `ends` say for each UTF-16 unit of `text` from where to where it came; else they are left out, and
 * nothing is spent on them.
 */
export interface Piece {
  readonly text: string;
  readonly starts?: Int32Array;
  readonly ends?: Int32Array;
}

/** The text as given; each character comes from itself. */
export function originalPiece(text: string): Piece {
  const starts = new Int32Array(text.length);
  const ends = new Int32Array(text.length);
  for (let i = 0; i < text.length; ) {
    const width = (text.codePointAt(i) as number) > 0xffff ? 2 : 1;
    starts.fill(i, i, i + width);
    ends.fill(i + width, i, i + width);
    i += width;
  }
  return { text, starts, ends };
}

export function slicePiece(piece: Piece, start: number, end: number): Piece {
  if (start === 0 && end === piece.text.length) return piece;
  const text = piece.text.slice(start, end);
  if (!piece.starts || !piece.ends) return { text };
  return { text, starts: piece.starts.subarray(start, end), ends: piece.ends.subarray(start, end) };
}

/**
 * How a text was changed, character by character, in the terms of the reference implementation: each new
 * character replaces the next old one (change 0), or was added behind it (above 0), or replaces it and
 * swallows that many more (below 0).
 */
export class Edits {
  readonly characters: string[] = [];
  readonly changes: number[] = [];
  /** How many old characters were dropped right behind each new one. */
  readonly #dropped: number[] = [];
  /** How many old characters were dropped before the first new one. */
  skipped = 0;

  add(character: string, change: number): void {
    this.characters.push(character);
    this.changes.push(change);
    this.#dropped.push(0);
  }

  /** Drops the next old character. */
  drop(): void {
    const last = this.#dropped.length - 1;
    if (last < 0) this.skipped++;
    else this.#dropped[last] = (this.#dropped[last] as number) + 1;
  }

  /** The piece after these changes. */
  applyTo(piece: Piece): Piece {
    const text = this.characters.join('');
    const { starts: oldStarts, ends: oldEnds, text: old } = piece;
    if (!oldStarts || !oldEnds) return { text };
    const starts = new Int32Array(text.length);
    const ends = new Int32Array(text.length);
    let from = 0;
    const advance = (count: number) => {
      for (let i = 0; i < count && from < old.length; i++)
        from += (old.codePointAt(from) as number) > 0xffff ? 2 : 1;
    };
    advance(this.skipped);
    let to = 0;
    for (let i = 0; i < this.characters.length; i++) {
      const change = this.changes[i] as number;
      const source = change > 0 ? from - 1 : from;
      const width = (this.characters[i] as string).length;
      starts.fill(oldStarts[source] ?? 0, to, to + width);
      ends.fill(oldEnds[source] ?? 0, to, to + width);
      to += width;
      advance(Math.max(0, 1 - change) + (this.#dropped[i] as number));
    }
    return { text, starts, ends };
  }
}
