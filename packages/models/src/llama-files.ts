/**
 * The Llama family in Hugging Face's files (`model_type` llama, qwen2, qwen3), so that `AutoModelForCausalLM` of the
 * transformers library reads what is written here and the other way round. SmolLM's files say llama.
 *
 * Source: `configuration_llama.py`, `configuration_qwen2.py`, `configuration_qwen3.py`, `modeling_rope_utils.py` of the
 * transformers library.
 */
import { ConfigError, type ConfigJSON, ConfigReader, type ModelFiles } from './model-files.js';
import type { RopeScaling } from './rotary.js';

export const llamaTypes = ['llama', 'qwen2', 'qwen3'] as const;
export type LlamaType = (typeof llamaTypes)[number];

export interface LlamaConfig {
  /** Which member of the family config.json names (default 'llama'). */
  readonly modelType: LlamaType;
  /** Tokens known. */
  readonly vocabSize: number;
  /** The longest sequence that the model sees, `max_position_embeddings` (default 2048). */
  readonly blockSize: number;
  /** The width (default 4096). */
  readonly hiddenSize: number;
  /** Width inside the MLP (default 11008). */
  readonly intermediateSize: number;
  /** Default 32. */
  readonly numHiddenLayers: number;
  /** Heads of queries (default 32). */
  readonly numAttentionHeads: number;
  /** Heads of keys and values, each shared by as many query heads (default: as many). */
  readonly numKeyValueHeads: number;
  /** Default hiddenSize / numAttentionHeads. */
  readonly headDim: number;
  /** Default 1e-6. */
  readonly rmsNormEps: number;
  /** The base of rotary wavelengths (default 10000). */
  readonly ropeTheta: number;
  /** Default null. */
  readonly ropeScaling: RopeScaling | null;
  /** Biases on queries, keys and values (default false; true for qwen2). */
  readonly attentionBias: boolean;
  /** A bias on attention's output (default false). */
  readonly outputBias: boolean;
  /** Biases in the MLP (default false). */
  readonly mlpBias: boolean;
  /** RMSNorm on each head's queries and keys (default false; true for qwen3). */
  readonly queryKeyNorm: boolean;
  /** Whether the token embedding is also the output layer (default false). */
  readonly tieWordEmbeddings: boolean;
  /** The token that begins a text, if there is one (default null). */
  readonly bosTokenId: number | null;
  /** The token that ends a text, if there is one (default null). */
  readonly eosTokenId: number | null;
  /** Other tokens that end a text too, such as the end of a turn (default none). */
  readonly stopTokenIds: readonly number[];
}

export function llamaDefaults(given: Pick<LlamaConfig, 'vocabSize'> & Partial<LlamaConfig>): LlamaConfig {
  const { modelType = 'llama', hiddenSize = 4096, numAttentionHeads = 32 } = given;
  return {
    modelType,
    blockSize: 2048,
    hiddenSize,
    intermediateSize: 11008,
    numHiddenLayers: 32,
    numAttentionHeads,
    numKeyValueHeads: numAttentionHeads,
    headDim: hiddenSize / numAttentionHeads,
    rmsNormEps: 1e-6,
    ropeTheta: 10000,
    ropeScaling: null,
    attentionBias: modelType === 'qwen2',
    outputBias: false,
    mlpBias: false,
    queryKeyNorm: modelType === 'qwen3',
    tieWordEmbeddings: false,
    bosTokenId: null,
    eosTokenId: null,
    stopTokenIds: [],
    ...given,
  };
}

