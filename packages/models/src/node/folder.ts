/// <reference types="node" />
/** A folder on a disk. */
import { type Folder, MissingFile } from '../folder.js';

/**
 * Node's own modules, asked for at run time: an import would stand in the way of every bundler that builds a page.
 * @throws Error where there is no Node.
 */
function nodeModules(path: string) {
  const { process } = globalThis as { process?: Partial<typeof globalThis.process> };
  if (!process?.getBuiltinModule) {
    throw new Error(`${path}: paths need Node; in a browser give a Folder, such as a MemoryFolder`);
  }
  return { fs: process.getBuiltinModule('node:fs/promises'), path: process.getBuiltinModule('node:path') };
}

type FileSystem = typeof import('node:fs/promises');

/**
 * The folder at a path, which need not exist yet.
 * @example
 * await model.savePretrained(nodeFolder('./poet'));
 */
export function nodeFolder(path: string): Folder {
  const {
    fs,
    path: { dirname, join },
  } = nodeModules(path);
  const { mkdir, readdir, readFile, rename, rm, stat } = fs;
  const at = (file: string): string => join(path, file);
  return {
    name: path,

    async read(file) {
      try {
        return await readFile(at(file));
      } catch (error) {
        if (isMissing(error)) throw new MissingFile(path, file, { cause: error });
        throw error;
      }
    },

    exists: (file) =>
      stat(at(file)).then(
        () => true,
        () => false,
      ),

    list: async (folder) => {
      try {
        return await readdir(at(folder));
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },

    async write(file, bytes) {
      await mkdir(dirname(at(file)), { recursive: true });
      await writeThrough(fs, at(file), bytes);
    },

    async replace(file, bytes) {
      const folder = dirname(at(file));
      await mkdir(folder, { recursive: true });
      const temporary = `${at(file)}.${crypto.randomUUID().slice(0, 8)}.tmp`;
      try {
        await writeThrough(fs, temporary, bytes);
        await rename(temporary, at(file));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await syncFolder(fs, folder);
    },

    remove: (file) => rm(at(file), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),

    folder: (part) => nodeFolder(at(part)),
  };
}

/** Writes and waits until the bytes have left the operating system's memory. */
async function writeThrough({ open }: FileSystem, file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A rename survives a power cut once its folder is written; Windows has no such call, and needs none. */
async function syncFolder({ open }: FileSystem, folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
