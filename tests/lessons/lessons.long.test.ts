/** The lessons at the tutorials' full length: 10,000 steps of Shakespeare, and 1,000 epochs on WebGPU. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import type { DoneEvent } from '@inkstone/models';
import { expect, test } from 'vitest';
import { type Case, cases, shakespeare } from './expect.js';
import { type BackendName, run } from './program.js';

async function compare(backend: BackendName, { lesson, options, check }: Case): Promise<void> {
  const events = await run(backend, lesson, options);
  const done = events.at(-1) as DoneEvent;
  expect(done).toMatchObject({ event: 'done', lesson });
  check(done, events);
}

for (const one of cases()) {
  test(`webgpu: ${one.title}`, async (context) => {
    requireFixture('adapter', context);
    await compare('webgpu', one);
  });
}

for (const backend of ['cpu', 'webgpu'] as const) {
  test(`${backend}: bigram-shakespeare, 10,000 steps`, async (context) => {
    requireFixture('shared', context);
    if (backend === 'webgpu') requireFixture('adapter', context);
    const text = readFileSync(join(sharedFolder, 'data', 'tinyshakespeare.txt'), 'utf8');
    await compare(backend, shakespeare(text, 10_000));
  });
}
