/** The recorded runs of the lecture's GPT on a device: 20 steps with and without dropout, and 500 without. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Device, setDefaultDevice } from '@inkstone/core';
import { requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainGpt } from './lecture-gpt.js';

interface Golden {
  readonly losses: readonly number[];
  readonly gen60_ids: readonly number[];
  readonly next_rand: number;
}

/** How far training in float64 is from the recorded float32 run, by step; the first 20 steps as one. */
const distances: Readonly<Record<string, number>> = { first20: 7.7e-7, 50: 3.9e-7, 100: 3.6e-6 };

/** @param tight the last step that is held to 10 times that distance; from there on rounding has grown into the curve. */
export function gptSuite(name: string, openDevice: () => Promise<Device>, tight: number): void {
  describe.runIf(requireFixture('shared'))(`the GPT of the lecture: ${name}`, () => {
    const read = (file: string): string => readFileSync(join(sharedFolder, file), 'utf8');
    let device: Device;
    beforeAll(async () => {
      device = await openDevice();
      setDefaultDevice(device);
    });
    afterAll(() => device?.close());

    it.each([0, 0.2])('20 steps, dropout %d, and what it writes', async (dropout) => {
      const golden = (JSON.parse(read('goldens/gpt.json')) as Record<string, Golden>)[
        `dropout_${dropout.toFixed(1)}`
      ];
      const run = await trainGpt(read('data/tinyshakespeare.txt'), dropout, 20, () => true);
      golden.losses.forEach((loss, step) => {
        const apart = Math.abs((run.losses.get(step) as number) - loss);
        expect(apart, `step ${step}`).toBeLessThan(10 * distances.first20);
      });
      expect(run.generated).toEqual(golden.gen60_ids);
      expect(run.nextRand).toBeCloseTo(golden.next_rand, 6);
    });

    it('500 steps', async () => {
      const golden = (JSON.parse(read('goldens/gpt.json')) as Record<string, Record<string, number>>)[
        'dropout_0.0_500_steps'
      ];
      const run = await trainGpt(read('data/tinyshakespeare.txt'), 0, 500, (step) => `${step}` in golden);
      expect([...run.losses.keys()].map(String)).toEqual(Object.keys(golden));
      for (const [step, loss] of Object.entries(golden)) {
        const apart = Math.abs((run.losses.get(Number(step)) as number) - loss);
        const close = Number(step) <= tight ? (distances[step] ?? distances.first20) : null;
        expect(apart, `step ${step}`).toBeLessThan(close ? 10 * close : 0.02 * loss);
      }
    });
  });
}
