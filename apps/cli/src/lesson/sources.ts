/** What a lesson takes from elsewhere: a text, the user's or a download on first use, and a pretrained model. */
import { type Lesson, type LessonText, type PretrainedSource, sourceFolder } from '@inkstone/models';
import { DatasetRejected, DatasetUnavailable, tinyShakespeare } from '@inkstone/models/node';
import { Failure } from '../failure.js';
import { readText } from '../train/text.js';

export interface SourceOptions {
  readonly signal: AbortSignal;
  /** Keep progress from standard error. */
  readonly quiet: boolean;
}

/**
 * @param data what `--data` says: a dataset's name or a file
 * @returns undefined where the lesson has a text of its own, or takes none
 * @throws Failure in one line
 */
export async function lessonText(
  lesson: Lesson,
  data: string | undefined,
  { signal, quiet }: SourceOptions,
): Promise<LessonText | undefined> {
  const tell = (line: string): void => {
    if (!quiet) process.stderr.write(line);
  };
  if (data !== undefined) {
    const { name, text } = await readText(data, {
      signal,
      onProgress: ({ dataset, phase, done }) => {
        if (phase === 'download' && done === 0) tell(`fetching ${dataset} …\n`);
      },
      onFallback: () => {},
    });
    return { name, text };
  }
  if (lesson.options.data !== null) return undefined;
  try {
    const text = await tinyShakespeare({
      signal,
      onProgress: (done, total) => {
        if (done === 0) tell(`fetching tinyshakespeare, ${(total / 1e6).toFixed(1)} MB, once …\n`);
      },
    });
    return { name: 'tinyshakespeare', text };
  } catch (error) {
    if (!(error instanceof DatasetUnavailable || error instanceof DatasetRejected)) throw error;
    throw new Failure(error.message, 1, { cause: error });
  }
}

/**
 * @param model what `--model` says: a folder, an address, or the id of a model on Hugging Face
 * @returns where to read it, telling how a download goes; undefined for a lesson that takes no model
 */
export async function lessonModel(
  lesson: Lesson,
  model: string | undefined,
  { signal, quiet }: SourceOptions,
): Promise<PretrainedSource | undefined> {
  const source = model ?? lesson.options.model;
  if (!source) return undefined;
  const told = new Map<string, number>();
  return sourceFolder(source, {
    signal,
    onProgress: ({ url, loaded, total }) => {
      const tenth = total === null ? 0 : Math.floor((10 * loaded) / total);
      if (quiet || told.get(url) === tenth) return;
      told.set(url, tenth);
      const size = total === null ? '' : ` of ${(total / 1e6).toFixed(1)}`;
      process.stderr.write(`fetching ${url}  ${(loaded / 1e6).toFixed(1)}${size} MB\n`);
    },
  });
}
