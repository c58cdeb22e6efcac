import { describeCharacter, describeValue, TokenizerError } from '../error.js';
import type { AddedTokenJSON, JSONPart, TokenizerJSON } from '../format/json.js';
import { Ids } from '../model/ids.js';
import type { Model } from '../model/model.js';
import type { Scanner } from '../scan/scanner.js';
import type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from '../tokenizer.js';
import { AddedTokens } from './added-tokens.js';
import { type BatchOptions, finishBatch } from './batch.js';
import { cleanUp, type Decoder, decoderFromJSON, spaced } from './decoders.js';
import { type Encoding, encodingOf } from './encoding.js';
import type { Context, Kinds } from './kinds.js';
import { type Normalizer, normalizerFromJSON } from './normalizers.js';
import type { CompileRegex } from './patterns.js';
import { originalPiece, type Piece, slicePiece } from './piece.js';
import { type PostProcessor, postProcess, postProcessorFromJSON } from './postprocessors.js';
import { onlyScanners, pretokenize } from './pretokenize.js';
import { needsPlaces, type Step, stepsFromJSON } from './pretokenizers.js';

/** The parts of a pipeline; those other than the model as `tokenizer.json` writes them. */
export interface PipelineParts {
  model: Model;
  /** How to make the parts that are named here: give `allKinds`, or those of a family, wherever any is named. */
  kinds?: Kinds;
  normalizer?: JSONPart | null | undefined;
  preTokenizer?: JSONPart | null | undefined;
  postProcessor?: JSONPart | null | undefined;
  decoder?: JSONPart | null | undefined;
  addedTokens?: readonly AddedTokenJSON[];
  truncation?: JSONPart | null | undefined;
  padding?: JSONPart | null | undefined;
  /** For regular expressions that are not built in: `compileRegex` from `@inkstone/tokenizer/regex`. */
  regex?: CompileRegex | undefined;
}

/** Takes the tokens of a text: its id, and from where to where it comes, in UTF-16 units; and its word's number. */
type Take = (id: number, start: number, end: number, word: number) => void;

/** A tokenizer put together from Hugging Face's parts: every `tokenizer.json` becomes one of these. */
export class PipelineTokenizer implements Tokenizer {
  readonly model: Model;
  readonly vocabSize: number;
  readonly #parts: PipelineParts;
  readonly #added: AddedTokens;
  readonly #normalizer: Normalizer | undefined;
  readonly #steps: readonly Step[];
  /** The steps where they are plain scanners. */
  readonly #scanners: readonly Scanner[] | undefined;
  readonly #needsPlaces: boolean;
  readonly #postProcessor: PostProcessor | undefined;
  readonly #decoder: Decoder;
  /** What the post-processor puts before and behind a single text. */
  readonly #around: readonly [before: number[], after: number[]];
  /** Whether every text has ids, even one with lone surrogates. */
  readonly #takesBytes: boolean;

