/** Models and tokenizers from folders in Hugging Face's layout, and into them. */
import { type Device, fromTypedArray, nn, type Tensor } from '@inkstone/core';
import {
  readSafetensors,
  type SafetensorsFile,
  type TensorToWrite,
  writeSafetensors,
} from '@inkstone/core/io';
import type { Tokenizer } from '@inkstone/tokenizer';
import type { CausalLM } from './causal-lm.js';
import { resolveCheckpoint } from './checkpoint.js';
import { type Folder, jsonBytes, MissingFile, readJSON } from './folder.js';
import { folderAt } from './folder-at.js';
import { ConfigError, type ConfigJSON, type ModelFiles } from './model-files.js';

const CONFIG = 'config.json';
const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

export interface LoadModelOptions {
  /** Where the model lives; the default device if absent. */
  device?: Device;
}

/** The content of a folder's config.json. @throws Error that names the file. */
export async function readConfig(folder: Folder): Promise<ConfigJSON> {
  const json = await readJSON(folder, CONFIG);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`${folder.name}/${CONFIG}: not a JSON object`);
  }
  return json as ConfigJSON;
}

/**
 * Builds a model and fills it from a folder, or from the latest checkpoint of a run. Nothing is built before all names
 * and shapes have been found to fit.
 *
 * @throws Error that names the file and the field or key that is wrong.
 */
export async function loadModel<M extends CausalLM, C>(
  from: string | Folder,
  files: ModelFiles<C>,
  create: (config: C) => M,
  options: LoadModelOptions = {},
): Promise<M> {
  const folder = await resolveCheckpoint(await folderAt(from));
  const json = await readConfig(folder);
  const config = inConfig(folder, () => {
    if (json.model_type !== files.modelType) {
      throw new ConfigError(
        'model_type',
        `is ${JSON.stringify(json.model_type)}, must be "${files.modelType}"`,
      );
    }
    return files.configFromJSON(json);
  });
  const sources = await findTensors(folder, files, config);
  for (const [key, shape] of files.shapes(config)) checkTensor(folder, files, sources, key, shape);

  // Initial values would be drawn for nothing, and would move the random stream.
  const model = nn.init.skipInit(() => create(config));
  const known = new Map<string, Tensor>();
  for (const [key, parameter] of model.stateDict()) {
    const source = sources.get(key);
    if (source) known.set(key, readTensor(source, files.transposed(key), parameter, options));
    sources.delete(key);
  }
  const [extra] = sources.values();
  if (extra) throw new Error(`${extra.path}: tensor "${extra.key}" has no place in the model`);
  // What has no source of its own shares a parameter with one that has (a tied output layer).
  model.loadStateDict(known, { strict: false });
  return model;
}

/** Runs what reads a config; failures name the file. */
export function inConfig<T>(folder: Folder, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Error(`${folder.name}/${CONFIG}: ${error.message}`, { cause: error });
  }
}

/** Where the values of one parameter lie. */
interface TensorSource {
  readonly path: string;
  readonly file: SafetensorsFile;
  /** The name in the file. */
  readonly key: string;
}

/** The tensors of a folder by the model's keys. */
async function findTensors<C>(
  folder: Folder,
  files: ModelFiles<C>,
  config: C,
): Promise<Map<string, TensorSource>> {
  const sources = new Map<string, TensorSource>();
  for (const name of await weightFiles(folder)) {
    const path = `${folder.name}/${name}`;
    const file = readSafetensors(await folder.read(name), { file: path });
    for (const key of file.keys) {
      const own = files.keyFromFile(key, config);
      if (own === null) continue;
      if (sources.has(own)) throw new Error(`${path}: tensor "${key}" occurs twice`);
      sources.set(own, { path, file, key });
    }
  }
  return sources;
}

