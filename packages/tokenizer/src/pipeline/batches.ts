import { Ids } from '../model/ids.js';
import { SPACE } from '../scan/sets.js';
import { type BatchOptions, finishBatch } from './batch.js';
import { textsOf } from './batch-options.js';
import { type Encoding, encodingOf } from './encoding.js';
import { Pipeline } from './pipeline.js';
import { PlacedPiece } from './places.js';
import { pretokenize } from './pretokenize.js';

/** Takes the tokens of a text: its id, and from where to where it comes, in UTF-16 units; and its word's number. */
type Take = (id: number, start: number, end: number, word: number) => void;

/** A tokenizer put together from Hugging Face's parts, with all that they can do: offsets, pairs, batches. */
export class PipelineTokenizer extends Pipeline {
  /** Added tokens that take white space along and have none of their own. */
  readonly #stripping = new Set(
    this.addedTokens.flatMap(({ id, content, lstrip, rstrip }) =>
      (lstrip || rstrip) && content === content.trim() ? id : [],
    ),
  );

  protected override encodeIds(text: string, ids: Ids): void {
    if (this.steps.some((step) => step.places)) this.#encodeWithPlaces(text, (id) => ids.push(id));
    else super.encodeIds(text, ids);
  }

  /** The same path with the places that tokens come from, and the numbers of words. */
  #encodeWithPlaces(text: string, take: Take): void {
    this.checkText(text);
    const ids = new Ids();
    const spans: number[] = [];
    let word = 0;
    const takeAt = (id: number, { starts, ends }: PlacedPiece, start: number, end: number) =>
      take(id, starts[start] ?? 0, ends[end - 1] ?? 0, word);
    this.segments(PlacedPiece.original(text), (id, piece, start, end) => {
      if (id >= 0) {
        takeAt(id, piece, start, end);
        word++;
        return;
      }
      pretokenize(this.steps, piece, start, end, (part, from, to) => {
        ids.length = spans.length = 0;
        this.model.encodeSpans(part.text, from, to, ids, spans);
        for (let i = 0; i < ids.length; i++)
          takeAt(ids.at(i), part as PlacedPiece, spans[2 * i] as number, spans[2 * i + 1] as number);
        word++;
      });
    });
  }

  /**
   * Where an added token is that took the white space beside it along (RoBERTa's `<mask>`): without that, if the
   * post-processor takes it off offsets, since it looks for it in the token's own text.
   */
  #trimmed(text: string, id: number, from: number, to: number): [start: number, end: number] {
    let [start, end] = [from, to];
    for (const step of this.#stripping.has(id) ? this.postProcessor : []) {
      if (!('trimOffsets' in step && step.trimOffsets)) continue;
      while (start < end && SPACE.has(text.charCodeAt(start))) start++;
      while (start < end && SPACE.has(text.charCodeAt(end - 1))) end--;
      // A single space at the start may be the one that was added.
      if (step.addPrefixSpace && start === 1) start = from;
    }
    return [start, end];
  }

  /** One text with offsets and words, before the post-processor. */
  #encodeOne(text: string, withOffsets: boolean): Encoding {
    if (!withOffsets) {
      const ids = new Ids();
      this.encodeIds(text, ids);
      return encodingOf(ids.toArray());
    }
    const characterOf = characterIndex(text);
    const inputIds: number[] = [];
    const offsets: [number, number][] = [];
    const wordIds: number[] = [];
    this.#encodeWithPlaces(text, (id, from, to, word) => {
      const [start, end] = this.#trimmed(text, id, from, to);
      inputIds.push(id);
      offsets.push([characterOf(start), characterOf(end)]);
      wordIds.push(word);
    });
    return encodingOf(inputIds, 0, 0, offsets, wordIds);
  }

  /**
   * Texts, or pairs of texts, with masks, types and offsets, cut and padded as asked.
   *
   * @example
   * ```ts
   * const [a, b] = tokenizer.encodeBatch(['short', ['a question', 'an answer']], { padding: true });
   * a.inputIds.length === b.inputIds.length; // true
   * ```
   */
  encodeBatch(
    inputs: readonly (string | readonly [string, string])[],
    options: BatchOptions = {},
  ): Encoding[] {
    return finishBatch(
      inputs.map((input, index) =>
        textsOf(input, index).map((text) => this.#encodeOne(text, options.offsets ?? true)),
      ),
      options,
      {
        postProcessor: this.postProcessor,
        truncation: this.parts.truncation ?? null,
        padding: this.parts.padding ?? null,
        tokenToId: (token) => this.tokenToId(token),
        textOf: (id) => this.idToToken(id) ?? '',
      },
    );
  }
}

/** From UTF-16 indices to numbers of characters. */
function characterIndex(text: string): (index: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (index) => index;
  const table = new Int32Array(text.length + 1);
  let characters = 0;
  for (let i = 0; i < text.length; ) {
    const width = (text.codePointAt(i) as number) > 0xffff ? 2 : 1;
    table.fill(characters++, i, i + width);
    i += width;
  }
  table[text.length] = characters;
  return (index) => table[index] as number;
}
