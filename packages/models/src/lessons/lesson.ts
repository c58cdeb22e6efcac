/**
 * What a lesson is: a program of a tutorial that tells what it does as data. The command line prints the events, the site
 * draws them, a test compares them.
 *
 * A lesson runs on the default device (`use` sets it) and seeds the default generator, as a tutorial's program does: run
 * one at a time.
 */
import { defaultDevice } from '@inkstone/core';
import type { PretrainedSource } from '../pretrained.js';

/** The same in 中文 and in English. */
export interface Words {
  readonly zh: string;
  readonly en: string;
}

/** A text to learn from, and what it is called. */
export interface LessonText {
  readonly name: string;
  readonly text: string;
}

/** What a lesson can be told; each knows some of them, and refuses the others. */
export interface LessonOptions {
  /** Of the random streams; a whole number from 0 on. Each lesson has its tutorial's. */
  seed?: number;
  /** Steps or epochs of training; a whole number from 1 on. Each lesson has its tutorial's. */
  steps?: number;
  /** The text to learn from, where a lesson does not have to have its own. */
  data?: LessonText;
  /** attention-zh: as the tutorial writes it (default), or gradients for every matrix. */
  way?: 'as-written' | 'full';
  /** hello-lstm: the recurrent layer (default 'lstm'). */
  cell?: 'rnn' | 'gru' | 'lstm';
  /** bigram-shakespeare: whose random numbers draw the text (default 'aten'); see `RandomFlavour` of core. */
  flavour?: 'aten' | 'mkl';
  /** bert-zh: a folder in Hugging Face's layout, an address, or the id of a model on its hub. */
  model?: PretrainedSource;
}

/** The lesson begins. */
export interface BeginEvent {
  readonly event: 'begin';
  readonly lesson: string;
  readonly title: Words;
  /** Name and description of the device. */
  readonly device: string;
  /** What the lesson was told, and its defaults for the rest; a text by its name and length. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A paragraph that explains what comes next. */
export interface NoteEvent {
  readonly event: 'note';
  readonly text: Words;
}

/** A piece of text: what was read, or what a model wrote. */
export interface TextEvent {
  readonly event: 'text';
  /** A name for programs. */
  readonly name: string;
  readonly title: Words;
  readonly text: string;
}

/** A row of figures or words for each thing. */
export interface TableEvent {
  readonly event: 'table';
  readonly name: string;
  readonly title: Words;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A matrix, with names for its rows and columns where they have any. */
export interface MatrixEvent {
  readonly event: 'matrix';
  readonly name: string;
  readonly title: Words;
  readonly values: readonly (readonly number[])[];
  readonly rows?: readonly string[];
  readonly columns?: readonly string[];
}

/** Curves over one axis. */
export interface CurvesEvent {
  readonly event: 'curves';
  readonly name: string;
  readonly title: Words;
  readonly x: readonly number[];
  readonly curves: readonly { readonly name: string; readonly y: readonly number[] }[];
}

/** A step of training that the tutorial prints, with its own count of steps. */
export interface LessonStepEvent {
  readonly event: 'step';
  readonly step: number;
  /** Steps in all. */
  readonly steps: number;
  readonly loss: number;
  /** What the model predicts at this step and what would be right, where the tutorial prints it. */
  readonly predicted?: string;
  readonly right?: string;
}

/** The end: all numbers of the program. */
export interface DoneEvent {
  readonly event: 'done';
  readonly lesson: string;
  /** The loss of every step or epoch, in order. */
  readonly losses: readonly number[];
  /** What the program ends with, by name. */
  readonly result: Readonly<Record<string, unknown>>;
}

/** What a lesson tells between its beginning and its end. */
export type TellingEvent = NoteEvent | TextEvent | TableEvent | MatrixEvent | CurvesEvent | LessonStepEvent;
export type LessonEvent = BeginEvent | TellingEvent | DoneEvent;

/** What a lesson's program returns. */
export interface Outcome {
  readonly losses: readonly number[];
  readonly result: Readonly<Record<string, unknown>>;
}

export type Telling = AsyncGenerator<TellingEvent, Outcome, undefined>;

/** A lesson: what it is called, what it can be told, and its program. */
export interface Lesson<Name extends keyof LessonOptions = keyof LessonOptions> {
  readonly name: string;
  readonly title: Words;
  /** What one learns, in a sentence. */
  readonly summary: Words;
  /** The options it knows, with their defaults; null: none, `needs` says what it takes. */
  readonly options: { readonly [key in Name]?: LessonOptions[key] | null };
  program(options: Required<Pick<LessonOptions, Name>>): Telling;
}

/** Keeps the types of a lesson's own options while its program is written. */
export function lesson<Name extends keyof LessonOptions>(
  definition: Omit<Lesson<Name>, 'options'> & {
    options: { readonly [key in Name]: LessonOptions[key] | null };
  },
): Lesson {
  return definition as unknown as Lesson;
}

const choices: Readonly<Partial<Record<keyof LessonOptions, readonly string[]>>> = {
  way: ['as-written', 'full'],
  cell: ['rnn', 'gru', 'lstm'],
  flavour: ['aten', 'mkl'],
};

/** @throws RangeError that names the option, its value and what is allowed. */
function check(lesson: Lesson, name: keyof LessonOptions, value: unknown): void {
  const wrong = (allowed: string) =>
    new RangeError(`lesson ${lesson.name}: ${name} is ${JSON.stringify(value)}, must be ${allowed}`);
  const least = { seed: 0, steps: 1 }[name as string];
  if (least !== undefined && !(Number.isSafeInteger(value) && (value as number) >= least)) {
    throw wrong(`a whole number from ${least} on`);
  }
  const allowed = choices[name];
  if (allowed && !allowed.includes(value as string)) throw wrong(`one of ${allowed.join(', ')}`);
}

/** The lesson's options with its defaults. @throws RangeError for one that it does not know or that is out of range. */
export function settingsOf(lesson: Lesson, options: LessonOptions): LessonOptions {
  const settings: Record<string, unknown> = { ...lesson.options };
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(lesson.options, name)) {
      const known = Object.keys(lesson.options).join(', ');
      throw new RangeError(`lesson ${lesson.name} has no option ${name}; it has ${known || 'none'}`);
    }
    check(lesson, name as keyof LessonOptions, value);
    settings[name] = value;
  }
  for (const [name, value] of Object.entries(settings)) {
    if (value === null) throw new RangeError(`lesson ${lesson.name} needs ${name}`);
  }
  return settings as LessonOptions;
}

