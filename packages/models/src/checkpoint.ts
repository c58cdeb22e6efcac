/**
 * A run on disk: numbered checkpoints, and a file that says which one counts.
 *
 *     latest                        'checkpoints/012', replaced by a rename once that folder is whole
 *     checkpoints/012/config.json, model.safetensors, tokenizer.json, ...
 *
 * Whenever a process dies, `latest` names a checkpoint that is whole: the old one or the new one. What a dead process
 * left half-written lies beyond `latest` and is cleared by the next that writes.
 */
import { type Folder, MissingFile } from './folder.js';

const CHECKPOINTS = 'checkpoints';
const LATEST = 'latest';

/** A folder that should hold a model or a run and does not. */
export class NotACheckpoint extends Error {
  override readonly name = 'NotACheckpoint';

  constructor(
    readonly folder: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`${folder} is not a checkpoint folder: ${why}`, options);
  }
}

/**
 * The checkpoint that `latest` names, or null in a folder without that file.
 * @throws NotACheckpoint if it names nothing that is there.
 */
export async function latestCheckpoint(run: Folder): Promise<Folder | null> {
  const number = await latestNumber(run);
  if (number === 0) return null;
  const path = pathOf(number);
  if (!(await run.exists(`${path}/config.json`))) {
    throw new NotACheckpoint(run.name, `'${LATEST}' names ${path}, which has no config.json`);
  }
  return run.folder(path);
}

/**
 * The folder that holds the files of a model: this one, or in a run its latest checkpoint.
 * @throws NotACheckpoint if it is neither.
 */
export async function resolveCheckpoint(folder: Folder): Promise<Folder> {
  if (await folder.exists('config.json')) return folder;
  const latest = await latestCheckpoint(folder);
  if (latest) return latest;
  const why = (await folder.exists(''))
    ? `it has neither config.json (a model) nor ${LATEST} (a run)`
    : 'there is no such folder';
  throw new NotACheckpoint(folder.name, why);
}

export interface WriteCheckpointOptions {
  /** Checkpoints kept, this one included; older ones are removed (default 3). */
  limit?: number;
  /** The number of one that stays beside these: a run's best; null (default): none. */
  keep?: number | null;
}

/**
 * Writes a new checkpoint and then makes it the latest.
 *
 * @param write puts the files into the folder it is given; also told its number.
 * @returns the new checkpoint's folder
 */
export async function writeCheckpoint(
  run: Folder,
  write: (checkpoint: Folder, number: number) => Promise<void>,
  options: WriteCheckpointOptions = {},
): Promise<Folder> {
  const { limit = 3, keep = null } = options;
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new Error(`writeCheckpoint: limit is ${limit}, must be a whole number from 1 on`);
  }
  const before = await latestNumber(run);
  for (const number of await numbers(run)) if (number > before) await run.remove(pathOf(number));
  const path = pathOf(before + 1);
  const checkpoint = run.folder(path);
  await write(checkpoint, before + 1);
  await run.replace(LATEST, new TextEncoder().encode(`${path}\n`));
  const newest = (await numbers(run)).sort((a, b) => b - a);
  for (const number of newest.slice(limit)) if (number !== keep) await run.remove(pathOf(number));
  return checkpoint;
}

const pathOf = (number: number): string => `${CHECKPOINTS}/${String(number).padStart(3, '0')}`;

/** The checkpoint of a run with this number, whether or not it is there. */
export function numberedCheckpoint(run: Folder, number: number): Folder {
  return run.folder(pathOf(number));
}

/** The number that `latest` names; 0 without that file. */
async function latestNumber(run: Folder): Promise<number> {
  let bytes: Uint8Array;
  try {
    bytes = await run.read(LATEST);
  } catch (error) {
    if (error instanceof MissingFile) return 0;
    throw error;
  }
  const text = new TextDecoder().decode(bytes.subarray(0, 100)).trim();
  // Nothing but the form that is written here: the file must not lead anywhere else.
  const number = Number(/^checkpoints\/(\d{3,15})$/.exec(text)?.[1]);
  if (!(number > 0)) {
    throw new NotACheckpoint(run.name, `'${LATEST}' says ${JSON.stringify(text)}, not checkpoints/NNN`);
  }
  return number;
}

async function numbers(run: Folder): Promise<number[]> {
  const names = await run.list(CHECKPOINTS);
  return names.filter((name) => /^\d{3,15}$/.test(name)).map(Number);
}
