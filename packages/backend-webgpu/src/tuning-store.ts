/** Where measured choices are kept between runs: a folder of the user's cache in Node, IndexedDB in a page or worker. */

export interface TuningStore {
  /** What was set under this key, or null. */
  get(key: string): Promise<string | null>;
  set(key: string, text: string): Promise<void>;
}

/** The store of this platform; null where there is none. */
export function platformStore(): TuningStore | null {
  if (typeof process === 'object' && typeof process.versions?.node === 'string') return folderStore();
  return typeof indexedDB === 'undefined' ? null : databaseStore();
}

/**
 * One file for all keys, `webgpu-tuning.json`.
 *
 * @param folder default: `inkstone` in the user's cache folder (XDG_CACHE_HOME, LOCALAPPDATA or ~/.cache)
 */
export function folderStore(folder?: string): TuningStore {
  const { mkdir, readFile, rename, writeFile } = process.getBuiltinModule('node:fs/promises');
  const { homedir } = process.getBuiltinModule('node:os');
  const { join } = process.getBuiltinModule('node:path');
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const place = folder ?? join(XDG_CACHE_HOME ?? LOCALAPPDATA ?? join(homedir(), '.cache'), 'inkstone');
  const file = join(place, 'webgpu-tuning.json');
  const all = async (): Promise<Record<string, string>> => {
    try {
      const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
      return parsed && typeof parsed === 'object' && !Array.isArray(parsed)
        ? (parsed as Record<string, string>)
        : {};
    } catch {
      // There is none yet, or it is damaged: it is written anew.
      return {};
    }
  };
  return {
    get: async (key) => {
      const text = (await all())[key];
      return typeof text === 'string' ? text : null;
    },
    set: async (key, text) => {
      try {
        await mkdir(place, { recursive: true });
        const draft = `${file}.${process.pid}`;
        await writeFile(draft, `${JSON.stringify({ ...(await all()), [key]: text }, null, 1)}\n`);
        await rename(draft, file);
      } catch {
        // A cache that cannot be written (read-only systems) costs the measurement of the next run, nothing else.
      }
    },
  };
}

/** The object store `tuning` of the database `inkstone`. */
function databaseStore(): TuningStore {
  const within = async <T>(
    mode: IDBTransactionMode,
    use: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T | null> => {
    try {
      const database = await settled(openDatabase());
      try {
        return await settled(use(database.transaction('tuning', mode).objectStore('tuning')));
      } finally {
        database.close();
      }
    } catch {
      // Pages may be denied storage: then each visit measures for itself.
      return null;
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
