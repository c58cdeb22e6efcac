/** `inkstone train`: from the command line to the last sample. */
import pc from 'picocolors';
import { type BackendName, openBackend } from '../backend.js';
import { jsonReporter } from '../display/json.js';
import { liveReporter } from '../display/live.js';
import { plainReporter } from '../display/plain.js';
import { Failure } from '../failure.js';
import { catchInterrupts, type Interrupt } from '../interrupt.js';
import type { Reporter } from './events.js';
import { follow } from './follow.js';
import { findRun, makeRunFolder, readLog, removeIfEmpty, type SavedRun } from './run-folder.js';
import { newTrainer, resumedTrainer, tokenize } from './session.js';
import { chooseSettings, type LimitOptions, type SettingOptions } from './settings.js';
import { readText, type TrainingText } from './text.js';

/** The options as commander gives them. */
export interface TrainOptions extends SettingOptions, LimitOptions {
  readonly data?: string;
  readonly out?: string;
  readonly backend: BackendName;
  readonly threads?: number;
  /** A folder, or true for the latest run. */
  readonly resume?: string | true;
  readonly plain?: true;
  readonly json?: true;
}

/** @returns the exit code: 0, or that of the signal that ended the run. */
export async function train(options: TrainOptions): Promise<number> {
  const interrupt = catchInterrupts();
  const reporter = chooseReporter(options);
  try {
    await (options.resume === undefined
      ? trainAnew(options, reporter, interrupt)
      : goOn(options, reporter, interrupt));
    return interrupt.exitCode();
  } catch (error) {
    // A download that was interrupted, say. There is no step yet, and nothing to keep.
    if (!interrupt.signal.aborted) throw error;
    reporter.report({ event: 'notice', message: 'interrupted before the first step; nothing was saved' });
    return interrupt.exitCode();
  } finally {
    reporter.close();
    interrupt.release();
  }
}

function chooseReporter({ json, plain }: TrainOptions): Reporter {
  const write = (text: string) => process.stdout.write(text);
  if (json) return jsonReporter(write);
  return plain || !process.stdout.isTTY ? plainReporter(write, pc) : liveReporter(process.stdout, pc);
}

async function trainAnew(options: TrainOptions, reporter: Reporter, interrupt: Interrupt): Promise<void> {
  // What is wrong is told in the order in which it can be found: options, text, backend, folder.
  const settings = chooseSettings(options);
  const text = await fetchText(options.data, reporter, interrupt);
  const tokens = tokenize(text, settings.block);
  const device = await openBackend(options.backend, { threads: options.threads });
  try {
    const folder = await makeRunFolder(options.out, text.name);
    try {
      interrupt.signal.throwIfAborted();
      const trainer = newTrainer(text, tokens, settings, options, folder);
      await follow({ trainer, tokens, text, folder, past: [] }, reporter, interrupt.signal);
    } finally {
      await removeIfEmpty(folder);
    }
  } finally {
    await device.close();
  }
}

async function goOn(options: TrainOptions, reporter: Reporter, interrupt: Interrupt): Promise<void> {
  if (options.out !== undefined) {
    throw new Failure('--out cannot come with --resume: a run goes on in its own folder', 2);
  }
  const run = await findRun(options.resume === true ? undefined : options.resume);
  const text = await textOf(run, options.data, reporter, interrupt);
  const device = await openBackend(options.backend, { threads: options.threads });
  try {
    const { trainer, tokens } = await resumedTrainer(run, text, options);
    const past = await readLog(run.folder, trainer.step);
    await follow({ trainer, tokens, text, folder: run.folder, past }, reporter, interrupt.signal);
  } finally {
    await device.close();
  }
}

/** The text that a run began with. */
async function textOf(
  { notes }: SavedRun,
  data: string | undefined,
  reporter: Reporter,
  interrupt: Interrupt,
): Promise<TrainingText> {
  try {
    return await fetchText(data ?? notes.source, reporter, interrupt);
  } catch (error) {
    if (data !== undefined || !(error instanceof Failure)) throw error;
    throw new Failure(`${error.message}; the run began with this text, say with --data where it is now`, 1, {
      cause: error,
    });
  }
}

function fetchText(
  data: string | undefined,
  reporter: Reporter,
  interrupt: Interrupt,
): Promise<TrainingText> {
  return readText(data, {
    signal: interrupt.signal,
    onProgress: (progress) => reporter.report({ event: 'fetch', ...progress }),
    onFallback: (message) => reporter.report({ event: 'notice', message }),
  });
}
