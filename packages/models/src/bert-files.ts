/**
 * BERT in Hugging Face's files (`model_type: 'bert'`).
 *
 * Source: `configuration_bert.py` and `modeling_bert.py` of the transformers library.
 */
import { ConfigError, type ConfigJSON, ConfigReader, type ModelFiles } from './model-files.js';

export interface BertConfig {
  /** Tokens known. */
  readonly vocabSize: number;
  /** The width (default 768). */
  readonly hiddenSize: number;
  /** Default 12. */
  readonly numHiddenLayers: number;
  /** Attention heads per layer; they share the width evenly (default 12). */
  readonly numAttentionHeads: number;
  /** Width inside the MLP (default 3072). */
  readonly intermediateSize: number;
  /** The longest sequence that the model sees (default 512). */
  readonly maxPositionEmbeddings: number;
  /** Kinds of texts that a token can belong to (default 2). */
  readonly typeVocabSize: number;
  /** Probability of dropping an element in training, after the embeddings and on residuals (default 0.1). */
  readonly hiddenDropoutProb: number;
  /** The same for attention (default 0.1). */
  readonly attentionProbsDropoutProb: number;
  /** Default 1e-12. */
  readonly layerNormEps: number;
  /** Standard deviation of the first weights (default 0.02). */
  readonly initializerRange: number;
  /** The token that fills up texts of a batch; its embedding is not trained (default 0). */
  readonly padTokenId: number | null;
  /** Whether the pooler is there (default true). */
  readonly addPoolingLayer: boolean;
}

/** BERT base's sizes. */
export const bertDefaults: Omit<BertConfig, 'vocabSize'> = {
  hiddenSize: 768,
  numHiddenLayers: 12,
  numAttentionHeads: 12,
  intermediateSize: 3072,
  maxPositionEmbeddings: 512,
  typeVocabSize: 2,
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
  layerNormEps: 1e-12,
  initializerRange: 0.02,
  padTokenId: 0,
  addPoolingLayer: true,
};

/** @throws ConfigError that names the field, its value and what is allowed. */
export function checkBertConfig(config: BertConfig): void {
  const wrong = (field: keyof BertConfig, allowed: string) =>
    new ConfigError(field, `is ${JSON.stringify(config[field])}, must be ${allowed}`);
  const counts = [
    'vocabSize', 'hiddenSize', 'numHiddenLayers', 'numAttentionHeads',
    'intermediateSize', 'maxPositionEmbeddings', 'typeVocabSize',
  ] as const; // biome-ignore format: a list
  for (const field of counts)
    if (!Number.isSafeInteger(config[field]) || config[field] < 1)
      throw wrong(field, 'a whole number from 1 on');
  if (config.hiddenSize % config.numAttentionHeads !== 0)
    throw wrong('hiddenSize', `a multiple of numAttentionHeads, which is ${config.numAttentionHeads}`);
  for (const field of ['hiddenDropoutProb', 'attentionProbsDropoutProb'] as const)
    if (!(config[field] >= 0 && config[field] < 1)) throw wrong(field, 'at least 0 and less than 1');
  if (!(config.layerNormEps > 0)) throw wrong('layerNormEps', 'greater than 0');
  const { padTokenId: pad, vocabSize } = config;
  if (pad !== null && !(Number.isSafeInteger(pad) && pad >= 0 && pad < vocabSize))
    throw wrong('padTokenId', `null or a token from 0 to ${vocabSize - 1}`);
}

/** Names of norms in files of old; buffers and heads that are not part of a model. */
const renamed = (key: string): string =>
  key.replace(/\.LayerNorm\.gamma$/, '.LayerNorm.weight').replace(/\.LayerNorm\.beta$/, '.LayerNorm.bias');
const ignored = /(\.|^)embeddings\.position_ids$|^cls\.seq_relationship\./;

function configFromJSON(json: ConfigJSON): BertConfig {
  const read = new ConfigReader(json);
  read.only('hidden_act', 'gelu');
  read.only('position_embedding_type', 'absolute');
  read.only('is_decoder', false);
  read.only('add_cross_attention', false);
  const { hiddenDropoutProb, attentionProbsDropoutProb } = bertDefaults;
  const config: BertConfig = {
    vocabSize: read.count('vocab_size', 30522),
    hiddenSize: read.count('hidden_size', bertDefaults.hiddenSize),
    numHiddenLayers: read.count('num_hidden_layers', bertDefaults.numHiddenLayers),
    numAttentionHeads: read.count('num_attention_heads', bertDefaults.numAttentionHeads),
    intermediateSize: read.count('intermediate_size', bertDefaults.intermediateSize),
    maxPositionEmbeddings: read.count('max_position_embeddings', bertDefaults.maxPositionEmbeddings),
    typeVocabSize: read.count('type_vocab_size', bertDefaults.typeVocabSize),
    hiddenDropoutProb: read.number('hidden_dropout_prob', hiddenDropoutProb),
    attentionProbsDropoutProb: read.number('attention_probs_dropout_prob', attentionProbsDropoutProb),
    layerNormEps: read.number('layer_norm_eps', bertDefaults.layerNormEps),
    initializerRange: read.number('initializer_range', bertDefaults.initializerRange),
    padTokenId: json.pad_token_id === undefined ? bertDefaults.padTokenId : read.token('pad_token_id'),
    addPoolingLayer: true,
  };
  checkBertConfig(config);
  return config;
}

