/** What a training run can be told. Names are Hugging Face's TrainingArguments', values those of nanoGPT's small runs. */

import type { Rng } from '@inkstone/core';

export interface TrainingArguments {
  /** Steps in all; null: as many as `maxSeconds` allows. */
  readonly maxSteps: number | null;
  /**
   * Training time in seconds, that of earlier sessions included; null (default): no limit. Without `maxSteps` it also
   * sets the number of steps, for the learning rate to come down in time: an estimate from the speed, revised until three
   * quarters of the time are over, and part of a checkpoint. The losses of such a run depend on the machine's speed; those
   * of one with `maxSteps` do not.
   */
  readonly maxSeconds: number | null;
  /** Blocks that go through the model at once (default 32). */
  readonly batchSize: number;
  /** Batches whose gradients make one step: their mean (default 1). For steps larger than memory. */
  readonly gradientAccumulationSteps: number;
  /** Tokens in a block; null (default): the model's blockSize. */
  readonly blockSize: number | null;
  /** At the top of the schedule (default 1e-3). */
  readonly learningRate: number;
  /** At the end of a schedule that goes down (default 1e-4). */
  readonly minLearningRate: number;
  /**
   * Up over `warmupSteps`, and then 'cosine' (default): a half cosine down to `minLearningRate`; 'linear': straight down to
   * it; 'constant': level.
   */
  readonly lrSchedulerType: 'cosine' | 'linear' | 'constant';
  /** Default 100. A run of fewer than 10 times as many steps warms up in a tenth of them. */
  readonly warmupSteps: number;
  /** Default 0.1, on matrices and embeddings only: biases and norms do not decay. */
  readonly weightDecay: number;
  /** Default 0.9. */
  readonly adamBeta1: number;
  /** Default 0.99. */
  readonly adamBeta2: number;
  /** Default 1e-8. */
  readonly adamEpsilon: number;
  /**
   * Where dropout is drawn: 'device' (default): in the kernels that use it, from a seed of each step; 'host': PyTorch's draws,
   * made and uploaded. See core's `withRng`. The event 'start' says which.
   */
  readonly rng: Rng;
  /** Gradients are scaled down so that the norm of all of them together is at most this (default 1); 0: never. */
  readonly maxGradNorm: number;
  /**
   * 'f32' (default), or 'f16': mixed precision where the device has float16. Products and attention take operands rounded
   * to it, the weights that are trained stay float32, and the loss is scaled; see `amp` of core. Evaluations are float32.
   */
  readonly precision: 'f32' | 'f16';
  /** A step event every so many steps (default 10), and at the first and the last. */
  readonly loggingSteps: number;
  /** An evaluation every so many steps (default 250), and at the end; 0: never. */
  readonly evalSteps: number;
  /** Batches of an evaluation at most (default 20). */
  readonly evalBatches: number;
  /**
   * The run ends after so many evaluations in a row that are not better than the best before; null (default): it does not.
   */
  readonly earlyStoppingPatience: number | null;
  /** How much lower a validation loss must be than the best before to be better (default 0). */
  readonly earlyStoppingThreshold: number;
  /**
   * Whether the best model is kept and comes back (default false): what has the lowest validation loss so far is saved at
   * once, its checkpoint stays whatever `saveTotalLimit` says, and a run that ends by itself puts its weights into the
   * model. Needs an output, and evaluations. See `bestCheckpoint`.
   */
  readonly loadBestModelAtEnd: boolean;
  /** A checkpoint every so many steps (default 250); one at the end in any case. */
  readonly saveSteps: number;
  /** Checkpoints kept (default 3). */
  readonly saveTotalLimit: number;
  /** A sample every so many steps; 0 (default): never. */
  readonly sampleSteps: number;
  /** What samples go on from; null (default): a line break, or the text's first token where there is none. */
  readonly samplePrompt: string | null;
  /** Default 100. */
  readonly sampleTokens: number;
  /** Default 0.8. */
  readonly sampleTemperature: number;
  /** Default 40. */
  readonly sampleTopK: number;
}

