/**
 * BERT: the encoder of "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding"
 * (https://arxiv.org/abs/1810.04805). Parameters are named as in Hugging Face's BertModel and BertForMaskedLM.
 *
 * T is the length of a sequence, B the batch, C the width (hiddenSize).
 */
import { arange, functional as F, nn, type Tensor, zeros } from '@inkstone/core';
import {
  type BertConfig,
  bertDefaults,
  bertFiles,
  bertMaskedLMFiles,
  checkBertConfig,
} from './bert-files.js';
import type { Folder } from './folder.js';
import {
  type LoadModelOptions,
  loadModel,
  type PretrainedSource,
  type SaveOptions,
  savePretrained,
} from './pretrained.js';

export type { BertConfig } from './bert-files.js';

export interface BertInputs {
  /** int32 or bool [B, T]: 0 hides a position, as padding is (default: none is hidden). */
  attentionMask?: Tensor;
  /** int32 [B, T]: which of two texts a token belongs to (default 0). */
  tokenTypeIds?: Tensor;
}

export interface BertOutput {
  /** [B, T, C] */
  readonly lastHiddenState: Tensor;
  /** [B, C]: the first token's, through a layer that was trained to tell whether two texts follow each other. */
  readonly poolerOutput: Tensor | null;
}

class BertEmbeddings extends nn.Module {
  readonly word_embeddings: nn.Embedding;
  readonly position_embeddings: nn.Embedding;
  readonly token_type_embeddings: nn.Embedding;
  readonly LayerNorm: nn.LayerNorm;
  readonly dropout: nn.Dropout;

  constructor(config: BertConfig, options: nn.ModuleOptions) {
    super();
    const { vocabSize, maxPositionEmbeddings, typeVocabSize, hiddenSize: C, padTokenId } = config;
    const padding = padTokenId === null ? {} : { paddingIdx: padTokenId };
    this.word_embeddings = new nn.Embedding(vocabSize, C, { ...options, ...padding });
    this.position_embeddings = new nn.Embedding(maxPositionEmbeddings, C, options);
    this.token_type_embeddings = new nn.Embedding(typeVocabSize, C, options);
    this.LayerNorm = new nn.LayerNorm(C, { ...options, eps: config.layerNormEps });
    this.dropout = new nn.Dropout(config.hiddenDropoutProb, options);
  }

  override forward(idx: Tensor, tokenTypeIds?: Tensor): Tensor {
    const { device, shape } = idx;
    const types = tokenTypeIds ?? zeros(shape, { dtype: 'int32', device });
    const x = this.word_embeddings
      .forward(idx)
      .add(this.token_type_embeddings.forward(types))
      .add(this.position_embeddings.forward(arange(shape[1], { device })));
    return this.dropout.forward(this.LayerNorm.forward(x));
  }
}

class BertSelfAttention extends nn.Module {
  readonly query: nn.Linear;
  readonly key: nn.Linear;
  readonly value: nn.Linear;

  constructor(
    readonly config: BertConfig,
    options: nn.ModuleOptions,
  ) {
    super();
    const { hiddenSize: C } = config;
    this.query = new nn.Linear(C, C, options);
    this.key = new nn.Linear(C, C, options);
    this.value = new nn.Linear(C, C, options);
  }

  override forward(x: Tensor, attnMask: Tensor | null): Tensor {
    const { numAttentionHeads, attentionProbsDropoutProb } = this.config;
    const heads = (all: Tensor): Tensor => all.unflatten(-1, [numAttentionHeads, -1]).transpose(1, 2);
    const [q, k, v] = [this.query, this.key, this.value].map((layer) => heads(layer.forward(x)));
    const dropoutP = this.training ? attentionProbsDropoutProb : 0;
    return F.scaledDotProductAttention(q, k, v, { attnMask, dropoutP }).transpose(1, 2).flatten(2);
  }
}

/** What follows attention and the MLP: a layer, then the sum with what went in, normalised. */
class BertOutputLayer extends nn.Module {
  readonly dense: nn.Linear;
  readonly LayerNorm: nn.LayerNorm;
  readonly dropout: nn.Dropout;

  constructor(inputs: number, config: BertConfig, options: nn.ModuleOptions) {
    super();
    this.dense = new nn.Linear(inputs, config.hiddenSize, options);
    this.LayerNorm = new nn.LayerNorm(config.hiddenSize, { ...options, eps: config.layerNormEps });
    this.dropout = new nn.Dropout(config.hiddenDropoutProb, options);
  }

