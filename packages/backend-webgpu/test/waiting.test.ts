/** Waiting for Dawn: the event loop sleeps in its turns while something is pending, and only then. */
import { afterEach, expect, test, vi } from 'vitest';
import { Waiting } from '../src/waiting.js';

afterEach(() => vi.restoreAllMocks());

/** Lets nothing sleep. @returns how long each turn would have slept, in milliseconds */
function recordSleeps(): number[] {
  const sleeps: number[] = [];
  vi.spyOn(Atomics, 'wait').mockImplementation((_cell, _at, _value, sleep) => {
    sleeps.push(sleep as number);
    return 'timed-out';
  });
  return sleeps;
}

const turn = () => new Promise((done) => setImmediate(done));

test('each turn of the loop sleeps, longer as the wait goes on, at most half a millisecond', async () => {
  const sleeps = recordSleeps();
  let now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const waiting = new Waiting();
  let resolve = () => {};
  const pending = new Promise<void>((done) => {
    resolve = done;
  });
  waiting.during(pending);
  await turn();
  expect(sleeps).toEqual([]);
  now += 4;
  await turn();
  expect(sleeps).toEqual([0.25]);
  now += 1000;
  await turn();
  expect(sleeps).toEqual([0.25, 0.5]);
  resolve();
  for (let i = 0; i < 3; i++) await turn();
  expect(sleeps).toEqual([0.25, 0.5]);
});

test('two waits at once are one sleep a turn, until the last is over; a rejection ends one too', async () => {
  const wait = vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out');
  let now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const waiting = new Waiting();
  let reject = (_: Error) => {};
  const first = new Promise<void>((_, fail) => {
    reject = fail;
  });
  first.catch(() => {});
  let resolve = () => {};
  const second = new Promise<void>((done) => {
    resolve = done;
  });
  waiting.during(first);
  waiting.during(second);
  now += 100;
  await turn();
  expect(wait).toHaveBeenCalledTimes(1);
  reject(new Error('lost'));
  await turn();
  now += 100;
  await turn();
  expect(wait.mock.calls.length).toBeGreaterThanOrEqual(2);
  resolve();
  await turn();
});

test('of several under way, the next is expected as long after an arrival as that took, and short ones soon again', async () => {
  const sleeps = recordSleeps();
  let now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const waiting = new Waiting();
  const arrive: (() => void)[] = [];
  const wait = () => {
    const promise = new Promise<void>((done) => arrive.push(done));
    waiting.during(promise);
    return promise;
  };
  // Two reads of each of two steps, and more to come.
  const reads = Array.from({ length: 6 }, wait);
  await turn();
  now += 4;
  for (const read of [0, 1]) arrive[read]();
  await Promise.all(reads.slice(0, 2));
  sleeps.length = 0;
  await turn();
  expect(sleeps).toEqual([0.25]);
  now += 1;
  await turn();
  expect(sleeps).toEqual([0.25, 0.25]);
  now += 0.6;
  for (const read of [2, 3]) arrive[read]();
  await Promise.all(reads.slice(2, 4));
  await turn();
  expect(sleeps).toEqual([0.25, 0.25, expect.closeTo(0.1)]);
  now += 3;
  await turn();
  expect(sleeps[3]).toBeCloseTo(3 / 16);
  // What is waited for alone has no pace: its end is looked for at once.
  for (const read of [4, 5]) arrive[read]();
  await Promise.all(reads);
  await turn();
  sleeps.length = 0;
  const alone = wait();
  await turn();
  expect(sleeps).toEqual([]);
  arrive[6]();
  await alone;
});