export const defaultArguments: TrainingArguments = {
  maxSteps: null,
  maxSeconds: null,
  batchSize: 32,
  gradientAccumulationSteps: 1,
  blockSize: null,
  learningRate: 1e-3,
  minLearningRate: 1e-4,
  lrSchedulerType: 'cosine',
  warmupSteps: 100,
  weightDecay: 0.1,
  adamBeta1: 0.9,
  adamBeta2: 0.99,
  adamEpsilon: 1e-8,
  rng: 'device',
  maxGradNorm: 1,
  precision: 'f32',
  loggingSteps: 10,
  evalSteps: 250,
  evalBatches: 20,
  earlyStoppingPatience: null,
  earlyStoppingThreshold: 0,
  loadBestModelAtEnd: false,
  saveSteps: 250,
  saveTotalLimit: 3,
  sampleSteps: 0,
  samplePrompt: null,
  sampleTokens: 100,
  sampleTemperature: 0.8,
  sampleTopK: 40,
};

type Check = { readonly allowed: string; readonly holds: (value: unknown) => boolean };

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const count = (least: number): Check => ({
  allowed: `a whole number from ${least} on`,
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});
const orNull = (check: Check): Check => ({
  allowed: `null or ${check.allowed}`,
  holds: (value) => value === null || check.holds(value),
});
const positive: Check = { allowed: 'greater than 0', holds: (value) => isNumber(value) && value > 0 };
const notNegative: Check = { allowed: '0 or more', holds: (value) => isNumber(value) && value >= 0 };
const beta: Check = {
  allowed: 'from 0 to below 1',
  holds: (value) => isNumber(value) && value >= 0 && value < 1,
};

const checks: Record<keyof TrainingArguments, Check> = {
  maxSteps: orNull(count(1)),
  maxSeconds: orNull(positive),
  batchSize: count(1),
  gradientAccumulationSteps: count(1),
  blockSize: orNull(count(1)),
  learningRate: positive,
  minLearningRate: notNegative,
  lrSchedulerType: {
    allowed: "'cosine', 'linear' or 'constant'",
    holds: (value) => value === 'cosine' || value === 'linear' || value === 'constant',
  },
  warmupSteps: count(0),
  weightDecay: notNegative,
  adamBeta1: beta,
  adamBeta2: beta,
  adamEpsilon: positive,
  rng: { allowed: "'host' or 'device'", holds: (value) => value === 'host' || value === 'device' },
  maxGradNorm: notNegative,
  precision: { allowed: "'f32' or 'f16'", holds: (value) => value === 'f32' || value === 'f16' },
  loggingSteps: count(1),
  evalSteps: count(0),
  evalBatches: count(1),
  earlyStoppingPatience: orNull(count(1)),
  earlyStoppingThreshold: notNegative,
  loadBestModelAtEnd: { allowed: 'true or false', holds: (value) => typeof value === 'boolean' },
  saveSteps: count(1),
  saveTotalLimit: count(1),
  sampleSteps: count(0),
  samplePrompt: orNull({ allowed: 'a text', holds: (value) => typeof value === 'string' }),
  sampleTokens: count(1),
  sampleTemperature: positive,
  sampleTopK: count(0),
};

/**
 * The arguments given, with defaults for the rest.
 * @throws Error that names the argument, its value and what is allowed; also for one that does not exist.
 */
export function trainingArguments(given: Partial<TrainingArguments>): TrainingArguments {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(checks, name)) throw new Error(`Trainer: there is no argument '${name}'`);
  }
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  const all: TrainingArguments = { ...defaultArguments, ...Object.fromEntries(known) };
  for (const [name, { allowed, holds }] of Object.entries(checks)) {
    const value = all[name as keyof TrainingArguments];
    if (!holds(value)) throw new Error(`Trainer: ${name} is ${JSON.stringify(value)}, must be ${allowed}`);
  }
  if (all.maxSteps === null && all.maxSeconds === null)
    throw new Error('Trainer: give maxSteps or maxSeconds');
  return all;
}
