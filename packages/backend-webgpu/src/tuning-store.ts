/** Where measured choices are kept between runs: a folder of the user's cache in Node, IndexedDB in a page or worker. */

export interface TuningStore {
  /** What was set under this key, or null. */
  get(key: string): Promise<string | null>;
  set(key: string, text: string): Promise<void>;
}

/** The store of this platform; null where there is none, or none that can be reached. */
export function platformStore(): TuningStore | null {
  try {
    if (typeof process === 'object' && typeof process.versions?.node === 'string') return folderStore();
    return typeof indexedDB === 'undefined' ? null : databaseStore();
  } catch {
    // A user without a home folder, a runtime that only resembles Node, a page that may not even name IndexedDB.
    return null;
  }
}

/**
 * A file for each key, `webgpu-tuning-HASH.json`, so that processes which write at the same time lose nothing.
 *
 * @param folder default: `inkstone` in the user's cache folder (XDG_CACHE_HOME, LOCALAPPDATA or ~/.cache)
 */
export function folderStore(folder?: string): TuningStore {
  const { createHash, randomUUID } = process.getBuiltinModule('node:crypto');
  const { mkdir, readFile, rename, rm, writeFile } = process.getBuiltinModule('node:fs/promises');
  const { homedir } = process.getBuiltinModule('node:os');
  const { isAbsolute, join } = process.getBuiltinModule('node:path');
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  // An empty or relative path counts as none: https://specifications.freedesktop.org/basedir-spec/latest/
  const cache = () =>
    [XDG_CACHE_HOME, LOCALAPPDATA].find((path) => path && isAbsolute(path)) ?? join(homedir(), '.cache');
  const place = folder ?? join(cache(), 'inkstone');
  const fileOf = (key: string) => {
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 32);
    return join(place, `webgpu-tuning-${hash}.json`);
  };
  return {
    get: async (key) => {
      try {
        const { key: of, text } = JSON.parse(await readFile(fileOf(key), 'utf8')) as Record<string, unknown>;
        return of === key && typeof text === 'string' ? text : null;
      } catch {
        // There is none yet, or it is damaged: it is written anew.
        return null;
      }
    },
    set: async (key, text) => {
      const file = fileOf(key);
      const draft = `${file}.${randomUUID()}`;
      try {
        await mkdir(place, { recursive: true });
        await writeFile(draft, `${JSON.stringify({ key, text }, null, 1)}\n`);
        await rename(draft, file);
      } catch {
        // A cache that cannot be written (read-only systems) costs the measurement of the next run, nothing else.
        await rm(draft, { force: true }).catch(() => {});
      }
    },
  };
}

/**
 * The object store `tuning` of the database `inkstone`.
 *
 * @param patience how long an answer is waited for, in milliseconds: some databases never give one, and a device has to open
 * all the same
 */
export function databaseStore(patience = 1000): TuningStore {
  const within = async <T>(
    mode: IDBTransactionMode,
    use: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T | null> => {
    const done = async (): Promise<T> => {
      const database = await settled(openDatabase());
      try {
        return await settled(use(database.transaction('tuning', mode).objectStore('tuning')));
      } finally {
        database.close();
      }
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, patience, null);
    });
    try {
      return await Promise.race([done(), tooLate]);
    } catch {
      // Pages may be denied storage: then each visit measures for itself.
      return null;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    get: async (key) => {
      const text: unknown = await within('readonly', (store) => store.get(key));
      return typeof text === 'string' ? text : null;
    },
    set: async (key, text) => {
      await within('readwrite', (store) => store.put(text, key));
    },
  };
}

function openDatabase(): IDBOpenDBRequest {
  const request = indexedDB.open('inkstone', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('tuning');
  return request;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
