import { pipelineFromJSON } from '../../src/index.js';

/** Texts that make careless tokenizers quadratic, of about `n` UTF-16 units. */
export const TEXTS: Record<string, (n: number) => string> = {
  'a line without a space': (n) => 'abcdefghijklmnopqrstuvwxyz'.repeat(n / 26),
  'one letter': (n) => 'a'.repeat(n),
  spaces: (n) => ' '.repeat(n),
  'combining marks': (n) => `a${'\u0301'.repeat(n)}`,
  'brackets before a special token': (n) => `${'['.repeat(n)}[SEP]<|endoftext|>`,
  'Chinese without punctuation': (n) => '的一是在不了有和人这中大为上个国'.repeat(n / 16),
  emoji: (n) => '👍🏽'.repeat(n / 4),
};

/** Processor time in milliseconds: other programs on the machine do not count. */
const cpuTime = () => process.cpuUsage().user / 1000;

/** How long a family takes for `size` and for four times as much text of a kind, in milliseconds. */
export function timesOf(json: string, size: number): Record<string, { once: number; four: number }> {
  const tokenizer = pipelineFromJSON(json);
  const results: Record<string, { once: number; four: number }> = {};
  for (const [kind, make] of Object.entries(TEXTS)) {
    const time = (n: number) => {
      const text = make(n);
      const start = cpuTime();
      tokenizer.encode(text);
      return cpuTime() - start;
    };
    time(1000);
    results[kind] = {
      once: Math.min(time(size), time(size)),
      four: Math.min(time(4 * size), time(4 * size)),
    };
  }
  return results;
}
