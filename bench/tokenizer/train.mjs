/**
 * Training a BPE vocabulary on 5 MB of English and of Chinese: this package and Hugging Face's Rust trainer, whose
 * Node binding trains 30,000 tokens and nothing else. Ours is timed at 30,000 and at 4,096. Times are of the
 * processor, so that other programs do not count; set RAYON_NUM_THREADS=1 to keep the peer to one thread as well.
 *
 * RAYON_NUM_THREADS=1 node bench/tokenizer/train.mjs
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainBPE } from '@inkstone/tokenizer/train';
import { Tokenizer } from 'tokenizers';
import { texts } from './texts.mjs';

const folder = mkdtempSync(join(tmpdir(), 'inkstone-bench-'));
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const empty = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  post_processor: null,
};

/** Processor time in milliseconds. */
const clock = () => process.cpuUsage().user / 1000;

for (const [language, text] of Object.entries(texts(5_000_000))) {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g);
  for (const vocabSize of [4096, 30_000]) {
    const start = clock();
    await trainBPE(lines, { vocabSize });
    console.log(`${language}: ours, ${vocabSize} tokens: ${(clock() - start).toFixed(0)} ms`);
  }
  const file = join(folder, 'corpus.txt');
  writeFileSync(file, text);
  const model = { type: 'BPE', vocab: {}, merges: [] };
  const theirs = Tokenizer.fromString(
    JSON.stringify({ ...empty, pre_tokenizer: byteLevel, decoder: byteLevel, model }),
  );
  const start = clock();
  theirs.train([file]);
  console.log(`${language}: tokenizers (Rust), 30000 tokens: ${(clock() - start).toFixed(0)} ms`);
}
rmSync(folder, { recursive: true });
