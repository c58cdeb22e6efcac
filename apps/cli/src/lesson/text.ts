/** The text that a lesson learns from: the user's, or for Shakespeare a download on first use. */
import type { Lesson, LessonText } from '@inkstone/models';
import { DatasetRejected, DatasetUnavailable, tinyShakespeare } from '@inkstone/models/node';
import { Failure } from '../failure.js';
import { readText } from '../train/text.js';

/**
 * @param data what `--data` says: a dataset's name or a file
 * @param quiet whether to keep progress from standard error
 * @returns undefined where the lesson has a text of its own, or takes none
 * @throws Failure in one line
 */
export async function lessonText(
  lesson: Lesson,
  data: string | undefined,
  signal: AbortSignal,
  quiet: boolean,
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