  override forward(x: Tensor, residual: Tensor): Tensor {
    return this.LayerNorm.forward(this.dropout.forward(this.dense.forward(x)).add(residual));
  }
}

class BertAttention extends nn.Module {
  readonly self: BertSelfAttention;
  readonly output: BertOutputLayer;

  constructor(config: BertConfig, options: nn.ModuleOptions) {
    super();
    this.self = new BertSelfAttention(config, options);
    this.output = new BertOutputLayer(config.hiddenSize, config, options);
  }

  override forward(x: Tensor, mask: Tensor | null): Tensor {
    return this.output.forward(this.self.forward(x, mask), x);
  }
}

class BertIntermediate extends nn.Module {
  readonly dense: nn.Linear;

  constructor({ hiddenSize, intermediateSize }: BertConfig, options: nn.ModuleOptions) {
    super();
    this.dense = new nn.Linear(hiddenSize, intermediateSize, options);
  }

  override forward(x: Tensor): Tensor {
    return F.gelu(this.dense.forward(x));
  }
}

class BertLayer extends nn.Module {
  readonly attention: BertAttention;
  readonly intermediate: BertIntermediate;
  readonly output: BertOutputLayer;

  constructor(config: BertConfig, options: nn.ModuleOptions) {
    super();
    this.attention = new BertAttention(config, options);
    this.intermediate = new BertIntermediate(config, options);
    this.output = new BertOutputLayer(config.intermediateSize, config, options);
  }

  override forward(x: Tensor, mask: Tensor | null): Tensor {
    const attended = this.attention.forward(x, mask);
    return this.output.forward(this.intermediate.forward(attended), attended);
  }
}

class BertEncoder extends nn.Module {
  readonly layer: nn.ModuleList<BertLayer>;

  constructor(config: BertConfig, options: nn.ModuleOptions) {
    super();
    const layers = Array.from({ length: config.numHiddenLayers }, () => new BertLayer(config, options));
    this.layer = new nn.ModuleList(layers);
  }

  override forward(x: Tensor, mask: Tensor | null): Tensor {
    for (const layer of this.layer) x = layer.forward(x, mask);
    return x;
  }
}

class BertPooler extends nn.Module {
  readonly dense: nn.Linear;

  constructor({ hiddenSize }: BertConfig, options: nn.ModuleOptions) {
    super();
    this.dense = new nn.Linear(hiddenSize, hiddenSize, options);
  }

  override forward(hidden: Tensor): Tensor {
    return this.dense.forward(hidden.select(1, 0)).tanh();
  }
}

/** Weights start normal(0, initializerRange), biases 0. */
function initialise(model: nn.Module, { initializerRange }: BertConfig, options: nn.ModuleOptions): void {
  model.apply((module) => {
    if (module instanceof nn.Linear || module instanceof nn.Embedding)
      nn.init.normal_(module.weight, 0, initializerRange, options);
    if (module instanceof nn.Linear && module.bias) nn.init.zeros_(module.bias);
  });
}

/**
 * @example
 * const model = new Bert({ vocabSize: 21128 }).eval();
 * const { lastHiddenState } = model.forward(ids, { attentionMask, tokenTypeIds }); // each int32 [B, T]
 */
export class Bert extends nn.Module {
  readonly config: BertConfig;
  readonly files = bertFiles;
  readonly embeddings: BertEmbeddings;
  readonly encoder: BertEncoder;
  readonly pooler: BertPooler | null;

  /** @throws Error that names the field of the configuration that is out of range. */
  constructor(config: Pick<BertConfig, 'vocabSize'> & Partial<BertConfig>, options: nn.ModuleOptions = {}) {
    super();
    this.config = { ...bertDefaults, ...config };
    checkBertConfig(this.config);
    this.embeddings = new BertEmbeddings(this.config, options);
    this.encoder = new BertEncoder(this.config, options);
    this.pooler = this.config.addPoolingLayer ? new BertPooler(this.config, options) : null;
    initialise(this, this.config, options);
  }

  /** @param idx int32 [B, T], T at most maxPositionEmbeddings */
  override forward(idx: Tensor, { attentionMask, tokenTypeIds }: BertInputs = {}): BertOutput {
    const [B, T] = idx.shape;
    const { maxPositionEmbeddings } = this.config;
    if (T > maxPositionEmbeddings)
      throw new Error(
        `Bert: a sequence of ${T} tokens, but maxPositionEmbeddings is ${maxPositionEmbeddings}`,
      );
    const mask = attentionMask ? attentionMask.bool().reshape([B, 1, 1, T]) : null;
    const lastHiddenState = this.encoder.forward(this.embeddings.forward(idx, tokenTypeIds), mask);
    return { lastHiddenState, poolerOutput: this.pooler?.forward(lastHiddenState) ?? null };
  }

