/** The recorded bigram of the lecture: training.json, 100 steps; bigram.long.test.ts does the lecture's 10,000. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpu } from '@inkstone/backend-cpu';
import { open, setDefaultDevice } from '@inkstone/core';
import { requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import { expect, test } from 'vitest';
import { lecture } from './bigram.js';

interface Golden {
  readonly firstIx: readonly number[];
  readonly initialLoss: number;
  readonly untrained: readonly number[];
  readonly losses: Readonly<Record<string, number>>;
  readonly last: number;
  readonly generated: readonly number[];
  readonly nextRand: number;
}

const golden = (
  JSON.parse(readFileSync(new URL('training.json', import.meta.url), 'utf8')) as { bigram: Golden }
).bigram;

test.runIf(requireFixture('shared'))('the bigram of the lecture, 100 steps', async () => {
  const device = await open(cpu({ threads: 1 }));
  setDefaultDevice(device);
  const text = readFileSync(join(sharedFolder, 'data', 'tinyshakespeare.txt'), 'utf8');
  const run = await lecture(text, 100, new Set(Object.keys(golden.losses).map(Number)));
  expect(run.firstIx).toEqual(golden.firstIx);
  expect(run.untrained).toEqual(golden.untrained);
  expect(Math.abs(run.initialLoss - golden.initialLoss)).toBeLessThan(1e-6);
  for (const [step, loss] of Object.entries(golden.losses))
    expect(Math.abs((run.losses.get(Number(step)) as number) - loss), `step ${step}`).toBeLessThan(5e-6);
  expect(run.generated).toEqual(golden.generated);
  expect(Math.abs(run.nextRand - golden.nextRand)).toBeLessThan(1e-7);
  await device.close();
});
