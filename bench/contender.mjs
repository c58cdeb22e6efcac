/**
 * One side of a comparison: a process that prepares a case when asked and measures a round of it at a time, so that
 * compare.mjs can take turns between all sides. Speaks JSON lines: requests on standard input, answers, each behind
 * '@', on standard output (libraries print there too).
 *
 *   {"case": {...}, "ms": 200}  ->  {"wall": ms a run, "cpu": ms a run, "runs": n, ...what the case adds}
 */
import { createInterface } from 'node:readline';

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

/** Milliseconds that a case runs before its first round: V8 takes some ten thousand small steps to settle. */
const warmUp = 2500;

const answer = (value) => process.stdout.write(`@${JSON.stringify(value)}\n`);

/** Time that all threads of this process had a core for, in milliseconds. */
export const cpuNow = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Runs for about `ms` milliseconds, at least three times. */
async function measure({ run, repeats = 1, note }, ms) {
  const times = [];
  const cpuStart = cpuNow();
  const end = performance.now() + ms;
  while (times.length < 3 || performance.now() < end) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  const cpu = (cpuNow() - cpuStart) / times.length / repeats;
  return { wall: median(times) / repeats, cpu, runs: times.length, ...note?.() };
}

/**
 * @param prepare (case) => { run, repeats, note }, or null for a case that this side has not. `run` does `repeats` units
 * of work and resolves when they are done; `note()` adds fields to the answer (the loss, say).
 */
export async function serve(prepare) {
  const ready = new Map();
  answer({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const request = JSON.parse(line);
      const key = JSON.stringify(request.case);
      if (!ready.has(key)) {
        const prepared = await prepare(request.case);
        // Compilers, caches and pools settle before the first round.
        if (prepared) await measure(prepared, warmUp);
        ready.set(key, prepared);
      }
      const prepared = ready.get(key);
      answer(prepared ? await measure(prepared, request.ms) : { skipped: true });
    } catch (error) {
      answer({ error: String(error?.stack ?? error) });
    }
  }
  process.exit(0);
}
