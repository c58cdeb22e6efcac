/// <reference types="node" />
/** A text file of the user's, checked before anything is trained on it. */
import { readFile, stat } from 'node:fs/promises';
import { TextFileError } from './errors.js';
import { decodeUtf8Strict, Utf8Error } from './text.js';

/** JavaScript strings end at half a gigabyte; a training text beyond this would not fit into one. */
const mostBytes = 512 * 1024 * 1024;

/**
 * The text of a UTF-8 file. A byte order mark at the start is left out; everything else stays as it is, line
 * ends included.
 *
 * @throws TextFileError if the file is missing, is a folder, cannot be read, is larger than 512 MiB, has nothing
 *   but white space, or is not UTF-8 (with the offset of the first bad byte). The message starts with the path.
 * @example
 * const text = await loadTextFile('diary.txt');
 */
export async function loadTextFile(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw new TextFileError(path, 'directory', 'is a folder, must be a text file');
    if (info.size > mostBytes) {
      const why = `has ${info.size} bytes, a training text may have at most ${mostBytes} (512 MiB)`;
      throw new TextFileError(path, 'too-large', why);
    }
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof TextFileError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new TextFileError(path, 'missing', 'there is no such file', { cause: error });
    }
    throw new TextFileError(path, 'unreadable', `cannot be read (${message})`, { cause: error });
  }
  if (bytes.length === 0) throw new TextFileError(path, 'empty', 'is empty (0 bytes)');
  const text = decode(path, bytes);
  if (text.trim() === '') throw new TextFileError(path, 'empty', 'has nothing but white space');
  return text;
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return decodeUtf8Strict(bytes);
  } catch (error) {
    if (!(error instanceof Utf8Error)) throw error;
    throw new TextFileError(path, 'encoding', error.message, { cause: error, offset: error.offset });
  }
}
