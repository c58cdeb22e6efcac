/** Times of something short, many times over, and how they are shown. */
import { writeFileSync } from 'node:fs';

/** Milliseconds: of the clock, or with --cpu-time of the processor, where others use the machine too. */
export const now = process.argv.includes('--cpu-time')
  ? () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    }
  : () => performance.now();

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/**
 * Microseconds a piece of work takes: each sample is one call of `work`, which says how many pieces it did and returns
 * the milliseconds they took (so that it can leave out what does not count).
 * @param {() => Promise<number> | number} work
 */
export async function microseconds(work, pieces, samples = 200) {
  for (let i = 0; i < samples / 4; i++) await work();
  const times = [];
  for (let i = 0; i < samples; i++) times.push(((await work()) * 1000) / pieces);
  return { median: median(times), least: Math.min(...times) };
}

/** Prints rows of { what, median, least, limit?, unit } and writes them as JSON where `--json FILE` asks for it. */
export function report(title, rows) {
  console.log(`\n${title}`);
  for (const { what, median: middle, least, limit, unit } of rows) {
    const bound =
      limit === undefined ? '' : `  at most ${limit} ${unit}: ${middle <= limit ? 'holds' : 'FAILS'}`;
    console.log(
      `  ${what.padEnd(52)} ${middle.toFixed(2).padStart(9)} ${unit.padEnd(6)} (least ${least.toFixed(2)})${bound}`,
    );
  }
  const at = process.argv.indexOf('--json');
  if (at >= 0)
    writeFileSync(
      process.argv[at + 1],
      `${JSON.stringify({ title, node: process.version, rows }, null, 2)}\n`,
    );
}
