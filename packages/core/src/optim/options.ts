/** Checks of optimizer options: one clear error that names the optimizer, the option and what is allowed. */

/** @throws Error unless value >= least (and value < below). */
export function checkRange(name: string, option: string, value: number, least = 0, below = Infinity): void {
  if (value >= least && value < below) return;
  const range = below === Infinity ? `a number from ${least} on` : `from ${least} to below ${below}`;
  throw new Error(`${name}: ${option} is ${value}, but must be ${range}`);
}
