/**
 * GPT in Hugging Face's files (`model_type: 'gpt2'`), so that `GPT2LMHeadModel.from_pretrained` reads what is written
 * here and the other way round.
 *
 * Source: `configuration_gpt2.py` and `modeling_gpt2.py` of the transformers library.
 */
import type { GPTConfig } from './gpt.js';
import { ConfigError, type ConfigJSON, ConfigReader, type ModelFiles } from './model-files.js';

const activations = ['gelu_new', 'gelu'] as const;

/** @throws ConfigError that names the field, its value and what is allowed. */
export function checkGPTConfig(config: GPTConfig): void {
  const wrong = (field: keyof GPTConfig, allowed: string) =>
    new ConfigError(field, `is ${JSON.stringify(config[field])}, must be ${allowed}`);
  for (const field of ['vocabSize', 'blockSize', 'nLayer', 'nHead', 'nEmbd'] as const) {
    if (!Number.isSafeInteger(config[field]) || config[field] < 1)
      throw wrong(field, 'a whole number from 1 on');
  }
  if (config.nEmbd % config.nHead !== 0)
    throw wrong('nEmbd', `a multiple of nHead, which is ${config.nHead}`);
  if (!(config.dropout >= 0 && config.dropout < 1)) throw wrong('dropout', 'at least 0 and less than 1');
  if (!activations.includes(config.activationFunction))
    throw wrong('activationFunction', `one of ${activations.join(', ')}`);
  if (!(config.layerNormEpsilon > 0)) throw wrong('layerNormEpsilon', 'greater than 0');
  const { eosTokenId: eos, vocabSize } = config;
  if (eos !== null && !(Number.isSafeInteger(eos) && eos >= 0 && eos < vocabSize)) {
    throw wrong('eosTokenId', `null or a token from 0 to ${vocabSize - 1}`);
  }
}

/** Matrices of GPT-2's `Conv1D` layers: in files [in, out], the transpose of a Linear's. */
const conv1d = /\.(c_attn|c_proj|c_fc)\.weight$/;
/** Causal masks, which files of old hold. */
const mask = /\.attn\.(bias|masked_bias)$/;

export const gptFiles: ModelFiles<GPTConfig> = {
  modelType: 'gpt2',

  configFromJSON(json: ConfigJSON): GPTConfig {
    const read = new ConfigReader(json);
    const nEmbd = read.count('n_embd', 768);
    read.only('n_inner', null, 4 * nEmbd);
    read.only('scale_attn_weights', true);
    read.only('scale_attn_by_inverse_layer_idx', false);
    read.only('add_cross_attention', false);
    // Files name a probability for each of three places; the model has one, which only training uses.
    const dropout = read.number('resid_pdrop', 0.1);
    const config: GPTConfig = {
      vocabSize: read.count('vocab_size', 50257),
      blockSize: read.count('n_positions', 1024),
      nLayer: read.count('n_layer', 12),
      nHead: read.count('n_head', 12),
      nEmbd,
      dropout,
      bias: read.flag('bias', true),
      tieWordEmbeddings: read.flag('tie_word_embeddings', true),
      activationFunction: read.oneOf('activation_function', activations, 'gelu_new'),
      layerNormEpsilon: read.number('layer_norm_epsilon', 1e-5),
      eosTokenId: read.token('eos_token_id'),
    };
    checkGPTConfig(config);
    return config;
  },

  configToJSON(config) {
    return {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      vocab_size: config.vocabSize,
      n_positions: config.blockSize,
      n_ctx: config.blockSize,
      n_embd: config.nEmbd,
      n_layer: config.nLayer,
      n_head: config.nHead,
      n_inner: null,
      activation_function: config.activationFunction,
      resid_pdrop: config.dropout,
      embd_pdrop: config.dropout,
      attn_pdrop: config.dropout,
      layer_norm_epsilon: config.layerNormEpsilon,
      initializer_range: 0.02,
      tie_word_embeddings: config.tieWordEmbeddings,
      bos_token_id: config.eosTokenId,
      eos_token_id: config.eosTokenId,
      torch_dtype: 'float32',
      // Not a field of Hugging Face's: its GPT-2 has biases always, and starts those that a file lacks at 0.
      ...(config.bias ? {} : { bias: false }),
    };
  },

  keyFromFile(key, { tieWordEmbeddings }) {
    if (mask.test(key)) return null;
    if (key === 'lm_head.weight') return tieWordEmbeddings ? null : key;
    // The files that OpenAI's weights come in have no prefix.
    return key.startsWith('transformer.') ? key : `transformer.${key}`;
  },

  keyToFile: (key, { tieWordEmbeddings }) => (key === 'lm_head.weight' && tieWordEmbeddings ? null : key),

  *shapes({ vocabSize, blockSize, nEmbd: C, nLayer, bias, tieWordEmbeddings }) {
    function* layer(name: string, weight: readonly number[]): Iterable<[string, readonly number[]]> {
      yield [`${name}.weight`, weight];
      if (bias) yield [`${name}.bias`, [weight[0]]];
    }
    yield ['transformer.wte.weight', [vocabSize, C]];
    yield ['transformer.wpe.weight', [blockSize, C]];
    for (let i = 0; i < nLayer; i++) {
      const block = `transformer.h.${i}`;
      yield* layer(`${block}.ln_1`, [C]);
      yield* layer(`${block}.attn.c_attn`, [3 * C, C]);
      yield* layer(`${block}.attn.c_proj`, [C, C]);
      yield* layer(`${block}.ln_2`, [C]);
      yield* layer(`${block}.mlp.c_fc`, [4 * C, C]);
      yield* layer(`${block}.mlp.c_proj`, [C, 4 * C]);
    }
    yield* layer('transformer.ln_f', [C]);
    if (!tieWordEmbeddings) yield ['lm_head.weight', [vocabSize, C]];
  },

  transposed: (key) => conv1d.test(key),
};
