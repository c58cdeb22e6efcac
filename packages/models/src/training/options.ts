/** What a trainer is made of. */
import type { Device, Generator } from '@inkstone/core';
import type { Tokenizer } from '@inkstone/tokenizer';
import type { CausalLM } from '../causal-lm.js';
import type { Folder } from '../folder.js';
import { loraLayers } from '../lora.js';
import { isQuantized } from '../quantize.js';
import type { TrainingArguments } from './arguments.js';
import type { TrainingEvent } from './events.js';

export interface TrainingData {
  /** Token ids to train on; see `splitTokens`. */
  train: Int32Array;
  /** Token ids to evaluate on; fewer than two (or none given) means no evaluation. */
  validation?: Int32Array;
}

export interface TrainerOptions extends Partial<TrainingArguments>, TrainingData {
  model: CausalLM;
  /** Needed for samples, and saved beside the model. */
  tokenizer?: Tokenizer;
  /** Where checkpoints go: a path (in Node) or a `Folder`. Without it nothing is saved. */
  output?: string | Folder;
  /** The stream that batches are drawn from; the default generator, which `manualSeed` seeds, if absent. */
  generator?: Generator;
  /** Kept in the checkpoint as it is, and given back by `readRun`: where the text came from, for one. */
  notes?: Record<string, unknown>;
  /** Told every event, one after the other, before whoever iterates the run; the run waits for what they return. */
  callbacks?: readonly TrainerCallback[];
}

/** What a callback may do with the run that it is told of. */
export interface TrainingControl {
  /** Steps done. */
  readonly step: number;
  readonly model: CausalLM;
  pause(): void;
  unpause(): void;
  stop(): void;
}

/** Told what a run does, event by event. */
export type TrainerCallback = (event: TrainingEvent, trainer: TrainingControl) => void | Promise<void>;

export interface ResumeOptions extends Partial<TrainingArguments>, TrainingData {
  device?: Device;
  generator?: Generator;
  callbacks?: readonly TrainerCallback[];
}

/** @throws Error that names the first token that the model does not have. */
export function checkTokens(name: string, tokens: Int32Array, vocabSize: number): void {
  const wrong = tokens.findIndex((token) => token < 0 || token >= vocabSize);
  if (wrong >= 0) {
    throw new Error(
      `Trainer: ${name}[${wrong}] is ${tokens[wrong]}, the model's vocabulary has 0 to ${vocabSize - 1}`,
    );
  }
}

/** @throws Error that names what an argument needs and lacks, or what the model cannot be trained for. */
export function checkNeeds(
  { model, output }: TrainerOptions,
  args: TrainingArguments,
  evaluationBatches: number,
): void {
  if (isQuantized(model)) throw new Error('Trainer: the model is quantised, no gradient goes through it');
  for (const name of ['earlyStoppingPatience', 'loadBestModelAtEnd'] as const) {
    if (!args[name]) continue;
    if (args.evalSteps === 0 || evaluationBatches === 0)
      throw new Error(`Trainer: ${name} needs evaluations: validation tokens, and evalSteps above 0`);
  }
  if (output !== undefined && loraLayers(model).length > 0)
    throw new Error(
      'Trainer: an output holds whole models: train adapters without one, and save them by saveLora',
    );
  if (args.loadBestModelAtEnd && output === undefined)
    throw new Error('Trainer: loadBestModelAtEnd needs an output to keep the best model in');
}
