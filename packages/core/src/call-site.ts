/** Where in the user's program something happened. */

/**
 * The folder of this package's code: its sources, or what they are built into. Not `new URL('.', import.meta.url)`, which
 * Vite takes for a file to put into the bundle.
 */
const own = /* @__PURE__ */ import.meta.url.replace('file://', '').replace(/[^/]*$/, '');

/** ' (at file:line)' of the nearest caller outside of this package; '' where the engine does not say. */
export function callSite(): string {
  const limited = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = limited;
  // A backward pass calls through more of this package than the ten frames that V8 shows.
  limited.stackTraceLimit = 50;
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  if (stackTraceLimit !== undefined) limited.stackTraceLimit = stackTraceLimit;
  const frame = frames.find((line) => line.includes(':') && !line.includes(own));
  return frame ? ` (${frame.trim()})` : '';
}
