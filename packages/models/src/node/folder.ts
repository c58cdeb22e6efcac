/// <reference types="node" />
/** A folder on a disk. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Folder, MissingFile } from '../folder.js';

/**
 * The folder at a path, which need not exist yet.
 * @example
 * await model.savePretrained(nodeFolder('./poet'));
 */
export function nodeFolder(path: string): Folder {
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
      await writeThrough(at(file), bytes);
    },

    async replace(file, bytes) {
      const folder = dirname(at(file));
      await mkdir(folder, { recursive: true });
      const temporary = `${at(file)}.${randomUUID().slice(0, 8)}.tmp`;
      try {
        await writeThrough(temporary, bytes);
        await rename(temporary, at(file));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await syncFolder(folder);
    },

    remove: (file) => rm(at(file), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),

    folder: (part) => nodeFolder(at(part)),
  };
}

/** Writes and waits until the bytes have left the operating system's memory. */
async function writeThrough(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A rename survives a power cut once its folder is written; Windows has no such call, and needs none. */
async function syncFolder(folder: string): Promise<void> {
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
