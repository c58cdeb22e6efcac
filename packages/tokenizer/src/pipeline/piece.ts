/** Takes down what becomes of the characters of a text, in their order. */
export interface Edits {
  /** A new character: in place of the next old one (change 0), or added behind it (1). */
  add(character: string, change: 0 | 1): void;
  /** Drops the next old character. */
  drop(): void;
  /** The last new character stands for that many more old ones. */
  swallow(count: number): void;
}

/** Unicode's normalization forms. */
export type Form = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

/** A way to change a text. */
export interface Change {
  /** The changed text. */
  normalize(text: string): string;
  /**
   * What becomes of each character; nothing where each unit becomes one other. Where a form of Unicode is what changes
   * the text, `form`, and the text cut so that every other part stays as it is.
   */
  readonly edit?: ((text: string, edits: Edits) => void) | undefined;
  readonly form?: Form;
  cut?(text: string): string[];
}

/** A text on its way through the pipeline. `PlacedPiece` knows where it came from as well. */
export class Piece {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  slice(start: number, end: number): Piece {
    return start === 0 && end === this.text.length ? this : this.part(start, end);
  }

  protected part(start: number, end: number): Piece {
    return new Piece(this.text.slice(start, end));
  }

  change(change: Change): Piece {
    return new Piece(change.normalize(this.text));
  }

  /** Where in the original its first character came from, if it is known. */
  get start(): number {
    return 0;
  }
}

/** Puts characters before a text; they count as coming from where its first character came from. */
export function prepending(added: string): Change {
  return {
    normalize: (text) => (text === '' ? text : added + text),
    edit(text, edits) {
      if (text === '') return;
      // The first added character takes the place of the text's first, which then counts as added.
      let change: 0 | 1 = 0;
      for (const character of added) {
        edits.add(character, change);
        change = 1;
      }
      for (const character of text) {
        edits.add(character, change);
        change = 0;
      }
    },
  };
}
