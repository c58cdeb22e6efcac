/** `inkstone lesson`: the tutorials' programs, one at a time, or the list of them. */
import { findLesson, type Lesson, type LessonOptions, lessons, runLesson } from '@inkstone/models';
import pc from 'picocolors';
import { type BackendName, openBackend } from '../backend.js';
import { Failure } from '../failure.js';
import { catchInterrupts } from '../interrupt.js';
import { nearest } from '../nearest.js';
import { type Language, listed, shower } from './show.js';
import { lessonModel, lessonText } from './sources.js';

/** The options as commander gives them. */
export interface LessonCommandOptions {
  readonly backend: BackendName;
  readonly threads?: number;
  readonly seed?: number;
  readonly steps?: number;
  /** A dataset's name or a file. */
  readonly data?: string;
  readonly way?: 'as-written' | 'full';
  readonly cell?: 'rnn' | 'gru' | 'lstm';
  readonly flavour?: 'aten' | 'mkl';
  readonly model?: string;
  /** 'both' where it is not given. */
  readonly lang?: 'zh' | 'en';
  readonly json?: true;
}

/**
 * Runs a lesson and shows what it tells, or lists the lessons.
 *
 * @returns the exit code: 0, or that of the signal that ended it.
 */
export async function lesson(name: string | undefined, options: LessonCommandOptions): Promise<number> {
  const write = (text: string): unknown => process.stdout.write(text);
  const language: Language = options.lang ?? 'both';
  if (name === undefined) {
    write(
      options.json
        ? lessons.map((one) => `${JSON.stringify(entryOf(one))}\n`).join('')
        : listed(lessons, language, pc),
    );
    return 0;
  }
  const found = findLesson(name);
  if (!found) throw noSuchLesson(name);
  const { seed, steps, way, cell, flavour, model } = options;
  const told: LessonOptions = Object.fromEntries(
    Object.entries({ seed, steps, way, cell, flavour, model }).filter(([, value]) => value !== undefined),
  );
  checkOptions(found, { ...told, ...(options.data === undefined ? {} : { data: options.data }) });

  const interrupt = catchInterrupts();
  try {
    const show = options.json ? jsonShower(write) : shower(process.stdout, language, pc);
    const sources = { signal: interrupt.signal, quiet: options.json === true };
    const data = await lessonText(found, options.data, sources);
    const pretrained = await lessonModel(found, model, sources);
    const device = await openBackend(options.backend, { threads: options.threads });
    try {
      for await (const event of runLesson(found, {
        ...told,
        ...(data ? { data } : {}),
        ...(pretrained ? { model: pretrained } : {}),
      })) {
        if (interrupt.signal.aborted) break;
        show(event);
      }
    } finally {
      await device.close();
    }
    return interrupt.exitCode();
  } catch (error) {
    if (interrupt.signal.aborted) return interrupt.exitCode();
    throw error instanceof RangeError ? new Failure(error.message, 2, { cause: error }) : error;
  } finally {
    interrupt.release();
  }
}

const jsonShower =
  (write: (text: string) => unknown) =>
  (event: unknown): void => {
    write(`${JSON.stringify(event)}\n`);
  };

/** A lesson in the list for programs; a text among the defaults by its name. */
function entryOf({ name, title, summary, options }: Lesson): Record<string, unknown> {
  const { data, ...defaults } = options;
  return {
    event: 'lesson',
    name,
    title,
    summary,
    options: { ...defaults, ...(data === undefined ? {} : { data: data?.name ?? null }) },
  };
}

function noSuchLesson(name: string): Failure {
  const names = lessons.map((one) => one.name);
  const near = nearest(name, names);
  const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
  return new Failure(`there is no lesson '${name}'${meant}; there are ${names.join(', ')}`, 2);
}

/** @throws Failure for an option that the lesson would not look at. */
function checkOptions(lesson: Lesson, given: object): void {
  const extra = Object.keys(given).find((name) => !Object.hasOwn(lesson.options, name));
  if (extra === undefined) return;
  const known = Object.keys(lesson.options).map((name) => `--${name}`);
  throw new Failure(
    `lesson ${lesson.name} has no --${extra}; it has ${known.length === 0 ? 'no options of its own' : known.join(', ')}`,
    2,
  );
}
