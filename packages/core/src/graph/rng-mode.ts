/** Where the factors of dropout are drawn: on the host as PyTorch draws them, or on the device by counting. */
import { Scoped } from './scoped.js';

/**
 * - `'host'`: PyTorch's draws, in the order of the program; uploaded.
 * - `'device'`: a hash of a seed and each element's place, computed in the kernel that uses it: no memory, nothing
 *   uploaded but the seed, which is one draw from the generator. The same bits on every backend, others than PyTorch's.
 */
export type Rng = 'host' | 'device';

const mode = new Scoped<Rng>('host');

export const currentRng = (): Rng => mode.value;

/** @throws Error for another name. */
export function checkRng(name: string, rng: Rng): Rng {
  if (rng === 'host' || rng === 'device') return rng;
  throw new Error(`${name}: rng is 'host' or 'device', not '${String(rng)}'`);
}

/**
 * Runs `fn` with dropout drawn on the host (the default, PyTorch's draws) or on the device (nothing to draw and to
 * upload). Layers that were given an `rng` of their own keep it. An async `fn` keeps the mode until its promise settles.
 * @example
 * const loss = withRng('device', () => lossOf(model.forward(x), y));
 */
export const withRng = <T>(rng: Rng, fn: () => T): T => mode.within(checkRng('withRng', rng), fn);
