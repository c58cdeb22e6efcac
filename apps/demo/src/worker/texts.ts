/** Training texts: where they come from, and what is wrong with them. */
import { decodeUtf8Strict, dialogue, textStatistics, Utf8Error } from '@inkstone/models';
import type { TextFacts, TextSource } from '../protocol.js';
import { FailureError } from './failure-error.js';

/** A tab holds the text several times over (bytes, string, ids): 256 MiB is what it can bear. */
const mostBytes = 256 * 1024 * 1024;

const openingCharacters = 240;

export interface LoadedText {
  readonly text: string;
  readonly facts: TextFacts;
}

/** @throws FailureError if the text is empty, too large, unreadable or not UTF-8. */
export async function loadText(source: TextSource): Promise<LoadedText> {
  const name = source.kind === 'file' ? source.name : null;
  const text = await textOf(source);
  if (text.trim() === '') throw new FailureError({ code: 'empty-text', name });
  const { characters, distinct, entropy } = textStatistics(text);
  const opening = Array.from(text.slice(0, 2 * openingCharacters))
    .slice(0, openingCharacters)
    .join('');
  return { text, facts: { name, characters, distinct, entropy, opening } };
}

async function textOf(source: TextSource): Promise<string> {
  switch (source.kind) {
    case 'builtin':
      return dialogue.text();
    case 'typed':
      return source.text;
    case 'file':
      return readFile(source.name, source.file);
  }
}

async function readFile(name: string, file: Blob): Promise<string> {
  if (file.size > mostBytes) {
    throw new FailureError({ code: 'too-large', name, bytes: file.size, most: mostBytes });
  }
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    // A folder, or a file that was moved or changed since it was chosen.
    throw new FailureError({ code: 'unreadable', name, message: (error as Error).message });
  }
  try {
    return decodeUtf8Strict(bytes);
  } catch (error) {
    if (!(error instanceof Utf8Error)) throw error;
    throw new FailureError({ code: 'not-utf8', name, offset: error.offset, byte: error.byte });
  }
}
