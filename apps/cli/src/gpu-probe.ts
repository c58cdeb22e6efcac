/**
 * A program of its own: looks for a GPU, with `--measure` also for its speed, and prints what it found as JSON.
 *
 * The command looks this way because Dawn writes warnings of its own to stderr where drivers are missing or odd, and
 * because a broken driver takes the process down with it.
 */
import { webgpu } from '@inkstone/backend-webgpu';
import { open } from '@inkstone/core';
import { oneLine } from './failure.js';
import { measure } from './measure.js';

/** What is printed. */
export type Probe =
  | { readonly description: string; readonly speed: number | null }
  | { readonly reason: string };

async function probe(): Promise<Probe> {
  try {
    const device = await open(webgpu());
    const speed = process.argv.includes('--measure') ? await measure(device, 512) : null;
    return { description: device.description, speed };
  } catch (error) {
    return { reason: oneLine(error).replace(/^webgpu: /, '') };
  }
}

const found = JSON.stringify(await probe());
// Not waiting for anything that a driver may still be doing.
process.stdout.write(`${found}\n`, () => process.exit(0));
