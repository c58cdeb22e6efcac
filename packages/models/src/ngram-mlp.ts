/**
 * The n-gram network of "A Neural Probabilistic Language Model" (Bengio et al., 2003,
 * https://www.jmlr.org/papers/v3/bengio03a.html): the vectors of the last tokens side by side, a hidden layer with tanh,
 * and scores for the next token,
 *
 *     y = b + W x + U tanh(d + H x)
 *
 * where W, straight from the vectors to the scores, may be left out.
 */
import { cat, functional as F, nn, type Tensor } from '@inkstone/core';
import { CausalLM, type CausalLMConfig, type CausalLMOutput } from './causal-lm.js';
import type { Folder } from './folder.js';
import type { ModelFiles } from './model-files.js';
import { checkCommon, checkCounts, plainFiles } from './plain-files.js';
import { type LoadModelOptions, loadModel } from './pretrained.js';

export interface NgramMLPConfig extends CausalLMConfig {
  /** Tokens known. */
  readonly vocabSize: number;
  /** Tokens that it sees to score the next: n - 1 of an n-gram (default 4). */
  readonly contextSize: number;
  /** Size of a token's vector (default 30, the paper's on the Brown corpus). */
  readonly embeddingSize: number;
  /** Hidden units (default 100). */
  readonly hiddenSize: number;
  /** Whether the vectors also go straight to the scores (default false). */
  readonly direct: boolean;
  /** The longest sequence that it is given (default 1024). */
  readonly blockSize: number;
  /** The token that ends a text, if there is one (default null). */
  readonly eosTokenId: number | null;
}

const defaults = {
  contextSize: 4,
  embeddingSize: 30,
  hiddenSize: 100,
  direct: false,
  blockSize: 1024,
  eosTokenId: null,
};

const ngramMLPFiles: ModelFiles<NgramMLPConfig> = plainFiles<NgramMLPConfig>({
  modelType: 'ngram_mlp',
  architecture: 'NgramMLP',
  read: (config) => ({
    contextSize: config.count('context_size', defaults.contextSize),
    embeddingSize: config.count('embedding_size', defaults.embeddingSize),
    hiddenSize: config.count('hidden_size', defaults.hiddenSize),
    direct: config.flag('direct', defaults.direct),
  }),
  write: ({ contextSize, embeddingSize, hiddenSize, direct }) => ({
    context_size: contextSize,
    embedding_size: embeddingSize,
    hidden_size: hiddenSize,
    direct,
  }),
  *shapes({ vocabSize, contextSize, embeddingSize, hiddenSize, direct }) {
    const inputs = contextSize * embeddingSize;
    // One row more than there are tokens: what stands before the text.
    yield ['C.weight', [vocabSize + 1, embeddingSize]];
    yield ['H.weight', [hiddenSize, inputs]];
    yield ['H.bias', [hiddenSize]];
    yield ['U.weight', [vocabSize, hiddenSize]];
    yield ['U.bias', [vocabSize]];
    if (direct) yield ['W.weight', [vocabSize, inputs]];
  },
});

/**
 * @example
 * const model = new NgramMLP({ vocabSize: 65, contextSize: 8, hiddenSize: 200 });
 * const { loss } = model.forward(inputs, targets); // both int32 [B, T]
 */
export class NgramMLP extends CausalLM {
  override readonly config: NgramMLPConfig;
  override readonly files = ngramMLPFiles;
  /** The vectors, named as in the paper; the last row stands for a place before the text. */
  readonly C: nn.Embedding;
  readonly H: nn.Linear;
  readonly U: nn.Linear;
  readonly W: nn.Linear | null;

  /** @throws Error that names the field of the configuration that is out of range. */
  constructor(
    config: Pick<NgramMLPConfig, 'vocabSize'> & Partial<NgramMLPConfig>,
    options: nn.ModuleOptions = {},
  ) {
    super();
    this.config = { ...defaults, ...config };
    checkCommon(this.config);
    checkCounts(this.config, 'contextSize', 'embeddingSize', 'hiddenSize');
    const { vocabSize, contextSize, embeddingSize, hiddenSize, direct } = this.config;
    const inputs = contextSize * embeddingSize;
    this.C = new nn.Embedding(vocabSize + 1, embeddingSize, options);
    this.H = new nn.Linear(inputs, hiddenSize, options);
    this.U = new nn.Linear(hiddenSize, vocabSize, options);
    this.W = direct ? new nn.Linear(inputs, vocabSize, { ...options, bias: false }) : null;
  }

  /**
   * @param idx int32 [B, T]
   * @param targets int32 [B, T], the token that follows each; -100 where none counts
   * @returns logits [B, T, vocabSize]; with targets also the mean cross-entropy, a scalar in nats
   */
  override forward(idx: Tensor): Tensor;
  override forward(idx: Tensor, targets: Tensor): CausalLMOutput;
  override forward(idx: Tensor, targets?: Tensor): Tensor | CausalLMOutput {
    const [B, T] = idx.shape;
    const { contextSize, embeddingSize, vocabSize } = this.config;
    const before = this.C.weight.narrow(0, vocabSize, 1).expand([B, contextSize - 1, embeddingSize]);
    const vectors = contextSize === 1 ? this.C.forward(idx) : cat([before, this.C.forward(idx)], 1);
    // The window of each token: itself and those before it, the oldest first.
    const windows = Array.from({ length: contextSize }, (_, i) => vectors.narrow(1, i, T));
    const x = cat(windows, 2);
    const hidden = this.U.forward(this.H.forward(x).tanh());
    const logits = this.W ? hidden.add(this.W.forward(x)) : hidden;
    if (!targets) return logits;
    return { logits, loss: F.crossEntropy(logits.view(-1, vocabSize), targets.view(-1)) };
  }

  override next(idx: Tensor, at: Tensor | null): Tensor {
    const logits = this.forward(idx);
    return (at ? logits.indexSelect(1, at) : logits).squeeze(1);
  }

  /** A model from a folder that `savePretrained` wrote, or from a run (its latest checkpoint). */
  static fromPretrained(folder: string | Folder, options: LoadModelOptions = {}): Promise<NgramMLP> {
    return loadModel(folder, ngramMLPFiles, (config) => new NgramMLP(config, options), options);
  }
}
