/**
 * The bigram: a table with a row of scores for each token, for what follows it. The first model of "Let's build GPT"
 * (Karpathy, 2023), and the least that a language model can be: it sees one token.
 */
import { functional as F, nn, type Tensor } from '@inkstone/core';
import { CausalLM, type CausalLMConfig, type CausalLMOutput } from './causal-lm.js';
import type { Folder } from './folder.js';
import type { ModelFiles } from './model-files.js';
import { checkCommon, plainFiles } from './plain-files.js';
import { type LoadModelOptions, loadModel } from './pretrained.js';

export interface BigramConfig extends CausalLMConfig {
  /** Tokens known. */
  readonly vocabSize: number;
  /** The longest sequence that it is given, of which it sees the last token (default 1024). */
  readonly blockSize: number;
  /** The token that ends a text, if there is one (default null). */
  readonly eosTokenId: number | null;
}

const bigramFiles: ModelFiles<BigramConfig> = plainFiles<BigramConfig>({
  modelType: 'bigram',
  architecture: 'Bigram',
  read: () => ({}),
  write: () => ({}),
  *shapes({ vocabSize }) {
    yield ['token_embedding_table.weight', [vocabSize, vocabSize]];
  },
});

/**
 * @example
 * const model = new Bigram({ vocabSize: 65 });
 * const { loss } = model.forward(inputs, targets); // both int32 [B, T]
 */
export class Bigram extends CausalLM {
  override readonly config: BigramConfig;
  override readonly files = bigramFiles;
  /** Row i: the logits of what follows token i. */
  readonly token_embedding_table: nn.Embedding;

  /**
   * Draws the table from a standard normal distribution, as `torch.nn.Embedding` does.
   * @throws Error that names the field of the configuration that is out of range.
   */
  constructor(
    config: Pick<BigramConfig, 'vocabSize'> & Partial<BigramConfig>,
    options: nn.ModuleOptions = {},
  ) {
    super();
    this.config = { blockSize: 1024, eosTokenId: null, ...config };
    checkCommon(this.config);
    const { vocabSize } = this.config;
    this.token_embedding_table = new nn.Embedding(vocabSize, vocabSize, options);
  }

  /**
   * @param idx int32 [B, T]
   * @param targets int32 [B, T], the token that follows each; -100 where none counts
   * @returns logits [B, T, vocabSize]; with targets also the mean cross-entropy, a scalar in nats
   */
  override forward(idx: Tensor): Tensor;
  override forward(idx: Tensor, targets: Tensor): CausalLMOutput;
  override forward(idx: Tensor, targets?: Tensor): Tensor | CausalLMOutput {
    const logits = this.token_embedding_table.forward(idx);
    if (!targets) return logits;
    return { logits, loss: F.crossEntropy(logits.view(-1, this.config.vocabSize), targets.view(-1)) };
  }

  override next(idx: Tensor, at: Tensor | null): Tensor {
    return this.forward(at ? idx.indexSelect(1, at) : idx).squeeze(1);
  }

  /** A model from a folder that `savePretrained` wrote, or from a run (its latest checkpoint). */
  static fromPretrained(folder: string | Folder, options: LoadModelOptions = {}): Promise<Bigram> {
    return loadModel(folder, bigramFiles, (config) => new Bigram(config, options), options);
  }
}