/** @throws ConfigError that names the field, its value and what is allowed. */
export function checkLlamaConfig(config: LlamaConfig): void {
  const wrong = (field: keyof LlamaConfig, allowed: string) =>
    new ConfigError(field, `is ${JSON.stringify(config[field])}, must be ${allowed}`);
  const counts = [
    'vocabSize', 'blockSize', 'hiddenSize', 'intermediateSize',
    'numHiddenLayers', 'numAttentionHeads', 'numKeyValueHeads', 'headDim',
  ] as const; // biome-ignore format: a list
  for (const field of counts)
    if (!Number.isSafeInteger(config[field]) || config[field] < 1)
      throw wrong(field, 'a whole number from 1 on');
  if (config.numAttentionHeads % config.numKeyValueHeads !== 0)
    throw wrong('numKeyValueHeads', `a divisor of numAttentionHeads, which is ${config.numAttentionHeads}`);
  if (config.headDim % 2 !== 0) throw wrong('headDim', 'even: rotary positions turn pairs');
  if (!(config.rmsNormEps > 0)) throw wrong('rmsNormEps', 'greater than 0');
  if (!(config.ropeTheta > 0)) throw wrong('ropeTheta', 'greater than 0');
  const { eosTokenId: eos, stopTokenIds, vocabSize } = config;
  const isToken = (token: number): boolean => Number.isSafeInteger(token) && token >= 0 && token < vocabSize;
  if (eos !== null && !isToken(eos)) throw wrong('eosTokenId', `null or a token from 0 to ${vocabSize - 1}`);
  if (!stopTokenIds.every(isToken)) throw wrong('stopTokenIds', `tokens from 0 to ${vocabSize - 1}`);
}

export const llamaFiles = (modelType: LlamaType): ModelFiles<LlamaConfig> => ({
  modelType,

  configFromJSON(json: ConfigJSON): LlamaConfig {
    const read = new ConfigReader(json);
    read.only('hidden_act', 'silu');
    read.only('pretraining_tp', 1);
    read.only('use_sliding_window', false);
    const hiddenSize = read.count('hidden_size', 4096);
    const numAttentionHeads = read.count('num_attention_heads', 32);
    const [eosTokenId = null, ...stopTokenIds] = read.tokens('eos_token_id');
    const attentionBias = modelType === 'qwen2' || read.flag('attention_bias', false);
    const config: LlamaConfig = {
      modelType,
      vocabSize: read.count('vocab_size', modelType === 'llama' ? 32000 : 151936),
      blockSize: read.count('max_position_embeddings', modelType === 'llama' ? 2048 : 32768),
      hiddenSize,
      intermediateSize: read.count('intermediate_size', modelType === 'llama' ? 11008 : 22016),
      numHiddenLayers: read.count('num_hidden_layers', 32),
      numAttentionHeads,
      numKeyValueHeads: read.count('num_key_value_heads', modelType === 'llama' ? numAttentionHeads : 32),
      headDim: read.count('head_dim', modelType === 'qwen3' ? 128 : hiddenSize / numAttentionHeads),
      rmsNormEps: read.number('rms_norm_eps', 1e-6),
      ropeTheta: read.number('rope_theta', 10000),
      ropeScaling: ropeScaling(json),
      attentionBias,
      outputBias: modelType !== 'qwen2' && attentionBias,
      mlpBias: modelType === 'llama' && read.flag('mlp_bias', false),
      queryKeyNorm: modelType === 'qwen3',
      tieWordEmbeddings: read.flag('tie_word_embeddings', false),
      bosTokenId: read.token('bos_token_id'),
      eosTokenId,
      stopTokenIds,
    };
    checkLlamaConfig(config);
    return config;
  },

  configToJSON(config) {
    const { ropeScaling: scaling, attentionBias, outputBias } = config;
    if (modelType !== 'qwen2' && attentionBias !== outputBias)
      throw new ConfigError(
        'outputBias',
        `is ${outputBias}; a ${modelType} file has biases on all of attention or none`,
      );
    const architecture = { llama: 'Llama', qwen2: 'Qwen2', qwen3: 'Qwen3' }[modelType];
    return {
      architectures: [`${architecture}ForCausalLM`],
      model_type: modelType,
      vocab_size: config.vocabSize,
      max_position_embeddings: config.blockSize,
      hidden_size: config.hiddenSize,
      intermediate_size: config.intermediateSize,
      num_hidden_layers: config.numHiddenLayers,
      num_attention_heads: config.numAttentionHeads,
      num_key_value_heads: config.numKeyValueHeads,
      head_dim: config.headDim,
      hidden_act: 'silu',
      rms_norm_eps: config.rmsNormEps,
      rope_theta: config.ropeTheta,
      rope_scaling:
        scaling && Object.fromEntries(Object.entries(scaling).map(([field, value]) => [snake(field), value])),
      ...(modelType === 'qwen2' ? {} : { attention_bias: attentionBias }),
      ...(modelType === 'llama' ? { mlp_bias: config.mlpBias } : { use_sliding_window: false }),
      tie_word_embeddings: config.tieWordEmbeddings,
      bos_token_id: config.bosTokenId,
      eos_token_id:
        config.stopTokenIds.length > 0 ? [config.eosTokenId, ...config.stopTokenIds] : config.eosTokenId,
      torch_dtype: 'float32',
    };
  },

  keyFromFile(key, { tieWordEmbeddings }) {
    // Files of old hold the frequencies of rotary positions.
    if (key.endsWith('.rotary_emb.inv_freq')) return null;
    return key === 'lm_head.weight' && tieWordEmbeddings ? null : key;
  },

  keyToFile: (key, { tieWordEmbeddings }) => (key === 'lm_head.weight' && tieWordEmbeddings ? null : key),

  *shapes(config) {
    const { vocabSize, hiddenSize: C, intermediateSize, headDim, numHiddenLayers } = config;
    const { attentionBias, outputBias, mlpBias } = config;
    function* linear(name: string, out: number, inputs: number, bias: boolean): Iterable<[string, number[]]> {
      yield [`${name}.weight`, [out, inputs]];
      if (bias) yield [`${name}.bias`, [out]];
    }
    const queries = config.numAttentionHeads * headDim;
    const keys = config.numKeyValueHeads * headDim;
    yield ['model.embed_tokens.weight', [vocabSize, C]];
    for (let i = 0; i < numHiddenLayers; i++) {
      const layer = `model.layers.${i}`;
      yield* linear(`${layer}.self_attn.q_proj`, queries, C, attentionBias);
      yield* linear(`${layer}.self_attn.k_proj`, keys, C, attentionBias);
      yield* linear(`${layer}.self_attn.v_proj`, keys, C, attentionBias);
      yield* linear(`${layer}.self_attn.o_proj`, C, queries, outputBias);
      for (const norm of config.queryKeyNorm ? ['q_norm', 'k_norm'] : [])
        yield [`${layer}.self_attn.${norm}.weight`, [headDim]];
      yield* linear(`${layer}.mlp.gate_proj`, intermediateSize, C, mlpBias);
      yield* linear(`${layer}.mlp.up_proj`, intermediateSize, C, mlpBias);
      yield* linear(`${layer}.mlp.down_proj`, C, intermediateSize, mlpBias);
      yield [`${layer}.input_layernorm.weight`, [C]];
      yield [`${layer}.post_attention_layernorm.weight`, [C]];
    }
    yield ['model.norm.weight', [C]];
    if (!config.tieWordEmbeddings) yield ['lm_head.weight', [vocabSize, C]];
  },

  transposed: () => false,
});

