/**
 * The recurrent language model: a state that is carried from token to token instead of a window ("Recurrent neural network
 * based language model", Mikolov et al., 2010), with an RNN, an LSTM (Hochreiter and Schmidhuber, 1997) or a GRU (Cho et
 * al., 2014, https://arxiv.org/abs/1406.1078) between the vectors and the scores, as PyTorch's word_language_model.
 */
import { functional as F, nn, type Tensor } from '@inkstone/core';
import { CausalLM, type CausalLMConfig, type CausalLMOutput } from './causal-lm.js';
import type { Folder } from './folder.js';
import { ConfigError, type ModelFiles } from './model-files.js';
import { checkCommon, checkCounts, plainFiles } from './plain-files.js';
import { type LoadModelOptions, loadModel } from './pretrained.js';

const cells = ['rnn', 'gru', 'lstm'] as const;
export type RecurrentCell = (typeof cells)[number];

export interface RecurrentLMConfig extends CausalLMConfig {
  /** Tokens known. */
  readonly vocabSize: number;
  /** What carries the state (default 'lstm'). */
  readonly cell: RecurrentCell;
  /** Size of a token's vector (default 200). */
  readonly embeddingSize: number;
  /** Size of the state (default 200). */
  readonly hiddenSize: number;
  /** Layers, each reading what the one below puts out (default 1). */
  readonly numLayers: number;
  /** Probability of dropping an element in training (default 0): of the vectors, between layers, of what comes out. */
  readonly dropout: number;
  /** The longest sequence that it is given at once (default 1024). */
  readonly blockSize: number;
  /** The token that ends a text, if there is one (default null). */
  readonly eosTokenId: number | null;
}

/** The state after a sequence: each [numLayers, B, hiddenSize]; an LSTM has two of them, h and c, the others h. */
export type RecurrentState = readonly Tensor[];

const defaults = {
  cell: 'lstm' as RecurrentCell,
  embeddingSize: 200,
  hiddenSize: 200,
  numLayers: 1,
  dropout: 0,
  blockSize: 1024,
  eosTokenId: null,
};

/** Rows of a layer's weights for each hidden unit. */
const gates = { rnn: 1, gru: 3, lstm: 4 } as const;

const recurrentLMFiles: ModelFiles<RecurrentLMConfig> = plainFiles<RecurrentLMConfig>({
  modelType: 'recurrent_lm',
  architecture: 'RecurrentLM',
  read: (config) => ({
    cell: config.oneOf('cell', cells, defaults.cell),
    embeddingSize: config.count('embedding_size', defaults.embeddingSize),
    hiddenSize: config.count('hidden_size', defaults.hiddenSize),
    numLayers: config.count('num_layers', defaults.numLayers),
    dropout: config.number('dropout', defaults.dropout),
  }),
  write: ({ cell, embeddingSize, hiddenSize, numLayers, dropout }) => ({
    cell,
    embedding_size: embeddingSize,
    hidden_size: hiddenSize,
    num_layers: numLayers,
    dropout,
  }),
  *shapes({ vocabSize, cell, embeddingSize, hiddenSize, numLayers }) {
    yield ['embedding.weight', [vocabSize, embeddingSize]];
    const rows = gates[cell] * hiddenSize;
    for (let layer = 0; layer < numLayers; layer++) {
      yield [`recurrent.weight_ih_l${layer}`, [rows, layer === 0 ? embeddingSize : hiddenSize]];
      yield [`recurrent.weight_hh_l${layer}`, [rows, hiddenSize]];
      yield [`recurrent.bias_ih_l${layer}`, [rows]];
      yield [`recurrent.bias_hh_l${layer}`, [rows]];
    }
    yield ['fc.weight', [vocabSize, hiddenSize]];
    yield ['fc.bias', [vocabSize]];
  },
});

