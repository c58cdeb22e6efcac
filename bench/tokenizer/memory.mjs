/**
 * How much memory encoding takes beyond what the loaded tokenizer has, at its peak and for each byte of the text
 * (as UTF-8), on texts that make careless tokenizers greedy. Each case has a process of its own. Ends with 1 if any
 * takes more than 20 times the text.
 *
 * node bench/tokenizer/memory.mjs [--families GPT-2,Unigram] [--size 8000000]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pipelineFromJSON } from '@inkstone/tokenizer';
import { families } from './families.mjs';

const LIMIT = 20;
const TEXTS = {
  'a line without a space': (n) => 'abcdefghijklmnopqrstuvwxyz'.repeat(n / 26),
  'one letter': (n) => 'a'.repeat(n),
  spaces: (n) => ' '.repeat(n),
  'combining marks': (n) => `a${'\u0301'.repeat(n / 2)}`,
  'brackets before a special token': (n) => `${'['.repeat(n)}[SEP]<|endoftext|>`,
  'Chinese without punctuation': (n) => '的一是在不了有和人这中大为上个国'.repeat(n / 48),
  emoji: (n) => '👍🏽'.repeat(n / 8),
};

const { values } = parseArgs({
  options: {
    families: { type: 'string' },
    size: { type: 'string', default: '8000000' },
    one: { type: 'string' },
  },
});

if (values.one) {
  const [family, kind] = values.one.split('/');
  const tokenizer = pipelineFromJSON(await families[family].json());
  // What is made at the first need belongs to the tokenizer, not to the text.
  for (const make of Object.values(TEXTS)) tokenizer.encode(make(20_000));
  // Out of a buffer, so that the text lies flat in memory before it is measured.
  const text = Buffer.from(TEXTS[kind](Number(values.size))).toString();
  globalThis.gc();
  const before = process.memoryUsage.rss();
  tokenizer.encode(text);
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(Math.max(0, peak - before) / Buffer.byteLength(text));
} else {
  for (const family of values.families?.split(',') ?? Object.keys(families)) {
    for (const kind of Object.keys(TEXTS)) {
      const script = fileURLToPath(import.meta.url);
      const arguments_ = ['--expose-gc', script, '--size', values.size, '--one', `${family}/${kind}`];
      const { stdout, stderr } = spawnSync(process.execPath, arguments_, { encoding: 'utf8' });
      const times = Number(stdout.trim().split('\n').at(-1) || Number.NaN);
      if (!(times <= LIMIT)) process.exitCode = 1;
      console.log(`${family.padEnd(12)} ${kind.padEnd(34)} ${times.toFixed(1)} x the text ${stderr}`);
    }
  }
}
