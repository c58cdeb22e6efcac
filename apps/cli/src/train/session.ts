/** A run from its text to its trainer, new or gone on with. */
import { manualSeed } from '@inkstone/core';
import { AutoTokenizer, GPT, splitTokens, Trainer, unigramEntropy } from '@inkstone/models';
import { CharTokenizer, type Tokenizer } from '@inkstone/tokenizer';
import { Failure } from '../failure.js';
import type { DataEvent } from './events.js';
import type { RunNotes, SavedRun } from './run-folder.js';
import {
  checkLength,
  chooseLimits,
  chooseRhythm,
  type LimitOptions,
  type Limits,
  type Settings,
} from './settings.js';
import type { TrainingText } from './text.js';

/** A text as a model sees it. */
export interface Tokens {
  readonly tokenizer: Tokenizer;
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly facts: DataEvent;
}

/**
 * Cuts a text into characters and these into two parts.
 *
 * @param known the tokenizer of a run that goes on.
 * @throws Failure if the text is too short for a block.
 */
export function tokenize({ text, asked }: TrainingText, block: number, known?: Tokenizer): Tokens {
  const tokenizer = known ?? CharTokenizer.train(text);
  const { train, validation } = splitTokens(Int32Array.from(tokenizer.encode(text)));
  checkLength(asked, { train: train.length, validation: validation.length }, block);
  const facts: DataEvent = {
    event: 'data',
    source: asked,
    characters: train.length + validation.length,
    validationCharacters: validation.length,
    distinct: new Set(text).size,
    vocabulary: tokenizer.vocabSize,
    unigramEntropy: unigramEntropy(text),
  };
  return { tokenizer, train, validation, facts };
}

/** A trainer at step 0. The default device is where it trains. */
export function newTrainer(
  text: TrainingText,
  { tokenizer, train, validation }: Tokens,
  settings: Settings,
  limits: LimitOptions,
  output: string,
): Trainer {
  manualSeed(settings.seed);
  const model = new GPT({
    vocabSize: tokenizer.vocabSize,
    blockSize: settings.block,
    nLayer: settings.layers,
    nHead: settings.heads,
    nEmbd: settings.width,
    dropout: settings.dropout,
  });
  const { maxSteps, maxSeconds } = chooseLimits(limits, settings, train.length);
  const notes: RunNotes = { source: text.source, sha256: text.sha256 };
  return new Trainer({
    model,
    tokenizer,
    train,
    validation,
    output,
    notes: { ...notes },
    maxSteps,
    maxSeconds,
    batchSize: settings.batch,
    learningRate: settings.learningRate,
    minLearningRate: settings.learningRate / 20,
    ...chooseRhythm(maxSteps),
    evalBatches: 24,
    samplePrompt: samplePrompt(text.text),
    sampleTokens: 80,
  });
}

/** What samples go on from: what stands between two parts of the text, so that a sample begins like one. */
export function samplePrompt(text: string): string {
  return ['\n\n', '\n'].find((gap) => text.includes(gap)) ?? ([...text][0] as string);
}

/**
 * The trainer of a run that goes on.
 *
 * @throws Failure if the text is another than the run's, or there are no steps left to do.
 */
export async function resumedTrainer(
  run: SavedRun,
  text: TrainingText,
  limits: LimitOptions,
): Promise<{ trainer: Trainer; tokens: Tokens }> {
  if (text.sha256 !== run.notes.sha256) {
    throw new Failure(`${text.asked}: is not the text that the run in ${run.folder} began with`);
  }
  const tokenizer = await AutoTokenizer.fromPretrained(run.folder);
  const tokens = tokenize(text, 1, tokenizer);
  const { train, validation } = tokens;
  const trainer = await Trainer.resume(run.folder, { train, validation, ...resumedLimits(run, limits) });
  return { trainer, tokens };
}

/** An unfinished run goes on to its end; a finished one does as many steps again, unless told how many. */
function resumedLimits({ folder, state }: SavedRun, { steps, minutes }: LimitOptions): Partial<Limits> {
  const { step, totalSteps } = state;
  const finished = totalSteps !== null && step >= totalSteps;
  const time = minutes === undefined ? {} : { maxSeconds: minutes * 60 };
  if (steps !== undefined) {
    if (steps > step) return { maxSteps: steps, ...time };
    throw new Failure(`--steps is ${steps}, but the run in ${folder} has done ${step} already; ask for more`);
  }
  if (!finished) return time;
  // With a time alone, the trainer counts out the steps that fit into it.
  return minutes === undefined ? { maxSteps: 2 * step } : { maxSteps: null, ...time };
}