/**
 * @example
 * const model = new RecurrentLM({ vocabSize: 65, cell: 'gru', hiddenSize: 128 });
 * const { loss } = model.forward(inputs, targets); // both int32 [B, T]
 */
export class RecurrentLM extends CausalLM {
  override readonly config: RecurrentLMConfig;
  override readonly files = recurrentLMFiles;
  readonly embedding: nn.Embedding;
  readonly recurrent: nn.RNN | nn.GRU | nn.LSTM;
  readonly fc: nn.Linear;
  readonly drop: nn.Dropout;

  /** @throws Error that names the field of the configuration that is out of range. */
  constructor(
    config: Pick<RecurrentLMConfig, 'vocabSize'> & Partial<RecurrentLMConfig>,
    options: nn.ModuleOptions = {},
  ) {
    super();
    this.config = { ...defaults, ...config };
    const { vocabSize, cell, embeddingSize, hiddenSize, numLayers, dropout } = this.config;
    checkCommon(this.config);
    checkCounts(this.config, 'embeddingSize', 'hiddenSize', 'numLayers');
    if (!cells.includes(cell))
      throw new ConfigError('cell', `is ${JSON.stringify(cell)}, must be one of ${cells.join(', ')}`);
    if (!(dropout >= 0 && dropout < 1))
      throw new ConfigError('dropout', `is ${dropout}, must be at least 0 and less than 1`);
    const Recurrent = { rnn: nn.RNN, gru: nn.GRU, lstm: nn.LSTM }[cell];
    this.embedding = new nn.Embedding(vocabSize, embeddingSize, options);
    this.recurrent = new Recurrent(embeddingSize, hiddenSize, {
      ...options,
      numLayers,
      dropout,
      batchFirst: true,
    });
    this.fc = new nn.Linear(hiddenSize, vocabSize, options);
    this.drop = new nn.Dropout(dropout, options);
  }

  /**
   * Reads a sequence from a state on.
   *
   * @param idx int32 [B, T]
   * @param state what the sequence before ended with; zeros if absent
   * @returns logits [B, T, vocabSize], and the state after the last token
   */
  read(idx: Tensor, state?: RecurrentState): { logits: Tensor; state: RecurrentState } {
    const x = this.drop.forward(this.embedding.forward(idx));
    const { recurrent } = this;
    let output: Tensor;
    let after: RecurrentState;
    if (recurrent instanceof nn.LSTM) {
      const [h, c] = state ?? [];
      const [y, ended] = recurrent.forward(x, h && c ? [h, c] : undefined);
      [output, after] = [y, ended];
    } else {
      const [y, ended] = recurrent.forward(x, state?.[0]);
      [output, after] = [y, [ended]];
    }
    return { logits: this.fc.forward(this.drop.forward(output)), state: after };
  }

  /**
   * @param idx int32 [B, T], read from a state of zeros
   * @param targets int32 [B, T], the token that follows each; -100 where none counts
   * @returns logits [B, T, vocabSize]; with targets also the mean cross-entropy, a scalar in nats
   */
  override forward(idx: Tensor): Tensor;
  override forward(idx: Tensor, targets: Tensor): CausalLMOutput;
  override forward(idx: Tensor, targets?: Tensor): Tensor | CausalLMOutput {
    const { logits } = this.read(idx);
    if (!targets) return logits;
    return { logits, loss: F.crossEntropy(logits.view(-1, this.config.vocabSize), targets.view(-1)) };
  }

  override next(idx: Tensor, at: Tensor | null): Tensor {
    const logits = this.forward(idx);
    return (at ? logits.indexSelect(1, at) : logits).squeeze(1);
  }

  /** A model from a folder that `savePretrained` wrote, or from a run (its latest checkpoint). */
  static fromPretrained(folder: string | Folder, options: LoadModelOptions = {}): Promise<RecurrentLM> {
    return loadModel(folder, recurrentLMFiles, (config) => new RecurrentLM(config, options), options);
  }
}
