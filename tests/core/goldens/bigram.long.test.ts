/** The recorded bigram of the lecture, all of its 10,000 steps: losses within 10 times float64's distance, same text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpu } from '@inkstone/backend-cpu';
import { open, setDefaultDevice } from '@inkstone/core';
import { requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import { expect, test } from 'vitest';
import { lecture } from './bigram.js';

interface Golden {
  readonly lecture: Readonly<Record<string, number>>;
  readonly lectureGenerated: readonly number[];
}

const golden = (
  JSON.parse(readFileSync(new URL('training.json', import.meta.url), 'utf8')) as { bigram: Golden }
).bigram;

test.runIf(requireFixture('shared'))('the bigram of the lecture, 10,000 steps', async () => {
  const device = await open(cpu({ threads: 1 }));
  setDefaultDevice(device);
  const text = readFileSync(join(sharedFolder, 'data', 'tinyshakespeare.txt'), 'utf8');
  const run = await lecture(text, 10_000, new Set(Object.keys(golden.lecture).map(Number)));
  for (const [step, loss] of Object.entries(golden.lecture))
    expect(Math.abs((run.losses.get(Number(step)) as number) - loss), `step ${step}`).toBeLessThan(6.8e-5);
  expect(run.generated).toEqual(golden.lectureGenerated);
  await device.close();
}, 600_000);
