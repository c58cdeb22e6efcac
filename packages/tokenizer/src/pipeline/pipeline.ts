import { describeCharacter, describeValue, TokenizerError } from '../error.js';
import type { AddedTokenJSON, JSONPart, TokenizerJSON } from '../format/json.js';
import { Ids } from '../model/ids.js';
import type { Model } from '../model/model.js';
import type { Scanner } from '../scan/scanner.js';
import type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from '../tokenizer.js';
import { AddedTokens } from './added-tokens.js';
import { cleanUp, type Decoder, decoderFromJSON, spaced } from './decoders.js';
import type { Context, Kinds } from './kinds.js';
import { type Normalizer, normalizerFromJSON } from './normalizers.js';
import type { CompileRegex } from './patterns.js';
import { Piece } from './piece.js';
import { type Around, aroundOne, type PostProcessor, postProcessorFromJSON } from './postprocessors.js';
import { onlyScanners, pretokenize } from './pretokenize.js';
import { type Step, stepsFromJSON } from './pretokenizers.js';

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

/**
 * What every `tokenizer.json` becomes: a tokenizer put together from Hugging Face's parts. It encodes and decodes;
 * `PipelineTokenizer` knows places and batches as well.
 */
export class Pipeline implements Tokenizer {
  readonly model: Model;
  readonly vocabSize: number;
  protected readonly parts: PipelineParts;
  readonly #added: AddedTokens;
  readonly #normalizer: Normalizer;
  protected readonly steps: readonly Step[];
  /** The steps where they are plain scanners. */
  readonly #scanners: readonly Scanner[] | undefined;
  protected readonly postProcessor: PostProcessor;
  readonly #decoder: Decoder;
  /** What the post-processor puts before and behind a single text. */
  readonly #around: Around;
  /** Whether every text has ids, even one with lone surrogates. */
  readonly #takesBytes: boolean;

  constructor(parts: PipelineParts) {
    const { model, kinds = {}, regex, normalizer, preTokenizer, postProcessor, decoder } = parts;
    const context: Context = { kinds, regex };
    this.parts = parts;
    this.model = model;
    this.#normalizer = normalizer ? normalizerFromJSON(normalizer, 'normalizer', context) : [];
    this.#added = new AddedTokens(withIds(parts.addedTokens ?? [], model), this.#normalizer);
    const steps = preTokenizer ? stepsFromJSON(preTokenizer, 'pre_tokenizer', context) : [];
    // Where bytes are the last step, the model maps them itself, word by word and only for words it has not seen.
    const bytesInModel = steps.at(-1)?.bytes === true && model.useBytes?.() === true;
    this.steps = bytesInModel ? steps.slice(0, -1) : steps;
    this.#takesBytes = model.takesBytes === true || steps.some((step) => step.bytes);
    this.#scanners = onlyScanners(this.steps);
    this.postProcessor = postProcessor ? postProcessorFromJSON(postProcessor, 'post_processor', context) : [];
    this.#decoder = decoder ? decoderFromJSON(decoder, 'decoder', context)[0] : spaced;
    this.#around = aroundOne(this.postProcessor);
    this.vocabSize = Math.max(model.vocab.length, (this.#added.tokens.at(-1)?.id ?? -1) + 1);
  }

  encode(text: string, options: EncodeOptions = {}): number[] {
    const [before, after] = (options.addSpecialTokens ?? true) ? this.#around : [[], []];
    const ids = new Ids();
    for (const id of before) ids.push(id);
    this.encodeIds(text, ids);
    for (const id of after) ids.push(id);
    return ids.toArray();
  }

  protected checkText(text: string): void {
    if (this.#takesBytes) return;
    const at = text.search(/[\ud800-\udfff]/u);
    if (at < 0) return;
    throw new TokenizerError(
      `encode: the text has ${describeCharacter(text.charAt(at))} at position ${Array.from(text.slice(0, at)).length}, which is no character and has no token.`,
    );
  }

  protected encodeIds(text: string, ids: Ids): void {
    this.checkText(text);
    this.segments(new Piece(text), (id, piece, start, end) => {
      if (id >= 0) ids.push(id);
      else if (this.#scanners) this.#encodeScanned(piece.text, start, end, ids, 0);
      else
        pretokenize(this.steps, piece, start, end, (word, from, to) =>
          this.model.encode(word.text, from, to, ids),
        );
    });
  }

  /** Takes the text apart where added tokens are: their ids, or -1 and normalized text for the model. */
  protected segments<P extends Piece>(
    original: P,
    take: (id: number, piece: P, start: number, end: number) => void,
  ): void {
    const normalizer = this.#normalizer;
    for (const { id, start, end } of this.#added.split(original.text, false)) {
      if (id >= 0 || !(normalizer.length > 0 || this.#added.hasNormalized)) {
        take(id, original, start, end);
        continue;
      }
      // A piece changes into one of its own kind.
      let piece = original.slice(start, end) as P;
      for (const change of normalizer) piece = piece.change(change) as P;
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
    const { parts } = this;
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