/** The one file, or the parts that the index of a large model lists. */
async function weightFiles(folder: Folder): Promise<string[]> {
  if (await folder.exists(WEIGHTS)) return [WEIGHTS];
  if (!(await folder.exists(INDEX))) throw new MissingFile(folder.name, WEIGHTS);
  const index = (await readJSON(folder, INDEX)) as { weight_map?: unknown } | null;
  const map = index?.weight_map;
  if (typeof map !== 'object' || map === null)
    throw new Error(`${folder.name}/${INDEX}: there is no weight_map`);
  const names = [...new Set(Object.values(map))];
  for (const name of names) {
    if (typeof name !== 'string' || !/^[\w-][\w.-]*\.safetensors$/.test(name)) {
      throw new Error(
        `${folder.name}/${INDEX}: ${JSON.stringify(name)} is not the name of a safetensors file`,
      );
    }
  }
  return names.sort();
}

function checkTensor<C>(
  folder: Folder,
  files: ModelFiles<C>,
  sources: ReadonlyMap<string, TensorSource>,
  key: string,
  shape: readonly number[],
): void {
  const source = sources.get(key);
  if (!source) throw new Error(`${folder.name}/${WEIGHTS}: tensor "${key}" is missing`);
  const info = source.file.header.tensors.get(source.key);
  const wanted = files.transposed(key) ? [...shape].reverse() : shape;
  if (info && info.shape.join() !== wanted.join()) {
    throw new Error(
      `${source.path}: tensor "${source.key}" has shape [${info.shape.join(', ')}], ` +
        `${CONFIG} makes it [${wanted.join(', ')}]`,
    );
  }
  if (info && !/^(F16|BF16|F32|F64)$/.test(info.dtype)) {
    throw new Error(`${source.path}: tensor "${source.key}" is ${info.dtype}, must be F16, BF16, F32 or F64`);
  }
}

function readTensor(
  source: TensorSource,
  transposed: boolean,
  like: Tensor,
  options: LoadModelOptions,
): Tensor {
  const { shape, data } = source.file.get(source.key);
  const values = transposed ? transpose(data as Float32Array, shape[0], shape[1]) : (data as Float32Array);
  return fromTypedArray(values, like.shape, { dtype: like.dtype, ...options });
}

/** The transpose of a matrix of `rows` x `columns`. */
function transpose<A extends Float32Array | Float64Array>(matrix: A, rows: number, columns: number): A {
  const out = matrix.slice() as A;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j];
  }
  return out;
}

/** Writes config.json and model.safetensors, and tokenizer.json and tokenizer_config.json with a tokenizer. */
export async function savePretrained(
  model: CausalLM,
  to: string | Folder,
  options: { tokenizer?: Tokenizer } = {},
): Promise<void> {
  const folder = await folderAt(to);
  const { files, config } = model;
  const { tokenizer } = options;
  if (!files) throw new Error(`savePretrained: ${model.constructor.name} has no file format`);
  // All reads are asked for at once: they see one and the same version of the model.
  const reads = [...model.stateDict()].map(async ([key, tensor]): Promise<[string, TensorToWrite] | null> => {
    const name = files.keyToFile(key, config);
    if (name === null) return null;
    const data = (await tensor.data()) as Float32Array;
    if (!files.transposed(key)) return [name, { shape: tensor.shape, data }];
    const [rows, columns] = tensor.shape;
    return [name, { shape: [columns, rows], data: transpose(data, rows, columns) }];
  });
  const tensors = (await Promise.all(reads)).filter((entry) => entry !== null);
  await folder.write(WEIGHTS, writeSafetensors(new Map(tensors), { metadata: { format: 'pt' } }));
  if (tokenizer) {
    await folder.write('tokenizer.json', jsonBytes(tokenizer));
    await folder.write('tokenizer_config.json', jsonBytes(tokenizerConfig(model, tokenizer)));
  }
  // Last: a folder with a config.json is a whole one.
  await folder.write(CONFIG, jsonBytes(files.configToJSON(config)));
}

/** What the transformers library wants to know beside tokenizer.json. */
function tokenizerConfig({ config }: CausalLM, tokenizer: Tokenizer): ConfigJSON {
  const eos = config.eosTokenId === null ? undefined : tokenizer.idToToken(config.eosTokenId);
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: config.blockSize,
    clean_up_tokenization_spaces: false,
    ...(eos === undefined ? {} : { eos_token: eos }),
  };
}
