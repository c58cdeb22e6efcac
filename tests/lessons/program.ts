/** Runs a lesson as a user would: the same file in Node and in a page, on every backend. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import { open, setDefaultDevice } from '@inkstone/core';
import { findLesson, type LessonEvent, type LessonOptions, runLesson } from '@inkstone/models';

export type BackendName = 'reference' | 'cpu' | 'webgpu';

const backends = { reference, cpu: () => cpu({ threads: 1 }), webgpu };

/** Everything that a lesson tells, from its beginning to its end. */
export async function run(
  backend: BackendName,
  name: string,
  options: LessonOptions = {},
): Promise<LessonEvent[]> {
  const lesson = findLesson(name);
  if (!lesson) throw new Error(`no lesson is called '${name}'`);
  const device = await open(backends[backend]());
  setDefaultDevice(device);
  try {
    const events: LessonEvent[] = [];
    for await (const event of runLesson(lesson, options)) events.push(event);
    return events;
  } finally {
    await device.close();
  }
}