  /** A model from a folder in Hugging Face's layout; heads that the files have beside it are left out. */
  static fromPretrained(
    from: PretrainedSource,
    options: LoadModelOptions & { addPoolingLayer?: boolean } = {},
  ): Promise<Bert> {
    const { addPoolingLayer = true } = options;
    const files = {
      ...bertFiles,
      configFromJSON: (json: Record<string, unknown>) => ({
        ...bertFiles.configFromJSON(json),
        addPoolingLayer,
      }),
    };
    return loadModel(from, files, (config) => new Bert(config, options), options);
  }

  savePretrained(folder: string | Folder, options: SaveOptions = {}): Promise<void> {
    return savePretrained(this, folder, options);
  }
}

class BertPredictionHeadTransform extends nn.Module {
  readonly dense: nn.Linear;
  readonly LayerNorm: nn.LayerNorm;

  constructor({ hiddenSize, layerNormEps: eps }: BertConfig, options: nn.ModuleOptions) {
    super();
    this.dense = new nn.Linear(hiddenSize, hiddenSize, options);
    this.LayerNorm = new nn.LayerNorm(hiddenSize, { ...options, eps });
  }

  override forward(x: Tensor): Tensor {
    return this.LayerNorm.forward(F.gelu(this.dense.forward(x)));
  }
}

class BertLMPredictionHead extends nn.Module {
  readonly transform: BertPredictionHeadTransform;
  readonly bias: nn.Parameter;

  constructor(config: BertConfig, options: nn.ModuleOptions) {
    super();
    this.transform = new BertPredictionHeadTransform(config, options);
    const { device } = options;
    this.bias = new nn.Parameter(zeros([config.vocabSize], device ? { device } : {}));
  }

  override forward(x: Tensor, embedding: Tensor): Tensor {
    return F.linear(this.transform.forward(x), embedding, this.bias);
  }
}

class BertOnlyMLMHead extends nn.Module {
  readonly predictions: BertLMPredictionHead;

  constructor(config: BertConfig, options: nn.ModuleOptions) {
    super();
    this.predictions = new BertLMPredictionHead(config, options);
  }

  override forward(x: Tensor, embedding: Tensor): Tensor {
    return this.predictions.forward(x, embedding);
  }
}

export interface MaskedLMOutput {
  /** [B, T, vocabSize] */
  readonly logits: Tensor;
  /** Mean cross-entropy in nats, a scalar. */
  readonly loss: Tensor;
}

/** BERT that says which token stood at each place; the output layer is the token embedding. */
export class BertForMaskedLM extends nn.Module {
  readonly config: BertConfig;
  readonly files = bertMaskedLMFiles;
  readonly bert: Bert;
  readonly cls: BertOnlyMLMHead;

  constructor(config: Pick<BertConfig, 'vocabSize'> & Partial<BertConfig>, options: nn.ModuleOptions = {}) {
    super();
    this.bert = new Bert({ ...config, addPoolingLayer: false }, options);
    this.config = this.bert.config;
    this.cls = new BertOnlyMLMHead(this.config, options);
    initialise(this.cls, this.config, options);
  }

  /**
   * @param idx int32 [B, T]
   * @param inputs.labels int32 [B, T], the token that belongs there; -100 where none counts
   */
  override forward(idx: Tensor, inputs?: BertInputs): Tensor;
  override forward(idx: Tensor, inputs: BertInputs & { labels: Tensor }): MaskedLMOutput;
  override forward(idx: Tensor, inputs: BertInputs & { labels?: Tensor } = {}): Tensor | MaskedLMOutput {
    const { lastHiddenState } = this.bert.forward(idx, inputs);
    const logits = this.cls.forward(lastHiddenState, this.bert.embeddings.word_embeddings.weight);
    const { labels } = inputs;
    if (!labels) return logits;
    return { logits, loss: F.crossEntropy(logits.view(-1, this.config.vocabSize), labels.reshape([-1])) };
  }

  /** A model from a folder in Hugging Face's layout. */
  static fromPretrained(from: PretrainedSource, options: LoadModelOptions = {}): Promise<BertForMaskedLM> {
    return loadModel(from, bertMaskedLMFiles, (config) => new BertForMaskedLM(config, options), options);
  }

  savePretrained(folder: string | Folder, options: SaveOptions = {}): Promise<void> {
    return savePretrained(this, folder, options);
  }
}
