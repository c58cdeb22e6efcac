/** Models and tokenizers by what a folder says that it holds. */
import type { Tokenizer } from '@inkstone/tokenizer';
import { loadTokenizer } from '@inkstone/tokenizer/formats';
import { Bert, BertForMaskedLM } from './bert.js';
import type { CausalLM } from './causal-lm.js';
import { resolveCheckpoint } from './checkpoint.js';
import { type Folder, MissingFile } from './folder.js';
import { GPT } from './gpt.js';
import { type DownloadOptions, type PretrainedSource, sourceFolder } from './hub.js';
import { Llama } from './llama.js';
import { llamaTypes } from './llama-files.js';
import { ConfigError } from './model-files.js';
import { inConfig, type LoadModelOptions, readConfig } from './pretrained.js';

type Load<M> = (folder: Folder, options: LoadModelOptions) => Promise<M>;

/** Models that write, by `model_type` in config.json. */
const causal: ReadonlyMap<string, Load<CausalLM>> = new Map<string, Load<CausalLM>>([
  ['gpt2', (folder, options) => GPT.fromPretrained(folder, options)],
  ...llamaTypes.map((type): [string, Load<CausalLM>] => [
    type,
    (folder, options) => Llama.fromPretrained(folder, options),
  ]),
]);

async function load<M>(
  known: ReadonlyMap<string, Load<M>>,
  source: PretrainedSource,
  options: LoadModelOptions,
): Promise<M> {
  const at = await resolveCheckpoint(await sourceFolder(source, options));
  const { model_type: type } = await readConfig(at);
  const found = known.get(type as string);
  if (found) return found(at, options);
  return inConfig(at, () => {
    const names = [...known.keys()].join(', ');
    throw new ConfigError('model_type', `is ${JSON.stringify(type) ?? 'missing'}; known are ${names}`);
  });
}

/** Models without a head, where there is a class for that; those that write come with theirs. */
const any: ReadonlyMap<string, Load<CausalLM | Bert>> = new Map<string, Load<CausalLM | Bert>>([
  ...causal,
  ['bert', (folder, options) => Bert.fromPretrained(folder, options)],
]);

const maskedLM: ReadonlyMap<string, Load<BertForMaskedLM>> = new Map([
  ['bert', (folder: Folder, options: LoadModelOptions) => BertForMaskedLM.fromPretrained(folder, options)],
]);

/**
 * @example
 * const model = await AutoModel.fromPretrained('google-bert/bert-base-chinese');
 */
export const AutoModel = {
  /** The model in a folder, whichever it is; see `AutoModelForCausalLM.fromPretrained`. */
  fromPretrained(source: PretrainedSource, options: LoadModelOptions = {}): Promise<CausalLM | Bert> {
    return load(any, source, options);
  },
};

export const AutoModelForMaskedLM = {
  /** The model in a folder, with the head that says which token stood at each place. */
  fromPretrained(source: PretrainedSource, options: LoadModelOptions = {}): Promise<BertForMaskedLM> {
    return load(maskedLM, source, options);
  },
};

/**
 * @example
 * const model = await AutoModelForCausalLM.fromPretrained('./poet');
 */
export const AutoModelForCausalLM = {
  /**
   * The model in a folder (config.json, model.safetensors), or in the latest checkpoint of a run.
   *
   * @param source a path (in Node), a `Folder`, an address, or a model's id on Hugging Face
   * @throws NotACheckpoint for another folder, Error that names the file and the field or key for a wrong one.
   */
  fromPretrained(source: PretrainedSource, options: LoadModelOptions = {}): Promise<CausalLM> {
    return load(causal, source, options);
  },
};

/**
 * @example
 * const tokenizer = await AutoTokenizer.fromPretrained('./poet');
 */
export const AutoTokenizer = {
  /**
   * The tokenizer in a folder (tokenizer.json, or the files that came before it), or in the latest checkpoint of a run.
   *
   * @param source a path (in Node), a `Folder`, an address, or a model's id on Hugging Face
   * @throws Error that names the file and the field that is wrong, or that it does not fit the model beside it.
   */
  async fromPretrained(source: PretrainedSource, options: DownloadOptions = {}): Promise<Tokenizer> {
    const given = await sourceFolder(source, options);
    const found = await firstOf(given);
    const at = found ? given : await resolveCheckpoint(given);
    const file = found ?? (await firstOf(at));
    if (!file) throw new MissingFile(at.name, tokenizerFiles[0]);
    let tokenizer: Tokenizer;
    try {
      const read = async (name: string) => {
        try {
          return await at.read(name);
        } catch (error) {
          if (error instanceof MissingFile) return undefined;
          throw error;
        }
      };
      tokenizer = await loadTokenizer(read, { batches: true });
    } catch (error) {
      const { message } = error as Error;
      const named = message.startsWith(file) ? `: ${message}` : `/${file}: ${message}`;
      throw new Error(`${at.name}${named}`, { cause: error });
    }
    if (await at.exists('config.json')) {
      const { vocab_size: size } = await readConfig(at);
      if (typeof size === 'number' && tokenizer.vocabSize > size) {
        throw new Error(
          `${at.name}/${file}: ${tokenizer.vocabSize} tokens do not fit the model, whose vocab_size is ${size}`,
        );
      }
    }
    return tokenizer;
  },
};

/** Files that a tokenizer can be made of, the best first. */
const tokenizerFiles = ['tokenizer.json', 'tokenizer.model', 'vocab.json', 'vocab.txt'] as const;

async function firstOf(folder: Folder): Promise<string | null> {
  for (const name of tokenizerFiles) if (await folder.exists(name)) return name;
  return null;
}
