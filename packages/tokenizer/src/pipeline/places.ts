import { type Change, type Edits, type Form, Piece } from './piece.js';

/**
 * A piece that says for each UTF-16 unit of its text from where to where in the original it came, for those who want
 * offsets.
 */
export class PlacedPiece extends Piece {
  readonly starts: Int32Array;
  readonly ends: Int32Array;

  constructor(text: string, starts: Int32Array, ends: Int32Array) {
    super(text);
    this.starts = starts;
    this.ends = ends;
  }

  /** The text as given; each character comes from itself. */
  static original(text: string): PlacedPiece {
    const starts = new Int32Array(text.length);
    const ends = new Int32Array(text.length);
    for (let i = 0; i < text.length; ) {
      const width = (text.codePointAt(i) as number) > 0xffff ? 2 : 1;
      starts.fill(i, i, i + width);
      ends.fill(i + width, i, i + width);
      i += width;
    }
    return new PlacedPiece(text, starts, ends);
  }

  protected override part(start: number, end: number): Piece {
    const { text, starts, ends } = this;
    return new PlacedPiece(text.slice(start, end), starts.subarray(start, end), ends.subarray(start, end));
  }

  override change(change: Change): Piece {
    const { text } = this;
    if (!change.edit && !change.form) return new PlacedPiece(change.normalize(text), this.starts, this.ends);
    const edits = new Alignment();
    if (change.form) {
      for (const [i, part] of (change.cut?.(text) ?? [text]).entries()) {
        if (i % 2 === 0) toForm(part, change.form, edits);
        else for (const character of part) edits.add(character, 0);
      }
    } else change.edit?.(text, edits);
    return edits.applyTo(this);
  }

  override get start(): number {
    return this.starts[0] ?? 0;
  }
}

/**
 * How a text was changed, character by character, in the terms of the reference implementation: each new
 * character replaces the next old one (change 0), or was added behind it (above 0), or replaces it and
 * swallows that many more (below 0).
 */
class Alignment implements Edits {
  readonly #characters: string[] = [];
  readonly #changes: number[] = [];
  /** How many old characters were dropped right behind each new one, and before the first. */
  readonly #dropped: number[] = [];
  #skipped = 0;

  add(character: string, change: number): void {
    this.#characters.push(character);
    this.#changes.push(change);
    this.#dropped.push(0);
  }

  drop(): void {
    const last = this.#dropped.length - 1;
    if (last < 0) this.#skipped++;
    else this.#dropped[last] = (this.#dropped[last] as number) + 1;
  }

  swallow(count: number): void {
    // Where there is no new character yet, the reference implementation forgets the old ones, so places behind are
    // early by as many; so here too.
    const last = this.#changes.length - 1;
    if (last >= 0) this.#changes[last] = (this.#changes[last] as number) - count;
  }

  /** The piece after these changes. */
  applyTo({ starts: oldStarts, ends: oldEnds, text: old }: PlacedPiece): PlacedPiece {
    const text = this.#characters.join('');
    const starts = new Int32Array(text.length);
    const ends = new Int32Array(text.length);
    let from = 0;
    const advance = (count: number) => {
      for (let i = 0; i < count && from < old.length; i++)
        from += (old.codePointAt(from) as number) > 0xffff ? 2 : 1;
    };
    advance(this.#skipped);
    let to = 0;
    for (const [i, character] of this.#characters.entries()) {
      const change = this.#changes[i] as number;
      const source = change > 0 ? from - 1 : from;
      const width = character.length;
      starts.fill(oldStarts[source] ?? 0, to, to + width);
      ends.fill(oldEnds[source] ?? 0, to, to + width);
      to += width;
      advance(Math.max(0, 1 - change) + (this.#dropped[i] as number));
    }
    return new PlacedPiece(text, starts, ends);
  }
}

/**
 * Unicode normalization with the account of what became of each character, which `String.normalize` does
 * not give, in the way of the `unicode-normalization-alignments` crate: of a decomposed character the first
 * part replaces it and the others are added; what is composed swallows its parts.
 */
function toForm(text: string, form: Form, edits: Alignment): void {
  const normalized = text.normalize(form);
  if (normalized === text) {
    for (const character of text) edits.add(character, 0);
    return;
  }
  const apart = form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD';
  // Canonical ordering moves characters, but never two equal ones past each other: so the n-th of a kind
  // before is the n-th of its kind after.
  const changes = new Map<string, number[]>();
  for (const character of text) {
    let change = 0;
    for (const part of character.normalize(apart)) {
      const list = changes.get(part);
      if (list) list.push(change);
      else changes.set(part, [change]);
      change = 1;
    }
  }
  const taken = new Map<string, number>();
  const take = (part: string): number => {
    const n = taken.get(part) ?? 0;
    taken.set(part, n + 1);
    return changes.get(part)?.[n] ?? 0;
  };
  if (form === apart) {
    for (const character of normalized) edits.add(character, take(character));
    return;
  }
  for (const character of normalized) {
    let change = 0;
    let first = true;
    for (const part of character.normalize('NFD')) {
      change += first ? take(part) : take(part) - 1;
      first = false;
    }
    edits.add(character, change);
  }
}
