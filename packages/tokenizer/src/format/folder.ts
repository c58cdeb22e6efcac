import type { Tokenizer } from '../tokenizer.js';
import { type LoadOnDemandOptions, loadTokenizerFile } from './on-demand.js';

/** Reads a file of a model's folder, from a disk or over the network; `undefined` where there is none. */
export type ReadFile = (name: string) => Promise<Uint8Array | undefined>;

/**
 * The tokenizer of a model's folder, from the best of the files that are there: `tokenizer.json`, else
 * `tokenizer.model`, else `vocab.json` and `merges.txt`, else `vocab.txt` with `tokenizer_config.json`.
 *
 * @example
 * ```ts
 * const tokenizer = await loadTokenizer((name) => readFile(join(folder, name)).catch(() => undefined));
 * ```
 */
export async function loadTokenizer(read: ReadFile, options: LoadOnDemandOptions = {}): Promise<Tokenizer> {
  const json = await read('tokenizer.json');
  if (json) return loadTokenizerFile(json, options);
  const { tokenizerOfFiles } = await import('./older-files.js');
  return tokenizerOfFiles(read, options);
}
