/// <reference types="node" />
/**
 * The user's cache of dataset texts:
 *
 *     datasets/ci-2.0.1-r1/text.txt     the text, nothing else of the package
 *     datasets/ci-2.0.1-r1/meta.json    what it is, where it came from, and its checksum
 *
 * A text appears whole or not at all: it is made in a working folder beside it and then moved by one rename.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import type { PackageDataset } from './descriptor.js';
import { DatasetUnavailable } from './errors.js';
import { decodeUtf8Strict } from './text.js';

/**
 * The folder that Inkstone keeps what it has downloaded in: the argument, else the environment variable
 * INKSTONE_CACHE, else the operating system's place for caches (`~/.cache/inkstone` on Linux).
 */
export function cacheFolder(chosen?: string): string {
  const folder = chosen ?? process.env.INKSTONE_CACHE;
  return folder === undefined || folder === '' ? envPaths('inkstone', { suffix: '' }).cache : resolve(folder);
}

/** The folder of one dataset's text; a new version or revision of it gets a new one. */
export function textFolder(dataset: PackageDataset, cache: string): string {
  return join(cache, 'datasets', `${dataset.name}-${dataset.version}-r${dataset.revision ?? 1}`);
}

/** meta.json: everything but the text. */
interface Meta {
  readonly name: string;
  readonly title: string;
  readonly license: string;
  readonly package: string;
  readonly version: string;
  /** Of the package that the text was made from. */
  readonly integrity: string;
  /** Of text.txt. */
  readonly bytes: number;
  readonly sha256: string;
  readonly fetched: string;
}

/** The text in that folder, or undefined if there is none that is whole and from this very package. */
export async function readCached(dataset: PackageDataset, folder: string): Promise<string | undefined> {
  try {
    const meta = JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8')) as Meta;
    if (meta.integrity !== dataset.integrity) return undefined;
    const bytes = await readFile(join(folder, 'text.txt'));
    if (bytes.length !== meta.bytes || sha256(bytes) !== meta.sha256) return undefined;
    return decodeUtf8Strict(bytes);
  } catch {
    return undefined; // missing or damaged: a cache may be, and is filled again
  }
}

/** Puts a text into that folder, in one step. `workFolder` is where it is made, on the same file system. */
export async function writeCached(
  dataset: PackageDataset,
  folder: string,
  workFolder: string,
  text: string,
): Promise<void> {
  const { name, title, license, version, integrity } = dataset;
  const bytes = Buffer.from(text, 'utf8');
  const meta: Meta = {
    name,
    title,
    license,
    package: dataset.package,
    version,
    integrity,
    bytes: bytes.length,
    sha256: sha256(bytes),
    fetched: new Date().toISOString(),
  };
  const made = join(workFolder, 'text');
  await mkdir(made);
  await writeFile(join(made, 'text.txt'), bytes, { flush: true });
  await writeFile(join(made, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`, { flush: true });
  try {
    await rename(made, folder);
  } catch (error) {
    // The folder is there already: another process was faster, or what lies there is damaged.
    if ((await readCached(dataset, folder)) !== undefined) return;
    if (!(await exists(folder))) throw error;
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    await rename(made, folder);
  }
}

/** An empty folder of this process's own beside the texts. The caller removes it with `removeFolder`. */
export async function makeWorkFolder(dataset: PackageDataset, cache: string): Promise<string> {
  const parent = join(cache, 'datasets');
  try {
    await mkdir(parent, { recursive: true });
    await removeAbandoned(parent);
    const folder = join(parent, `${workPrefix()}${process.pid}-${randomUUID().slice(0, 8)}`);
    await mkdir(folder);
    return folder;
  } catch (error) {
    throw cacheUnavailable(dataset, cache, error as Error);
  }
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Says which folder cannot be written, why, and what to do about it. */
export function cacheUnavailable(dataset: PackageDataset, cache: string, error: Error): DatasetUnavailable {
  const why = `the cache folder ${cache} cannot be written (${error.message}); set INKSTONE_CACHE to another`;
  return new DatasetUnavailable(dataset.name, 'cache', why, { cause: error });
}

/** Work folders carry the machine and the process, since a cache may be shared by several machines. */
function workPrefix(): string {
  return `.fetch-${hostname().replace(/[^A-Za-z0-9]/g, '_')}-`;
}

/** Removes the work folders of processes of this machine that were killed in the middle of a fetch. */
async function removeAbandoned(parent: string): Promise<void> {
  const prefix = workPrefix();
  for (const name of await readdir(parent)) {
    const pid = name.startsWith(prefix) ? /^\d+/.exec(name.slice(prefix.length))?.[0] : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) await removeFolder(join(parent, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0 asks only
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
