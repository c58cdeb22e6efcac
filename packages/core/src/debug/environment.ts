/**
 * What the environment says of devices that are opened. A page has no environment: bundlers for browsers take
 * no-environment.ts in place of this file, and leave the watch out (`browser` in package.json).
 */
import type { GraphDevice } from '../graph/device.js';
import { watchNumbers } from './watch.js';

/** As `detectAnomaly`, if `INKSTONE_EAGER` is 1. */
export function watchIfAsked(device: GraphDevice): void {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  if (process?.env?.INKSTONE_EAGER === '1') watchNumbers(device, true);
}
