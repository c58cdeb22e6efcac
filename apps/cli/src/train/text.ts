/** The text to train on: a dataset by name, or a file of the user's. */
import { createHash } from 'node:crypto';
import { basename, extname, resolve } from 'node:path';
import {
  type DatasetProgress,
  DatasetUnavailable,
  datasets,
  findDataset,
  loadDataset,
  loadTextFile,
  TextFileError,
} from '@inkstone/models/node';
import { Failure } from '../failure.js';
import { nearest } from '../nearest.js';

/** A text and where it came from. */
export interface TrainingText {
  /** A dataset's name, or the absolute path of a file: what `--data` takes to get it again, from anywhere. */
  readonly source: string;
  /** As it was asked for: what messages call it. */
  readonly asked: string;
  /** What it is called in a line of output and in the name of a run's folder. */
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text, in hex: a run goes on only from the text that it began with. */
  readonly sha256: string;
}

export interface TextOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DatasetProgress) => void;
  /** Told in one line why another text than the one asked for is taken. */
  readonly onFallback: (why: string) => void;
}

/** What is trained on when nothing was asked for. */
export const mainDataset = 'ci';
/** What is trained on where that cannot be fetched: it ships with the program. */
const fallbackDataset = 'dialogue';

/**
 * Reads the text that `--data` names; without it, the main dataset or, where that cannot be had, the embedded one.
 *
 * @throws Failure in one line if there is no such dataset or file, or the file cannot be trained on.
 */
export async function readText(data: string | undefined, options: TextOptions): Promise<TrainingText> {
  if (data !== undefined) return findDataset(data) ? readDataset(data, options) : readFile(data);
  try {
    return await readDataset(mainDataset, options);
  } catch (error) {
    if (!(error instanceof DatasetUnavailable)) throw error;
    options.onFallback(`${error.message}; training on the embedded dialogues instead`);
    return readDataset(fallbackDataset, options);
  }
}

async function readDataset(name: string, { signal, onProgress }: TextOptions): Promise<TrainingText> {
  const { text } = await loadDataset(name, { signal, onProgress });
  return { source: name, asked: name, name, text, sha256: digest(text) };
}

async function readFile(path: string): Promise<TrainingText> {
  try {
    const text = await loadTextFile(path);
    const name = basename(path, extname(path));
    return {
      source: resolve(path),
      asked: path,
      name: name === '' ? 'text' : name,
      text,
      sha256: digest(text),
    };
  } catch (error) {
    if (!(error instanceof TextFileError)) throw error;
    throw new Failure(error.reason === 'missing' ? noSuchData(path) : error.message, 1, { cause: error });
  }
}

/** A word without a dot or a slash was meant as a dataset's name rather than as a file. */
function noSuchData(data: string): string {
  if (/[./\\]/.test(data)) return `${data}: there is no such file`;
  const names = datasets.map(({ name }) => name);
  const near = nearest(data, names);
  const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
  return `${data}: there is no such file and no such dataset${meant}; datasets are ${names.join(', ')}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