function configToJSON(config: BertConfig): ConfigJSON {
  return {
    model_type: 'bert',
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.numHiddenLayers,
    num_attention_heads: config.numAttentionHeads,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.maxPositionEmbeddings,
    type_vocab_size: config.typeVocabSize,
    hidden_act: 'gelu',
    hidden_dropout_prob: config.hiddenDropoutProb,
    attention_probs_dropout_prob: config.attentionProbsDropoutProb,
    layer_norm_eps: config.layerNormEps,
    initializer_range: config.initializerRange,
    pad_token_id: config.padTokenId,
    position_embedding_type: 'absolute',
    torch_dtype: 'float32',
  };
}

type Shapes = Iterable<[key: string, shape: readonly number[]]>;

function* dense(name: string, out: number, inputs: number): Shapes {
  yield [`${name}.weight`, [out, inputs]];
  yield [`${name}.bias`, [out]];
}

function* norm(name: string, size: number): Shapes {
  yield [`${name}.weight`, [size]];
  yield [`${name}.bias`, [size]];
}

function* encoderShapes(config: BertConfig): Shapes {
  const { hiddenSize: C, intermediateSize, numHiddenLayers } = config;
  yield ['embeddings.word_embeddings.weight', [config.vocabSize, C]];
  yield ['embeddings.position_embeddings.weight', [config.maxPositionEmbeddings, C]];
  yield ['embeddings.token_type_embeddings.weight', [config.typeVocabSize, C]];
  yield* norm('embeddings.LayerNorm', C);
  for (let i = 0; i < numHiddenLayers; i++) {
    const layer = `encoder.layer.${i}`;
    for (const part of ['query', 'key', 'value']) yield* dense(`${layer}.attention.self.${part}`, C, C);
    yield* dense(`${layer}.attention.output.dense`, C, C);
    yield* norm(`${layer}.attention.output.LayerNorm`, C);
    yield* dense(`${layer}.intermediate.dense`, intermediateSize, C);
    yield* dense(`${layer}.output.dense`, C, intermediateSize);
    yield* norm(`${layer}.output.LayerNorm`, C);
  }
}

/** The encoder: in files alone, or as `bert.` beside heads, which are left out. */
export const bertFiles: ModelFiles<BertConfig> = {
  modelType: 'bert',
  configFromJSON,
  configToJSON: (config) => ({ architectures: ['BertModel'], ...configToJSON(config) }),
  keyFromFile(key, { addPoolingLayer }) {
    const own = renamed(key).replace(/^bert\./, '');
    if (ignored.test(own) || own.startsWith('cls.')) return null;
    return !addPoolingLayer && own.startsWith('pooler.') ? null : own;
  },
  keyToFile: (key) => key,
  *shapes(config) {
    yield* encoderShapes(config);
    if (config.addPoolingLayer) yield* dense('pooler.dense', config.hiddenSize, config.hiddenSize);
  },
  transposed: () => false,
};

export const bertMaskedLMFiles: ModelFiles<BertConfig> = {
  modelType: 'bert',
  configFromJSON: (json) => {
    new ConfigReader(json).only('tie_word_embeddings', true);
    return { ...configFromJSON(json), addPoolingLayer: false };
  },
  configToJSON: (config) => ({ architectures: ['BertForMaskedLM'], ...configToJSON(config) }),
  keyFromFile(key) {
    const own = renamed(key);
    // The output layer is the token embedding, and its bias that of the head.
    const tied = own.startsWith('cls.predictions.decoder.');
    return tied || ignored.test(own) || own.startsWith('bert.pooler.') ? null : own;
  },
  keyToFile: (key) => key,
  *shapes(config) {
    const { hiddenSize: C, vocabSize } = config;
    for (const [key, shape] of encoderShapes(config)) yield [`bert.${key}`, shape];
    yield ['cls.predictions.bias', [vocabSize]];
    yield* dense('cls.predictions.transform.dense', C, C);
    yield* norm('cls.predictions.transform.LayerNorm', C);
  },
  transposed: () => false,
};
