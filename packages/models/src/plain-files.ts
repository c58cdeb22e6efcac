/**
 * Files of the small models, which no other library has a format for: config.json holds the model's own settings in snake
 * case, model.safetensors its parameters under its own names.
 */
import type { CausalLMConfig } from './causal-lm.js';
import { ConfigError, type ConfigJSON, ConfigReader, type ModelFiles } from './model-files.js';

/** What is particular to a model: its fields beside the common three, and its parameters. */
export interface PlainModel<C extends CausalLMConfig> {
  readonly modelType: string;
  /** Its class, for `architectures` in config.json. */
  readonly architecture: string;
  /** The fields of its own. */
  read(reader: ConfigReader): Omit<C, keyof CausalLMConfig>;
  /** The same fields, for a file. */
  write(config: C): ConfigJSON;
  shapes(config: C): Iterable<[key: string, shape: readonly number[]]>;
}

/** How such a model lies in files. */
export function plainFiles<C extends CausalLMConfig>(model: PlainModel<C>): ModelFiles<C> {
  return {
    modelType: model.modelType,
    configFromJSON(json) {
      const reader = new ConfigReader(json);
      const vocabSize = reader.count('vocab_size');
      const eosTokenId = reader.token('eos_token_id');
      const common: CausalLMConfig = { vocabSize, blockSize: reader.count('n_positions', 1024), eosTokenId };
      const config = { ...common, ...model.read(reader) } as C;
      checkCommon(config);
      return config;
    },
    configToJSON: (config) => ({
      architectures: [model.architecture],
      model_type: model.modelType,
      vocab_size: config.vocabSize,
      n_positions: config.blockSize,
      eos_token_id: config.eosTokenId,
      ...model.write(config),
      torch_dtype: 'float32',
    }),
    keyFromFile: (key) => key,
    keyToFile: (key) => key,
    shapes: (config) => model.shapes(config),
    transposed: () => false,
  };
}

/** @throws ConfigError that names the field, its value and what is allowed. */
export function checkCounts<C extends object>(config: C, ...fields: (keyof C & string)[]): void {
  for (const field of fields) {
    const value = config[field];
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw new ConfigError(field, `is ${JSON.stringify(value)}, must be a whole number from 1 on`);
  }
}

/** @throws ConfigError for sizes that are none and an end token that is not in the vocabulary. */
export function checkCommon(config: CausalLMConfig): void {
  checkCounts(config, 'vocabSize', 'blockSize');
  const { eosTokenId: eos, vocabSize } = config;
  if (eos !== null && !(Number.isSafeInteger(eos) && eos >= 0 && eos < vocabSize)) {
    throw new ConfigError('eosTokenId', `is ${eos}, must be null or a token from 0 to ${vocabSize - 1}`);
  }
}
