/** Models and tokenizers from folders in Hugging Face's layout, and into them. */
import { type Device, fromTypedArray, keep, nn, type Tensor } from '@inkstone/core';
import {
  readSafetensors,
  type SafetensorsFile,
  type TensorToWrite,
  writeSafetensors,
} from '@inkstone/core/io';
import type { Tokenizer } from '@inkstone/tokenizer';
import { resolveCheckpoint } from './checkpoint.js';
import { type Folder, jsonBytes, MissingFile, readJSON } from './folder.js';
import { folderAt } from './folder-at.js';
import { type DownloadOptions, type PretrainedSource, sourceFolder } from './hub.js';
import { ConfigError, type ConfigJSON, type ModelFiles } from './model-files.js';
import {
  isQuantized,
  type QuantizedDType,
  type QuantizeOptions,
  quantize,
  quantizeOptions,
} from './quantize.js';

const CONFIG = 'config.json';
const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

export type { PretrainedSource } from './hub.js';

/** Where the model comes to live, and how its files are downloaded. */
export interface LoadModelOptions extends DownloadOptions {
  /** Where the model lives; the default device if absent. */
  device?: Device;
  /** Weights of 8 or 4 bits, for a model that only writes (default: as in the file); see `quantize`. */
  quantization?: QuantizedDType | QuantizeOptions;
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
export async function loadModel<M extends nn.Module, C>(
  from: PretrainedSource,
  formats: ModelFiles<C> | readonly ModelFiles<C>[],
  create: (config: C) => M,
  options: LoadModelOptions = {},
): Promise<M> {
  if (options.quantization) quantizeOptions(options.quantization);
  const folder = await resolveCheckpoint(await sourceFolder(from, options));
  const json = await readConfig(folder);
  const readable = Array.isArray(formats) ? (formats as ModelFiles<C>[]) : [formats as ModelFiles<C>];
  const files = inConfig(folder, () => {
    const fitting = readable.find(({ modelType }) => modelType === json.model_type);
    if (fitting) return fitting;
    const types = readable.map(({ modelType }) => JSON.stringify(modelType)).join(' or ');
    throw new ConfigError('model_type', `is ${JSON.stringify(json.model_type)}, must be ${types}`);
  });
  const config = inConfig(folder, () => files.configFromJSON(json));
  const { sources, list } = await findTensors(folder, files, config);
  const known = new Set<string>();
  // One by one: a config of layers without end must fail at the first that is missing.
  for (const [key, shape] of files.shapes(config)) {
    checkTensor(list, files, sources.get(key), key, shape);
    known.add(key);
  }
  for (const [key, source] of sources)
    if (!known.has(key)) throw new Error(`${source.path}: tensor "${source.key}" has no place in the model`);

  // Initial values would be drawn for nothing, and would move the random stream.
  const model = nn.init.skipInit(() => create(config));
  const values = new Map<string, Tensor>();
  for (const [key, parameter] of model.stateDict()) {
    const source = sources.get(key);
    if (source) values.set(key, readTensor(source, files.transposed(key), parameter, options));
  }
  // What has no source of its own shares a parameter with one that has (a tied output layer).
  model.loadStateDict(values, { strict: false });
  if (options.quantization) return quantize(model, options.quantization);
  // Now, not again and again with all that is computed from them.
  keep(...model.parameters());
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

/** The files that hold a model's tensors. */
interface WeightList {
  /** The file that says which they are, for messages: the only one, or the index of a large model's parts. */
  readonly path: string;
  readonly names: readonly string[];
  /** The path of the file in which a key should be, as far as the index says so. */
  pathOf(key: string): string | undefined;
}

/** The tensors of a folder by the model's keys. */
async function findTensors<C>(
  folder: Folder,
  files: ModelFiles<C>,
  config: C,
): Promise<{ sources: Map<string, TensorSource>; list: WeightList }> {
  const sources = new Map<string, TensorSource>();
  const list = await weightFiles(folder);
  for (const name of list.names) {
    const path = `${folder.name}/${name}`;
    const file = readSafetensors(await folder.read(name), { file: path });
    for (const key of file.keys) {
      const own = files.keyFromFile(key, config);
      if (own === null) continue;
      if (sources.has(own)) throw new Error(`${path}: tensor "${key}" occurs twice`);
      sources.set(own, { path, file, key });
    }
  }
  return { sources, list };
}

/** The one file, or the parts that the index of a large model lists. */
async function weightFiles(folder: Folder): Promise<WeightList> {
  if (await folder.exists(WEIGHTS))
    return { path: `${folder.name}/${WEIGHTS}`, names: [WEIGHTS], pathOf: () => undefined };
  if (!(await folder.exists(INDEX))) throw new MissingFile(folder.name, WEIGHTS);
  const path = `${folder.name}/${INDEX}`;
  const index = (await readJSON(folder, INDEX)) as { weight_map?: unknown } | null;
  const map = index?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw new Error(`${path}: there is no weight_map`);
  const entries = new Map<string, unknown>(Object.entries(map));
  const names = [...new Set(entries.values())].map((name) => {
    if (typeof name === 'string' && /^[\w-][\w.-]*\.safetensors$/.test(name)) return name;
    throw new Error(`${path}: ${JSON.stringify(name)} is not the name of a safetensors file`);
  });
  for (const name of names) {
    if (await folder.exists(name)) continue;
    const [key] = [...entries].find(([, file]) => file === name) as [string, unknown];
    throw new Error(
      `${path}: there is no ${name} in the folder, which should hold tensor "${key}" among others`,
    );
  }
  const pathOf = (key: string) => (entries.has(key) ? `${folder.name}/${entries.get(key)}` : undefined);
  return { path, names: names.sort(), pathOf };
}

function checkTensor<C>(
  list: WeightList,
  files: ModelFiles<C>,
  source: TensorSource | undefined,
  key: string,
  shape: readonly number[],
): void {
  if (!source) throw new Error(`${list.pathOf(key) ?? list.path}: tensor "${key}" is missing`);
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
  const { device } = options;
  return fromTypedArray(values, like.shape, { dtype: like.dtype, ...(device ? { device } : {}) });
}

/** The transpose of a matrix of `rows` x `columns`. */
function transpose<A extends Float32Array | Float64Array>(matrix: A, rows: number, columns: number): A {
  const out = matrix.slice() as A;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j];
  }
  return out;
}

