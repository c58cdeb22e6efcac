/** What a run is trained with: the defaults, and what the command line says over them. */
import { Failure } from '../failure.js';

/** The figures that shape a run, from its first step to its last. */
export interface Settings {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly block: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly dropout: number;
  readonly seed: number;
}

/**
 * Chosen for what two minutes on two CPU cores can learn of Song ci. With 5,922 characters the output layer costs more
 * than all blocks; a narrow model and small batches take more steps in the time, and in so short a time steps count
 * more than size.
 */
export const defaults: Settings = {
  layers: 2,
  heads: 2,
  width: 64,
  block: 32,
  batch: 16,
  learningRate: 2e-3,
  dropout: 0,
  seed: 1337,
};

/** Where neither `--steps` nor `--minutes` is given: with installing, building and fetching, under four minutes. */
const defaultMinutes = 2.25;

/**
 * A short text is not read more often than this unless asked for: the model would learn it by heart, and the
 * validation loss would rise.
 */
const mostEpochs = 20;

/** As on the command line. */
export type SettingOptions = Partial<Omit<Settings, 'learningRate'>> & { readonly lr?: number };

/** @throws Failure if the settings do not fit together. */
export function chooseSettings({ lr, ...options }: SettingOptions): Settings {
  const settings: Settings = {
    layers: options.layers ?? defaults.layers,
    heads: options.heads ?? defaults.heads,
    width: options.width ?? defaults.width,
    block: options.block ?? defaults.block,
    batch: options.batch ?? defaults.batch,
    learningRate: lr ?? defaults.learningRate,
    dropout: options.dropout ?? defaults.dropout,
    seed: options.seed ?? defaults.seed,
  };
  const { width, heads } = settings;
  if (width % heads !== 0) {
    throw new Failure(`--width is ${width}, but must be a multiple of --heads, which is ${heads}`, 2);
  }
  return settings;
}

/** When a run ends: at whichever comes first. Null is no limit. */
export interface Limits {
  readonly maxSteps: number | null;
  readonly maxSeconds: number | null;
}

export interface LimitOptions {
  readonly steps?: number;
  readonly minutes?: number;
}

/** @param trainTokens how long the text is that is trained on. */
export function chooseLimits(
  { steps, minutes }: LimitOptions,
  settings: Settings,
  trainTokens: number,
): Limits {
  const maxSeconds = minutes === undefined ? null : minutes * 60;
  if (steps !== undefined || minutes !== undefined) return { maxSteps: steps ?? null, maxSeconds };
  const epochs = Math.ceil((mostEpochs * trainTokens) / (settings.batch * settings.block));
  // A long text ends by the time, and the learning rate with it; a short one by its steps.
  return { maxSteps: epochs < 2000 ? epochs : null, maxSeconds: defaultMinutes * 60 };
}

/** How often a run tells something, in steps. */
export interface Rhythm {
  readonly loggingSteps: number;
  readonly evalSteps: number;
  readonly sampleSteps: number;
  readonly saveSteps: number;
}

/** @param steps of the whole run, null if only its time is known. */
export function chooseRhythm(steps: number | null): Rhythm {
  const about = steps ?? 2000;
  const every = (part: number, least: number, most: number) =>
    Math.min(most, Math.max(least, Math.round(about / part)));
  return {
    loggingSteps: every(400, 1, 10),
    evalSteps: every(15, 5, 250),
    sampleSteps: every(5, 50, 1000),
    saveSteps: every(4, 50, 500),
  };
}

/**
 * A run learns from the first nine tenths of a text and is judged on the rest; each must hold a block and the character
 * after it.
 *
 * @param name what the message calls the text.
 * @param lengths characters of the two parts.
 * @throws Failure that says how many characters there are and how many are needed.
 */
export function checkLength(
  name: string,
  lengths: { readonly train: number; readonly validation: number },
  block: number,
): void {
  const all = lengths.train + lengths.validation;
  const needed = block + 1;
  const needs = `a block of ${block} needs ${needed}`;
  if (all < needed) {
    throw new Failure(`${name}: has ${all} characters, fewer than one block: ${needs}`);
  }
  if (lengths.validation < needed || lengths.train < needed) {
    const [part, length] =
      lengths.validation < lengths.train
        ? ['the tenth that is held out for validation', lengths.validation]
        : ['the part to train on', lengths.train];
    throw new Failure(
      `${name}: has ${all} characters, and ${part} has ${length}, fewer than one block: ${needs}; choose a smaller --block or a longer text`,
    );
  }
}
