/** Models and tokenizers by what a folder says that it holds. */
import { type Tokenizer, tokenizerFromJSON } from '@inkstone/tokenizer';
import type { CausalLM } from './causal-lm.js';
import { resolveCheckpoint } from './checkpoint.js';
import { type Folder, readJSON } from './folder.js';
import { folderAt } from './folder-at.js';
import { GPT } from './gpt.js';
import { ConfigError } from './model-files.js';
import { inConfig, type LoadModelOptions, readConfig } from './pretrained.js';

type Load = (folder: Folder, options: LoadModelOptions) => Promise<CausalLM>;

/** By `model_type` in config.json. */
const architectures: ReadonlyMap<string, Load> = new Map<string, Load>([
  ['gpt2', (folder, options) => GPT.fromPretrained(folder, options)],
]);

/**
 * @example
 * const model = await AutoModelForCausalLM.fromPretrained('./poet');
 */
export const AutoModelForCausalLM = {
  /**
   * The model in a folder (config.json, model.safetensors), or in the latest checkpoint of a run.
   *
   * @param folder a path, in Node, or a `Folder`
   * @throws NotACheckpoint for another folder, Error that names the file and the field or key for a wrong one.
   */
  async fromPretrained(folder: string | Folder, options: LoadModelOptions = {}): Promise<CausalLM> {
    const at = await resolveCheckpoint(await folderAt(folder));
    const { model_type: type } = await readConfig(at);
    const load = architectures.get(type as string);
    if (load) return load(at, options);
    return inConfig(at, () => {
      const known = [...architectures.keys()].join(', ');
      throw new ConfigError('model_type', `is ${JSON.stringify(type) ?? 'missing'}; known are ${known}`);
    });
  },
};

/**
 * @example
 * const tokenizer = await AutoTokenizer.fromPretrained('./poet');
 */
export const AutoTokenizer = {
  /**
   * The tokenizer in a folder (tokenizer.json), or in the latest checkpoint of a run.
   *
   * @param folder a path, in Node, or a `Folder`
   * @throws Error that names the file and the field that is wrong, or that it does not fit the model beside it.
   */
  async fromPretrained(folder: string | Folder): Promise<Tokenizer> {
    const given = await folderAt(folder);
    const at = (await given.exists('tokenizer.json')) ? given : await resolveCheckpoint(given);
    const json = await readJSON(at, 'tokenizer.json');
    let tokenizer: Tokenizer;
    try {
      tokenizer = tokenizerFromJSON(json);
    } catch (error) {
      throw new Error(`${at.name}: ${(error as Error).message}`, { cause: error });
    }
    if (await at.exists('config.json')) {
      const { vocab_size: size } = await readConfig(at);
      if (typeof size === 'number' && tokenizer.vocabSize > size) {
        throw new Error(
          `${at.name}/tokenizer.json: ${tokenizer.vocabSize} tokens do not fit the model, whose vocab_size is ${size}`,
        );
      }
    }
    return tokenizer;
  },
};
