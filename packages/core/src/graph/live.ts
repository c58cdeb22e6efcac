/** Numbers that the host gives at each run: how far a cache is filled, where the next entry goes. */
import { tracer } from './trace.js';
import type { Value } from './value.js';

/**
 * A number, or a function that gives it. The number of now is used either way; a compiled function asks the function again
 * at each call, where a plain number is frozen.
 */
export type Live = number | (() => number);

export const numberOf = (live: Live): number => (typeof live === 'function' ? live() : live);

/** Records an op whose numbers come from `lives`. @param op must ask for them itself, each time it is called. */
export function recordLive(lives: readonly (Live | undefined)[], op: () => Value): Value {
  return tracer && lives.some((live) => typeof live === 'function') ? tracer.live(op) : op();
}
