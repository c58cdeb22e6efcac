/**
 * Adapters in files as PEFT writes them: adapter_config.json and adapter_model.safetensors, whose keys are
 * `base_model.model.<path of the layer>.lora_A.weight` and `...lora_B.weight`.
 *
 * Source: https://huggingface.co/docs/peft/developer_guides/checkpoint, and `tuners/lora/config.py` of the peft library.
 */
import { fromTypedArray, type nn, noGrad } from '@inkstone/core';
import { readSafetensors, type TensorToWrite, writeSafetensors } from '@inkstone/core/io';
import { type Folder, jsonBytes, readJSON } from './folder.js';
import { folderAt } from './folder-at.js';
import { type DownloadOptions, type PretrainedSource, sourceFolder } from './hub.js';
import { addLora, type LoraConfig, loraConfig, loraLayers } from './lora.js';
import { ConfigError, type ConfigJSON, ConfigReader } from './model-files.js';

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';
const PREFIX = 'base_model.model.';

export interface SaveLoraOptions {
  /** The model that the adapters are for: an id or a path, which PEFT loads with them (default null). */
  baseModelNameOrPath?: string | null;
}

/** Writes the adapters of a model, and nothing of the model itself. */
export async function saveLora(
  model: nn.Module,
  to: string | Folder,
  options: SaveLoraOptions = {},
): Promise<void> {
  const layers = loraLayers(model);
  if (layers.length === 0) throw new Error('saveLora: the model has no adapters; addLora puts them in');
  const folder = await folderAt(to);
  const reads = layers.flatMap(([path, layer]) =>
    (['lora_A', 'lora_B'] as const).map(async (part): Promise<[string, TensorToWrite]> => {
      const { weight } = layer[part];
      return [
        `${PREFIX}${path}.${part}.weight`,
        { shape: weight.shape, data: (await weight.data()) as Float32Array },
      ];
    }),
  );
  const tensors = new Map(await Promise.all(reads));
  await folder.write(WEIGHTS, writeSafetensors(tensors, { metadata: { format: 'pt' } }));
  const [, first] = layers[0];
  const r = first.lora_A.outFeatures;
  // Hugging Face's GPT-2 keeps matrices as [in, out].
  const transposed = layers.some(([path]) => /\.(c_attn|c_proj|c_fc)$/.test(path));
  // All that the library itself writes, with its values for what we have no options for.
  const json: ConfigJSON = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    auto_mapping: null,
    base_model_name_or_path: options.baseModelNameOrPath ?? null,
    revision: null,
    r,
    lora_alpha: first.loraAlpha,
    lora_dropout: first.lora_dropout.p,
    target_modules: [...new Set(layers.map(([path]) => targetName(path)))],
    bias: 'none',
    fan_in_fan_out: transposed,
    inference_mode: true,
    init_lora_weights: true,
    layers_to_transform: null,
    layers_pattern: null,
    rank_pattern: {},
    alpha_pattern: {},
    modules_to_save: null,
    use_rslora: false,
    use_dora: false,
  };
  await folder.write(CONFIG, jsonBytes(json));
}

/** The end of a path that is the same in each layer: all that comes after the last number. */
function targetName(path: string): string {
  const parts = path.split('.');
  const after = parts.slice(parts.findLastIndex((part) => /^\d+$/.test(part)) + 1);
  return after.join('.');
}

/**
 * Puts saved adapters beside the layers of a model.
 *
 * @throws Error that names the file and the field or key that is wrong; the model is unchanged then.
 */
export async function loadLora(
  model: nn.Module,
  from: PretrainedSource,
  options: DownloadOptions & nn.ModuleOptions = {},
): Promise<string[]> {
  const folder = await sourceFolder(from, options);
  const config = readConfig(await readJSON(folder, CONFIG), `${folder.name}/${CONFIG}`);
  const path = `${folder.name}/${WEIGHTS}`;
  const file = readSafetensors(await folder.read(WEIGHTS), { file: path });
  const modules = new Map(model.namedModules());
  const pairs = new Map<string, Record<'lora_A' | 'lora_B', string>>();
  for (const key of file.keys) {
    const [, layer, part] = /^(.*)\.(lora_[AB])(?:\.default)?\.weight$/.exec(key.replace(PREFIX, '')) ?? [];
    if (!layer || !modules.has(layer))
      throw new Error(`${path}: tensor ${JSON.stringify(key)} has no place in the model`);
    pairs.set(layer, { ...pairs.get(layer), [part]: key } as Record<'lora_A' | 'lora_B', string>);
  }
  for (const [layer, keys] of pairs) {
    const { inFeatures = 0, outFeatures = 0 } = modules.get(layer) as nn.Linear;
    const wanted = { lora_A: [config.r, inFeatures], lora_B: [outFeatures, config.r] };
    for (const part of ['lora_A', 'lora_B'] as const) {
      const key = keys[part];
      if (!key) throw new Error(`${path}: tensor "${PREFIX}${layer}.${part}.weight" is missing`);
      const shape = file.header.tensors.get(key)?.shape ?? [];
      if (shape.join() !== wanted[part].join())
        throw new Error(
          `${path}: tensor ${JSON.stringify(key)} has shape [${shape.join(', ')}], the model and r make it [${wanted[part].join(', ')}]`,
        );
    }
  }
  if (pairs.size === 0) throw new Error(`${path}: there are no adapters`);
  const added = addLora(model, { ...config, targetModules: [...pairs.keys()] }, options);
  const layers = new Map(loraLayers(model));
  noGrad(() => {
    for (const [layer, keys] of pairs) {
      const lora = layers.get(layer);
      for (const part of ['lora_A', 'lora_B'] as const) {
        const weight = lora?.[part].weight;
        const { data } = file.get(keys[part]);
        weight?.copy_(fromTypedArray(data as Float32Array, weight.shape, { device: weight.device }));
      }
    }
  });
  return added;
}

function readConfig(json: unknown, file: string): LoraConfig {
  try {
    if (typeof json !== 'object' || json === null) throw new ConfigError('the file', 'is no JSON object');
    const read = new ConfigReader(json as ConfigJSON);
    if ((json as ConfigJSON).peft_type !== 'LORA')
      throw new ConfigError(
        'peft_type',
        `is ${JSON.stringify((json as ConfigJSON).peft_type)}, must be "LORA"`,
      );
    read.only('bias', 'none');
    read.only('use_dora', false);
    read.only('use_rslora', false);
    read.only('modules_to_save', null);
    for (const field of ['rank_pattern', 'alpha_pattern'])
      if (Object.keys(((json as ConfigJSON)[field] as object | null | undefined) ?? {}).length > 0)
        throw new ConfigError(field, 'is not empty: no rank of its own is supported');
    return loraConfig({
      r: read.count('r', 8),
      loraAlpha: read.number('lora_alpha', 8),
      loraDropout: read.number('lora_dropout', 0),
      targetModules: ['as the tensors say'],
    });
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
