/**
 * What two threads can reach on this machine: two that share nothing, each with its own device of one thread and its
 * own product, over one of them alone. Where cores are shared with others, or are two threads of one core, this is
 * below 2, and no matmul on two threads is faster than that. Build the packages first.
 *
 *   node bench/cpu/two-alone.mjs [--size 512] [--rounds 41] [--ms 80]
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { cpu } from '@inkstone/backend-cpu';
import { randn, use } from '@inkstone/core';

/** A function that multiplies for some milliseconds. @returns products a millisecond */
async function multiplier(size) {
  await use(cpu({ threads: 1 }));
  const [a, b] = [randn(size, size).keep(), randn(size, size).keep()];
  return async (ms) => {
    const start = performance.now();
    let count = 0;
    while (performance.now() - start < ms) {
      await a.matmul(b).select(0, 0).narrow(0, 0, 1).item();
      count++;
    }
    return count / (performance.now() - start);
  };
}

if (isMainThread) {
  const options = { size: { type: 'string' }, rounds: { type: 'string' }, ms: { type: 'string' } };
  const { values } = parseArgs({ options });
  const [size, rounds, ms] = [values.size ?? 512, values.rounds ?? 41, values.ms ?? 80].map(Number);
  const other = new Worker(new URL(import.meta.url), { workerData: size });
  const multiply = await multiplier(size);
  await once(other, 'message');
  const ratios = [];
  // Both directions, so that a drift of the machine's speed counts for neither.
  for (let round = 0; round < rounds; round++) {
    const alone = async () => await multiply(ms);
    const both = async () => {
      other.postMessage(ms);
      const [mine, [theirs]] = await Promise.all([multiply(ms), once(other, 'message')]);
      return mine + theirs;
    };
    const [first, second] = round % 2 ? [both, alone] : [alone, both];
    const [a, b] = [await first(), await second()];
    ratios.push(round % 2 ? a / b : b / a);
  }
  ratios.sort((a, b) => a - b);
  const at = (share) => ratios[Math.floor(share * (rounds - 1))].toFixed(2);
  console.log(`${size}: two that share nothing, over one alone: ${at(0.5)} (${at(0.25)} to ${at(0.75)})`);
  await other.terminate();
} else {
  const multiply = await multiplier(workerData);
  parentPort.on('message', async (ms) => parentPort.postMessage(await multiply(ms)));
  parentPort.postMessage('ready');
}
