/**
 * What a checkpoint holds beside the model, so that going on gives the same losses as never having stopped:
 * training_state.json (steps, arguments, options of the optimizer) and training_state.safetensors (its moments, and the
 * random generators in PyTorch's layout).
 */
import { defaultGenerator, type Generator, type optim } from '@inkstone/core';
import type * as amp from '@inkstone/core/amp';
import { readSafetensors, type TensorToWrite, writeSafetensors } from '@inkstone/core/io';
import type { CausalLM } from '../causal-lm.js';
import { type Folder, jsonBytes, readJSON } from '../folder.js';
import { type TrainingArguments, trainingArguments } from './arguments.js';

const STATE = 'training_state.json';
const TENSORS = 'training_state.safetensors';
const FORMAT = 'inkstone-training-state';
const VERSION = 1;
/** What AdamW keeps of each parameter that has been stepped. */
const moments = ['exp_avg', 'exp_avg_sq'];

export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  /** Steps in all; null while that is not known. */
  readonly totalSteps: number | null;
  /** Training time so far. */
  readonly seconds: number;
  readonly bestValidationLoss: number | null;
  /** The step that it was found at. */
  readonly bestStep: number | null;
  /** The number of the checkpoint that holds that step, in a run that keeps its best; null in another. */
  readonly bestCheckpoint: number | null;
  /** Evaluations since then that were no better. */
  readonly evaluationsSinceBest: number;
  readonly arguments: TrainingArguments;
  /** The scale of the loss in mixed precision; null in float32. */
  readonly lossScale: amp.GradScalerState | null;
  /** What the run trains on: going on with another text would not be going on. */
  readonly data: DataFingerprint;
  /** Whatever the caller wants to find again: where the text came from, for one. */
  readonly notes: Readonly<Record<string, unknown>>;
  /** What made the numbers: device and precision are part of "the same bits". */
  readonly madeBy: { readonly device: string };
}

export interface DataFingerprint {
  readonly tokens: number;
  /** FNV-1a over the ids, as 8 hexadecimal digits: tells texts apart, and is no protection against intent. */
  readonly hash: string;
}

export function fingerprint(tokens: Int32Array): DataFingerprint {
  let hash = 0x811c9dc5;
  for (let i = 0; i < tokens.length; i++) hash = Math.imul(hash ^ tokens[i], 0x01000193);
  return { tokens: tokens.length, hash: (hash >>> 0).toString(16).padStart(8, '0') };
}

/** Everything that a checkpoint restores. */
export interface LiveState {
  readonly state: TrainingState;
  /** Names of the optimizer's parameters, group by group. */
  readonly names: readonly (readonly string[])[];
  readonly optimizer: optim.OptimizerState;
  /** The stream that batches are drawn from; dropout draws from the default one. */
  readonly generator: Generator;
}

export async function writeTrainingState(folder: Folder, live: LiveState): Promise<void> {
  const { state, optimizer, names } = live;
  const tensors = new Map<string, TensorToWrite>();
  names.flat().forEach((name, i) => {
    for (const [buffer, { data, shape }] of Object.entries(optimizer.state[i].buffers)) {
      tensors.set(`${buffer}.${name}`, { data, shape });
    }
  });
  const generators: [string, Generator][] = [
    ['default', defaultGenerator],
    ['data', live.generator],
  ];
  for (const [name, generator] of generators) {
    const data = generator.getState();
    tensors.set(`rng.${name}`, { data, shape: [data.length] });
  }
  await folder.write(TENSORS, writeSafetensors(tensors));
  let next = 0;
  const groups = optimizer.paramGroups.map((options, i) => ({
    ...options,
    params: names[i].map((name) => ({ name, step: optimizer.state[next++].step })),
  }));
  const json = {
    format: FORMAT,
    version: VERSION,
    ...state,
    flavours: Object.fromEntries(generators.map(([name, { flavour }]) => [name, flavour])),
    optimizer: { type: 'AdamW', paramGroups: groups },
  };
  await folder.write(STATE, jsonBytes(json));
}

/** What `readTrainingState` gives. */
export interface SavedState {
  readonly state: TrainingState;
  /** Freezes the parameters that were not trained: a folder of weights does not say which. */
  freeze(model: CausalLM): void;
  /** The optimizer's state for groups with these names. @throws Error if the file is of other parameters. */
  optimizer(names: readonly (readonly string[])[]): optim.OptimizerState;
  /** Puts the default generator and the one of the batches back to where they were. */
  restoreGenerators(generator: Generator): void;
}

