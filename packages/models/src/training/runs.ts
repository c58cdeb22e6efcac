/** What a run on disk tells about itself. */
import { numberedCheckpoint, resolveCheckpoint } from '../checkpoint.js';
import type { Folder } from '../folder.js';
import { folderAt } from '../folder-at.js';
import { readTrainingState, type TrainingState } from './state.js';

/** What is known of a run before it goes on. */
export async function readRun(run: string | Folder): Promise<TrainingState> {
  return (await readTrainingState(await resolveCheckpoint(await folderAt(run)))).state;
}

/**
 * The checkpoint with the lowest validation loss of a run that keeps it (`loadBestModelAtEnd`); null for another run.
 *
 * @example
 * const best = await bestCheckpoint('./poet');
 * const model = await GPT.fromPretrained(best ?? './poet');
 */
export async function bestCheckpoint(run: string | Folder): Promise<Folder | null> {
  const folder = await folderAt(run);
  const { bestCheckpoint: number } = await readRun(folder);
  return number === null ? null : numberedCheckpoint(folder, number);
}