/** What can be saved: a model with a file format. */
export interface PretrainedModel extends nn.Module {
  readonly config: object;
  readonly files: ModelFiles | null;
}

export interface SaveOptions {
  /** Saved beside the model. */
  tokenizer?: Tokenizer;
  /** Bytes at most in one file of tensors (default 5e9, as in Hugging Face); what is larger is split, with an index. */
  maxShardSize?: number;
}

/** Writes config.json and model.safetensors, and tokenizer.json and tokenizer_config.json with a tokenizer. */
export async function savePretrained(
  model: PretrainedModel,
  to: string | Folder,
  options: SaveOptions = {},
): Promise<void> {
  const folder = await folderAt(to);
  const { files, config } = model;
  const { tokenizer, maxShardSize = 5e9 } = options;
  if (!files) throw new Error(`savePretrained: ${model.constructor.name} has no file format`);
  if (isQuantized(model))
    throw new Error(
      'savePretrained: the model is quantised, which its file format does not have; save it before',
    );
  const json = files.configToJSON(config);
  const places = new Set(Array.from(files.shapes(config), ([key]) => key));
  for (const [key] of model.stateDict()) {
    if (!places.has(key) && files.keyToFile(key, config) !== null)
      throw new Error(
        `savePretrained: "${key}" has no place in a ${files.modelType} file; adapters are saved by saveLora, or merged first`,
      );
  }
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
  await writeWeights(folder, tensors, maxShardSize);
  if (tokenizer) {
    await folder.write('tokenizer.json', jsonBytes(tokenizer));
    await folder.write('tokenizer_config.json', jsonBytes(tokenizerConfig(model, tokenizer)));
  }
  // Last: a folder with a config.json is a whole one.
  await folder.write(CONFIG, jsonBytes(json));
}

async function writeWeights(
  folder: Folder,
  tensors: [string, TensorToWrite][],
  limit: number,
): Promise<void> {
  if (!(limit > 0)) throw new Error(`savePretrained: maxShardSize is ${limit}, must be greater than 0`);
  const metadata = { format: 'pt' };
  const sizeOf = ([, { data }]: [string, TensorToWrite]): number => data.byteLength;
  const shards: [string, TensorToWrite][][] = [[]];
  let size = 0;
  for (const tensor of tensors) {
    const last = shards[shards.length - 1];
    if (last.length > 0 && size + sizeOf(tensor) > limit) {
      shards.push([tensor]);
      size = sizeOf(tensor);
    } else {
      last.push(tensor);
      size += sizeOf(tensor);
    }
  }
  if (shards.length === 1) {
    await folder.write(WEIGHTS, writeSafetensors(new Map(tensors), { metadata }));
    await folder.remove(INDEX);
    return;
  }
  const number = (n: number): string => String(n).padStart(5, '0');
  const weightMap: Record<string, string> = {};
  for (const [i, shard] of shards.entries()) {
    const name = `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
    await folder.write(name, writeSafetensors(new Map(shard), { metadata }));
    for (const [key] of shard) weightMap[key] = name;
  }
  const total = tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  await folder.write(INDEX, jsonBytes({ metadata: { total_size: total }, weight_map: weightMap }));
  await folder.remove(WEIGHTS);
}

/** What the transformers library wants to know beside tokenizer.json. */
function tokenizerConfig(model: PretrainedModel, tokenizer: Tokenizer): ConfigJSON {
  const config = model.config as { readonly eosTokenId?: number | null; readonly blockSize?: number };
  const eos = config.eosTokenId == null ? undefined : tokenizer.idToToken(config.eosTokenId);
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    ...(config.blockSize === undefined ? {} : { model_max_length: config.blockSize }),
    clean_up_tokenization_spaces: false,
    ...(eos === undefined ? {} : { eos_token: eos }),
  };
}