/** @throws Error that names the file and the field or key that is wrong. */
export async function readTrainingState(folder: Folder): Promise<SavedState> {
  const where = `${folder.name}/${STATE}`;
  const fail = (why: string): never => {
    throw new Error(`${where}: ${why}`);
  };
  const json = (await readJSON(folder, STATE)) as Partial<SavedJSON> | null;
  if (json?.format !== FORMAT) return fail(`format is ${JSON.stringify(json?.format)}, must be "${FORMAT}"`);
  if (json.version !== VERSION) return fail(`version is ${json.version}, this program knows ${VERSION}`);
  const { step, totalSteps = null, seconds = 0, bestValidationLoss = null, data, notes = {}, madeBy } = json;
  if (!Number.isSafeInteger(step) || (step as number) < 0)
    return fail(`step is ${step}, must be a whole number`);
  if (totalSteps !== null && !(Number.isSafeInteger(totalSteps) && totalSteps >= 1)) {
    return fail(`totalSteps is ${totalSteps}, must be null or a whole number from 1 on`);
  }
  if (typeof data?.tokens !== 'number' || typeof data.hash !== 'string') return fail('data is missing');
  if (!isNumber(seconds)) return fail(`seconds is ${seconds}, must be a number`);
  let args: TrainingArguments;
  try {
    // A checkpoint holds every argument that there was: what is missing is as it was before there was a choice.
    args = trainingArguments({ rng: 'host', ...json.arguments });
  } catch (error) {
    return fail((error as Error).message);
  }
  const path = `${folder.name}/${TENSORS}`;
  const tensors = readSafetensors(await folder.read(TENSORS), { file: path });
  const state: TrainingState = {
    step: step as number,
    totalSteps,
    seconds,
    bestValidationLoss: isNumber(bestValidationLoss) ? bestValidationLoss : null,
    bestStep: isNumber(json.bestStep) ? json.bestStep : null,
    bestCheckpoint: Number.isSafeInteger(json.bestCheckpoint) ? (json.bestCheckpoint as number) : null,
    evaluationsSinceBest: isNumber(json.evaluationsSinceBest) ? json.evaluationsSinceBest : 0,
    arguments: args,
    lossScale: lossScaleOf(json.lossScale, fail),
    data,
    notes,
    madeBy: { device: String(madeBy?.device) },
  };
  const groups = json.optimizer?.paramGroups;
  const saved = groups?.map(({ params }) => params.map(({ name }) => name));
  return {
    state,
    freeze(model) {
      const trained = new Set(saved?.flat());
      if (trained.size === 0) return;
      for (const [name, parameter] of model.namedParameters())
        if (!trained.has(name)) parameter.requiresGrad_(false);
    },
    optimizer(names) {
      if (JSON.stringify(saved) !== JSON.stringify(names)) {
        return fail('optimizer.paramGroups lists other parameters than the model has');
      }
      const params = (groups as SavedGroup[]).flatMap((group) => group.params);
      return {
        state: params.map(({ name, step: steps }) => {
          if (!Number.isSafeInteger(steps))
            return fail(`the step of ${name} is ${steps}, must be a whole number`);
          const buffers = (steps === 0 ? [] : moments).map((moment) => {
            const key = `${moment}.${name}`;
            const { data: values, shape } = tensors.get(key);
            if (values instanceof Float32Array || values instanceof Float64Array) {
              return [moment, { data: values, shape }] as const;
            }
            throw new Error(`${path}: tensor "${key}" does not hold floats`);
          });
          return { step: steps, buffers: Object.fromEntries(buffers) };
        }),
        paramGroups: (groups as SavedGroup[]).map(({ params: _, ...options }) => options),
      };
    },
    restoreGenerators(generator) {
      const restore = (name: 'default' | 'data', target: Generator): void => {
        const { data: bytes } = tensors.get(`rng.${name}`);
        try {
          target.setState(bytes as Uint8Array);
          target.flavour = json.flavours?.[name] ?? 'aten';
        } catch (error) {
          throw new Error(`${path}: tensor "rng.${name}": ${(error as Error).message}`, { cause: error });
        }
      };
      restore('default', defaultGenerator);
      if (generator !== defaultGenerator) restore('data', generator);
    },
  };
}

function lossScaleOf(json: unknown, fail: (why: string) => never): amp.GradScalerState | null {
  if (json === undefined || json === null) return null;
  const { scale, growthTracker } = json as Partial<amp.GradScalerState>;
  if (isNumber(scale) && scale > 0 && Number.isSafeInteger(growthTracker) && (growthTracker as number) >= 0)
    return { scale, growthTracker: growthTracker as number };
  return fail(`lossScale is ${JSON.stringify(json)}, must be null or { scale, growthTracker }`);
}

interface SavedGroup extends Record<string, unknown> {
  readonly params: readonly { readonly name: string; readonly step: number }[];
}

interface SavedJSON extends TrainingState {
  readonly format: string;
  readonly version: number;
  readonly flavours: Record<string, Generator['flavour']>;
  readonly optimizer: { readonly paramGroups: readonly SavedGroup[] };
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
