/**
 * The folder of a run. The checkpoints in it are the training loop's; the command adds one file of its own,
 *
 *     log.jsonl    what `--json` prints, a line an event: the loss curve of a run that goes on begins where it began
 */
import { createWriteStream, existsSync, type WriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readRun, type TrainingState } from '@inkstone/models';
import { Failure } from '../failure.js';
import type { TrainEvent } from './events.js';

/** Where runs go unless `--out` says otherwise, below the current folder. */
export const runsFolder = 'runs';

/** The training loop's file that names the checkpoint that counts. */
const latestFile = 'latest';
const logFile = 'log.jsonl';

/**
 * Makes the folder of a new run: `out`, or the first of runs/NAME, runs/NAME-2, ... that is not there yet.
 *
 * @throws Failure if `out` holds a run already or the folder cannot be made.
 */
export async function makeRunFolder(out: string | undefined, name: string): Promise<string> {
  if (out !== undefined) {
    if (existsSync(join(out, latestFile))) {
      throw new Failure(`${out}: holds a run already; go on with --resume ${out}, or choose another --out`);
    }
    await make(out, true);
    return out;
  }
  const stem = join(runsFolder, name.replace(/[^\p{L}\p{N}._-]+/gu, '-'));
  await make(dirname(stem), true);
  for (let number = 1; ; number++) {
    const folder = number === 1 ? stem : `${stem}-${number}`;
    if (await make(folder, false)) return folder;
  }
}

/** @returns false if it is there already and must not be. */
async function make(folder: string, mayExist: boolean): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: mayExist });
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && !mayExist) return false;
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'it is not a folder' : message;
    throw new Failure(`${folder}: cannot be made the folder of a run (${why})`, 1, { cause: error });
  }
}

/** Takes the folder of a run away that ended before its first step, if nothing is in it. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {});
}

/** What a run keeps in its checkpoints so that `--resume` needs nothing but the folder. */
export interface RunNotes {
  /** A dataset's name, or the absolute path of a file: what `--data` takes. */
  readonly source: string;
  /** SHA-256 of the text, in hex. */
  readonly sha256: string;
}

export interface SavedRun {
  readonly folder: string;
  readonly state: TrainingState;
  readonly notes: RunNotes;
}

/**
 * The run in that folder, or without one the latest below runs/.
 *
 * @throws Failure if there is none, Error that names the file and the field that is wrong.
 */
export async function findRun(chosen: string | undefined): Promise<SavedRun> {
  const folder = chosen ?? (await latestRun());
  const state = await readRun(folder);
  const { source, sha256 } = state.notes;
  if (typeof source !== 'string' || typeof sha256 !== 'string') {
    throw new Failure(
      `${folder}: the run was not made by this command; its notes do not say what it trained on`,
    );
  }
  return { folder, state, notes: { source, sha256 } };
}

async function latestRun(): Promise<string> {
  const names = await readdir(runsFolder).catch(() => []);
  const runs: { folder: string; time: number }[] = [];
  for (const name of names) {
    const folder = join(runsFolder, name);
    const file = await stat(join(folder, latestFile)).catch(() => undefined);
    if (file) runs.push({ folder, time: file.mtimeMs });
  }
  const [latest] = runs.sort((a, b) => b.time - a.time);
  if (latest !== undefined) return latest.folder;
  throw new Failure(`there is no run below ${runsFolder}/ here; name the folder: --resume DIR`);
}

/** What a run has told before, up to a step. */
export async function readLog(folder: string, upToStep: number): Promise<TrainEvent[]> {
  const lines = (await readFile(join(folder, logFile), 'utf8').catch(() => '')).split('\n');
  return lines
    .map(parseEvent)
    .filter((event) => event !== undefined)
    .filter((event) => !('step' in event && event.step > upToStep));
}

/**
 * Opens the log to write on after what is kept of it: what was told after the checkpoint that a run goes on from did
 * not happen.
 */
export async function openLog(folder: string, kept: readonly TrainEvent[]): Promise<WriteStream> {
  const file = join(folder, logFile);
  await writeFile(file, kept.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return createWriteStream(file, { flags: 'a' });
}

/** A line of the log; the last one of a run that was killed may be cut off. */
function parseEvent(line: string): TrainEvent | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === 'object' && event !== null && 'event' in event
      ? (event as TrainEvent)
      : undefined;
  } catch {
    return undefined;
  }
}