  constructor(parts: PipelineParts) {
    const { model, kinds = {}, regex } = parts;
    const context: Context = { kinds, regex, textOf: (id) => this.idToToken(id) ?? '' };
    this.#parts = parts;
    this.model = model;
    this.#normalizer = parts.normalizer
      ? normalizerFromJSON(parts.normalizer, 'normalizer', context)
      : undefined;
    this.#added = new AddedTokens(withIds(parts.addedTokens ?? [], model), this.#normalizer);
    const steps = parts.preTokenizer ? stepsFromJSON(parts.preTokenizer, 'pre_tokenizer', context) : [];
    // Where bytes are the last step, the model maps them itself, word by word and only for words it has not seen.
    const bytesInModel = steps.at(-1)?.bytes === true && model.useBytes?.() === true;
    this.#steps = bytesInModel ? steps.slice(0, -1) : steps;
    this.#takesBytes = model.takesBytes === true || steps.some((step) => step.bytes);
    this.#scanners = onlyScanners(this.#steps);
    this.#needsPlaces = needsPlaces(parts.preTokenizer ?? null);
    this.#postProcessor = parts.postProcessor
      ? postProcessorFromJSON(parts.postProcessor, 'post_processor', context)
      : undefined;
    this.#decoder = parts.decoder ? decoderFromJSON(parts.decoder, 'decoder', context)[0] : spaced;
    this.#around = this.#findAround();
    this.vocabSize = Math.max(model.vocab.length, (this.#added.tokens.at(-1)?.id ?? -1) + 1);
  }

  /** Lets the post-processor work on a text of one made-up token. */
  #findAround(): [number[], number[]] {
    const { inputIds } = postProcess(this.#postProcessor, [encodingOf([-1])], true);
    const at = inputIds.indexOf(-1);
    return [inputIds.slice(0, at), inputIds.slice(at + 1)];
  }

  encode(text: string, options: EncodeOptions = {}): number[] {
    const [before, after] = (options.addSpecialTokens ?? true) ? this.#around : [[], []];
    const ids = new Ids();
    this.#checkText(text);
    for (const id of before) ids.push(id);
    if (this.#needsPlaces) this.#encodeWithPlaces(text, (id) => ids.push(id));
    else this.#encodeIds(text, ids);
    for (const id of after) ids.push(id);
    return ids.toArray();
  }

  #checkText(text: string): void {
    if (this.#takesBytes) return;
    const at = text.search(/[\ud800-\udfff]/u);
    if (at < 0) return;
    throw new TokenizerError(
      `encode: the text has ${describeCharacter(text.charAt(at))} at position ${Array.from(text.slice(0, at)).length}, which is no character and has no token.`,
    );
  }

  #encodeIds(text: string, ids: Ids): void {
    this.#segments({ text }, (id, piece, start, end) => {
      if (id >= 0) ids.push(id);
      else if (this.#scanners) this.#encodeScanned(piece.text, start, end, ids, 0);
      else
        pretokenize(this.#steps, piece, start, end, (word, from, to) =>
          this.model.encode(word.text, from, to, ids),
        );
    });
  }

  /** Takes the text apart where added tokens are: their ids, or -1 and normalized text for the model. */
  #segments(original: Piece, take: (id: number, piece: Piece, start: number, end: number) => void): void {
    const normalizer = this.#normalizer;
    for (const { id, start, end } of this.#added.split(original.text, false)) {
      if (id >= 0 || !(normalizer || this.#added.hasNormalized)) {
        take(id, original, start, end);
        continue;
      }
      const part = slicePiece(original, start, end);
      const piece = normalizer ? normalizer.apply(part) : part;
      for (const inner of this.#added.split(piece.text, true)) take(inner.id, piece, inner.start, inner.end);
    }
  }

  #encodeScanned(text: string, start: number, end: number, ids: Ids, level: number): void {
    const scanners = this.#scanners as readonly Scanner[];
    const scan = scanners[level];
    const { model } = this;
    if (!scan) {
      if (start < end) model.encode(text, start, end, ids);
    } else if (level === scanners.length - 1) {
      while (start < end) {
        const stop = scan(text, start, end);
        model.encode(text, start, stop, ids);
        start = stop;
      }
    } else {
      while (start < end) {
        const stop = scan(text, start, end);
        this.#encodeScanned(text, start, stop, ids, level + 1);
        start = stop;
      }
    }
  }

  /** The same path with the places that tokens come from, and the numbers of words. */
  #encodeWithPlaces(text: string, take: Take): void {
    const ids = new Ids();
    const spans: number[] = [];
    let word = 0;
    const takeAt = (id: number, { starts, ends }: Piece, start: number, end: number) =>
      take(id, starts?.[start] ?? 0, ends?.[end - 1] ?? 0, word);
    this.#segments(originalPiece(text), (id, piece, start, end) => {
      if (id >= 0) {
        takeAt(id, piece, start, end);
        word++;
        return;
      }
      pretokenize(this.#steps, piece, start, end, (part, from, to) => {
        ids.length = spans.length = 0;
        this.model.encodeSpans(part.text, from, to, ids, spans);
        for (let i = 0; i < ids.length; i++)
          takeAt(ids.at(i), part, spans[2 * i] as number, spans[2 * i + 1] as number);
        word++;
      });
    });
  }

  /** One text with offsets and words, before the post-processor. */
  #encodeOne(text: string, withOffsets: boolean): Encoding {
    this.#checkText(text);
    if (!withOffsets) {
      const ids = new Ids();
      this.#encodeIds(text, ids);
      return encodingOf(ids.toArray());
    }
    const characterOf = characterIndex(text);
    const inputIds: number[] = [];
    const offsets: [number, number][] = [];
    const wordIds: number[] = [];
    this.#encodeWithPlaces(text, (id, start, end, word) => {
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
      inputs.map((input) =>
        (typeof input === 'string' ? [input] : input).map((text) =>
          this.#encodeOne(text, options.offsets ?? true),
        ),
      ),
      options,
      {
        postProcessor: this.#postProcessor,
        truncation: this.#parts.truncation ?? null,
        padding: this.#parts.padding ?? null,
        tokenToId: (token) => this.tokenToId(token),
      },
    );
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    const stream = this.decodeStream(options);
    const text = stream.step(ids) + stream.flush();
    return options.cleanUpTokenizationSpaces ? cleanUp(text) : text;
  }

  #decodable(id: number, skip: boolean): string | undefined {
    const token = this.#added.textOf(id) ?? this.model.vocab.token(id);
    if (token === undefined) {
      throw new TokenizerError(`decode: id ${id} is not in the vocabulary; ids are below ${this.vocabSize}.`);
    }
    return skip && this.#added.isSpecial(token) ? undefined : token;
  }

  decodeStream(options: DecodeOptions = {}): DecodeStream {
    const skip = options.skipSpecialTokens ?? false;
    let text = '';
    const start = () =>
      this.#decoder((part) => {
        text += part;
      });
    let step = start();
    const taken = () => {
      const out = text;
      text = '';
      return out;
    };
    return {
      step: (ids) => {
        const all = typeof ids === 'number' ? [ids] : ids;
        for (let i = 0; i < all.length; i++) {
          const token = this.#decodable(all[i] as number, skip);
          if (token !== undefined) step.push(token);
        }
        return taken();
      },
      flush: () => {
        step.end();
        step = start();
        return taken();
      },
    };
  }

  getVocab(): Map<string, number> {
    const all = new Map(this.model.vocab.ids);
    for (const token of this.#added.tokens) all.set(token.content, token.id);
    return new Map([...all].sort(([, a], [, b]) => a - b));
  }

  /** The tokens that are looked for in the text itself. */
  get addedTokens(): readonly AddedTokenJSON[] {
    return this.#added.tokens;
  }

  tokenToId(token: string): number | undefined {
    return this.#added.get(token) ?? this.model.vocab.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#added.contentOf(id) ?? this.model.vocab.token(id);
  }

  convertIdsToTokens(ids: ArrayLike<number>): (string | undefined)[] {
    return Array.from(ids, (id) => this.idToToken(id));
  }

  toJSON(): TokenizerJSON {
    const parts = this.#parts;
    return {
      version: '1.0',
      truncation: parts.truncation ?? null,
      padding: parts.padding ?? null,
      added_tokens: [...this.#added.tokens],
      normalizer: parts.normalizer ?? null,
      pre_tokenizer: parts.preTokenizer ?? null,
      post_processor: parts.postProcessor ?? null,
      decoder: parts.decoder ?? null,
      model: this.model.toJSON(),
    };
  }
}

/**
 * Checks the ids of added tokens: those that the model has keep its id, the others follow the vocabulary
 * without gaps. A file that states otherwise is wrong, and other libraries would take other ids.
 */
function withIds(tokens: readonly AddedTokenJSON[], model: Model): AddedTokenJSON[] {
  const seen = new Set<string>();
  let next = model.vocab.size;
  for (const token of tokens) {
    const expected = model.vocab.get(token.content) ?? next++;
    if (seen.has(token.content))
      throw new TokenizerError(`Added token ${describeValue(token.content)} occurs twice.`);
    if (token.id !== expected) {
      throw new TokenizerError(
        `Added token ${describeValue(token.content)} has the id ${token.id}, but its id must be ${expected}: ids of added tokens are those of the vocabulary or follow it without gaps.`,
      );
    }
    seen.add(token.content);
  }
  return [...tokens];
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
