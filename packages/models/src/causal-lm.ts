/** What every causal language model can do: score the next token, write, save itself. */
import { type Device, nn, type Tensor } from '@inkstone/core';
import type { CacheShape, Past, Positions } from './cache.js';
import type { Folder } from './folder.js';
import {
  type GenerateOptions,
  type GenerateOutput,
  generate,
  type StreamOptions,
  stream,
} from './generation.js';
import type { ModelFiles } from './model-files.js';
import { type SaveOptions, savePretrained } from './pretrained.js';

/** What training and generation need to know of any model. */
export interface CausalLMConfig {
  readonly vocabSize: number;
  /** The longest sequence that the model sees. */
  readonly blockSize: number;
  /** The token that ends a text, if there is one. */
  readonly eosTokenId: number | null;
  /** Other tokens that end a text too. */
  readonly stopTokenIds?: readonly number[];
}

export interface CausalLMOutput {
  /** [B, T, vocabSize] */
  readonly logits: Tensor;
  /** Mean cross-entropy in nats, a scalar. */
  readonly loss: Tensor;
}

/** A model that scores, for each position of a sequence, the token that follows. */
export abstract class CausalLM extends nn.Module {
  abstract readonly config: CausalLMConfig;
  /** How the model lies in files; null for one that is not saved, such as a lesson's. */
  abstract readonly files: ModelFiles | null;

  /** @param idx int32 [B, T] @returns logits [B, T, vocabSize] */
  abstract override forward(idx: Tensor): Tensor;
  /** @param targets int32 [B, T], the token that follows each; -100 where none counts */
  abstract override forward(idx: Tensor, targets: Tensor): CausalLMOutput;

  /**
   * Scores of what follows one position only, which is all that generation needs.
   *
   * @param idx int32 [B, T]
   * @param at int32 [1], the position, the same for all rows; null where T is 1
   * @param past what came before; `idx` goes on from there, and is added to it. Only for a model with a `cacheShape`.
   * @returns logits [B, vocabSize]
   */
  abstract next(idx: Tensor, at: Tensor | null, past?: Past): Tensor;

  /** What the model makes of the positions of tokens that follow a cache: tensors that a step takes, see `Past`. */
  placed(_positions: Positions, _device: Device): Tensor[] {
    return [];
  }

  /** What a key-value cache for this model holds; null for a model without one, which sees its whole text each time. */
  get cacheShape(): CacheShape | null {
    return null;
  }

  /** Where the model lives: the device of its first parameter. */
  get device(): Device {
    for (const [, parameter] of this.namedParameters()) return parameter.device;
    throw new Error(`${this.constructor.name}: a model without parameters lives nowhere`);
  }

  /**
   * Goes on with a text of token ids, or with several at once, which may differ in length.
   *
   * @returns the ids given and the new ones, as Hugging Face's `generate`; texts of a batch are not padded. With
   *   `numReturnSequences` those of one prompt lie next to each other. With `returnDictInGenerate` also log-probabilities.
   * @example
   * const ids = await model.generate(tokenizer.encode('春'), { maxNewTokens: 50, temperature: 0.8, seed: 1 });
   */
  generate(ids: ArrayLike<number>, options?: GenerateOptions): Promise<number[]>;
  generate(ids: readonly ArrayLike<number>[], options?: GenerateOptions): Promise<number[][]>;
  generate(
    ids: ArrayLike<number> | readonly ArrayLike<number>[],
    options: GenerateOptions & { returnDictInGenerate: true },
  ): Promise<GenerateOutput>;
  async generate(
    ids: ArrayLike<number> | readonly ArrayLike<number>[],
    options: GenerateOptions & { returnDictInGenerate?: boolean } = {},
  ): Promise<number[] | number[][] | GenerateOutput> {
    const { returnDictInGenerate = false, ...rest } = options;
    const single = ids.length === 0 || typeof ids[0] === 'number';
    if (single && !returnDictInGenerate && (rest.numReturnSequences ?? 1) > 1)
      throw new Error(
        'generate: several numReturnSequences need a list of prompts, such as [ids], to give a list',
      );
    const prompts = (single ? [ids] : ids) as readonly ArrayLike<number>[];
    const output = await generate(this, prompts, rest, returnDictInGenerate);
    if (returnDictInGenerate) return output;
    return single ? output.sequences[0] : output.sequences;
  }

  /**
   * Goes on with a text, piece by piece: each is ready to be shown, and joined they are the new text.
   * @example
   * for await (const piece of model.stream(tokenizer.encode('春'), { tokenizer, topK: 40 })) process.stdout.write(piece);
   */
  stream(ids: ArrayLike<number>, options: StreamOptions): AsyncGenerator<string, void, undefined> {
    return stream(this, ids, options);
  }

  /** Writes config.json and model.safetensors, and the tokenizer's files with it. */
  savePretrained(folder: string | Folder, options: SaveOptions = {}): Promise<void> {
    return savePretrained(this, folder, options);
  }
}
