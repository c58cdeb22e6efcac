/// <reference types="node" />
/**
 * The text of the bigram-shakespeare lesson, in Node: fetched once from the lecture's public repository, held to its
 * checksum, and kept in the cache.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../datasets/cache.js';
import { DatasetRejected, DatasetUnavailable } from '../datasets/errors.js';

const name = 'tinyshakespeare';
const path = 'karpathy/char-rnn/master/data/tinyshakespeare/input.txt';
const server = 'https://raw.githubusercontent.com';
const sha256 = '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed';
const size = 1_115_394;

export interface TinyShakespeareOptions {
  /** The cache folder; by default INKSTONE_CACHE, else the operating system's place for caches. */
  readonly cacheDir?: string | undefined;
  /** What the repository's path is added to: a mirror, for one. By default INKSTONE_LECTURE_URL, else GitHub's raw files. */
  readonly baseUrl?: string | undefined;
  /** Ends the download: the promise rejects with the signal's reason, and nothing is left. */
  readonly signal?: AbortSignal | undefined;
  /** Give up after so many milliseconds; 120,000 by default. */
  readonly timeout?: number | undefined;
  /** Told how many bytes of how many have arrived; never when the text is in the cache. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * About a million characters of Shakespeare.
 *
 * @throws DatasetUnavailable if it cannot be had now, which says both ways to it.
 * @throws DatasetRejected if what arrived is another text; nothing of it is kept.
 */
export async function tinyShakespeare(options: TinyShakespeareOptions = {}): Promise<string> {
  const { signal } = options;
  const cache = cacheFolder(options.cacheDir);
  const file = join(cache, 'lessons', `${name}.txt`);
  const cached = await readFile(file).catch(() => null);
  if (cached && digest(cached) === sha256) return cached.toString('utf8');

  const base = options.baseUrl ?? (process.env.INKSTONE_LECTURE_URL || server);
  const url = `${base.replace(/\/+$/, '')}/${path}`;
  let bytes: Uint8Array;
  try {
    bytes = await download(url, options);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof DatasetRejected) throw error;
    throw unavailable(`${url} cannot be read (${reason(error)})`, error);
  }
  const got = digest(bytes);
  if (got !== sha256) {
    throw new DatasetRejected(name, 'integrity', `${url} has the SHA-256 ${got}, it must be ${sha256}`);
  }
  const made = `${file}.${randomUUID().slice(0, 8)}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(made, bytes, { flush: true });
    await rename(made, file);
  } catch (error) {
    await rm(made, { force: true });
    const why = `the cache folder ${cache} cannot be written (${reason(error)}); set INKSTONE_CACHE to another`;
    throw new DatasetUnavailable(name, 'cache', why, { cause: error });
  }
  return new TextDecoder().decode(bytes);
}

async function download(url: string, options: TinyShakespeareOptions): Promise<Uint8Array> {
  const { signal, timeout = 120_000, onProgress } = options;
  const limit = AbortSignal.timeout(timeout);
  const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, limit]) : limit });
  if (!response.ok || !response.body) throw new Error(`${response.status} ${response.statusText}`.trim());
  const bytes = new Uint8Array(size);
  let done = 0;
  onProgress?.(0, size);
  for await (const chunk of response.body) {
    if (done + chunk.length > size) {
      throw new DatasetRejected(name, 'integrity', `${url} has more than ${size} bytes`);
    }
    bytes.set(chunk, done);
    done += chunk.length;
    onProgress?.(done, size);
  }
  return bytes.subarray(0, done);
}

function unavailable(why: string, cause: unknown): DatasetUnavailable {
  const ways = 'run again with a network, or give the text yourself with --data FILE';
  return new DatasetUnavailable(name, 'network', `${why}; ${ways}`, { cause });
}

/** `fetch` says only "fetch failed"; why is in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
