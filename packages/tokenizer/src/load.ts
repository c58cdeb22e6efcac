import { contentOf, type LoadOptions, pipelineOf } from './format/file.js';
import { scanBPE } from './format/scan.js';
import { wordsFromJSON } from './format/words.js';
import { allKinds } from './kinds/all.js';
import { PipelineTokenizer } from './pipeline/batches.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * The tokenizer that a `tokenizer.json` describes.
 *
 * @param json the file's content: its bytes, which is the quickest, its text, or what `JSON.parse` makes of it.
 * All kinds are at hand for this, which makes a large bundle; `loadTokenizerFile` fetches those that the file names.
 *
 * @throws TokenizerError that names the field that is wrong, or the type that is not known.
 */
export function tokenizerFromJSON(json: unknown, options: LoadOptions = {}): Tokenizer {
  const file = contentOf(json, scanBPE);
  return wordsFromJSON(file) ?? pipelineOf(PipelineTokenizer, file, allKinds, options);
}

/** The same where only a pipeline will do, with its offsets and batches: any file but a character tokenizer's. */
export function pipelineFromJSON(json: unknown, options: LoadOptions = {}): PipelineTokenizer {
  return pipelineOf(PipelineTokenizer, contentOf(json, scanBPE), allKinds, options);
}