/**
 * Runs a lesson on the default device: its beginning, what it tells, and its end with all numbers.
 *
 * @throws RangeError that names the option that is wrong.
 * @example
 * await use(cpu());
 * for await (const event of runLesson(xor, { seed: 1 })) if (event.event === 'step') console.log(event.loss);
 */
export async function* runLesson(
  lesson: Lesson,
  options: LessonOptions = {},
): AsyncGenerator<LessonEvent, void, undefined> {
  const settings = settingsOf(lesson, options);
  const { name, title } = lesson;
  yield {
    event: 'begin',
    lesson: name,
    title,
    device: String(defaultDevice()),
    settings: described(settings),
  };
  const { losses, result } = yield* lesson.program(settings as Required<LessonOptions>);
  yield { event: 'done', lesson: name, losses, result };
}

/** Settings as JSON: a text by its name and length, a folder by its name. */
function described({ data, model, ...rest }: LessonOptions): Record<string, unknown> {
  return {
    ...rest,
    ...(data ? { data: { name: data.name, characters: [...data.text].length } } : {}),
    ...(model ? { model: typeof model === 'object' && 'name' in model ? model.name : String(model) } : {}),
  };
}

export const note = (zh: string, en: string): NoteEvent => ({ event: 'note', text: { zh, en } });

export function text(name: string, zh: string, en: string, content: string): TextEvent {
  return { event: 'text', name, title: { zh, en }, text: content };
}

export function table(
  name: string,
  zh: string,
  en: string,
  columns: TableEvent['columns'],
  rows: TableEvent['rows'],
): TableEvent {
  return { event: 'table', name, title: { zh, en }, columns, rows };
}

export function matrix(
  name: string,
  zh: string,
  en: string,
  values: MatrixEvent['values'],
  names: Pick<MatrixEvent, 'rows' | 'columns'> = {},
): MatrixEvent {
  return { event: 'matrix', name, title: { zh, en }, values, ...names };
}