const snake = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function ropeScaling(json: ConfigJSON): RopeScaling | null {
  const given = json.rope_scaling;
  if (given === undefined || given === null) return null;
  if (typeof given !== 'object')
    throw new ConfigError('rope_scaling', `is ${JSON.stringify(given)}, must be an object`);
  const fields = given as ConfigJSON;
  const read = new ConfigReader(fields, 'rope_scaling.');
  const type = fields.rope_type ?? fields.type;
  const factor = read.number('factor', Number.NaN);
  const context = (): number =>
    read.count(
      'original_max_position_embeddings',
      new ConfigReader(json).count('max_position_embeddings', 2048),
    );
  switch (type) {
    case 'default':
      return null;
    case 'linear':
      return { ropeType: 'linear', factor };
    case 'llama3':
      return {
        ropeType: 'llama3',
        factor,
        lowFreqFactor: read.number('low_freq_factor', Number.NaN),
        highFreqFactor: read.number('high_freq_factor', Number.NaN),
        originalMaxPositionEmbeddings: context(),
      };
    case 'yarn':
      for (const field of ['mscale', 'mscale_all_dim']) read.only(field, null);
      return {
        ropeType: 'yarn',
        factor,
        betaFast: read.number('beta_fast', 32),
        betaSlow: read.number('beta_slow', 1),
        attentionFactor: fields.attention_factor == null ? null : read.number('attention_factor', 1),
        originalMaxPositionEmbeddings: context(),
      };
    default:
      throw new ConfigError(
        'rope_scaling.rope_type',
        `is ${JSON.stringify(type)}, must be default, linear, llama3 or yarn`,
      );
  }
}
